// JSON as safetensors headers use it. Values keep their text: numbers are read as exact integers when asked for.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sk {

struct Json {
  enum Kind { OBJECT, ARRAY, STRING, NUMBER, OTHER };
  Kind kind = OTHER;
  std::string text;                                   // of a string (decoded), number or literal
  std::vector<Json> items;                            // of an array
  std::vector<std::pair<std::string, Json>> members;  // of an object, in file order, keys unique

  const Json *find(const std::string &key) const;
  // False unless this is a plain non-negative integer below 2^63.
  bool to_integer(uint64_t *out) const;
};

// False, with a reason, for anything but one JSON value and white space.
bool parse_json(const char *text, size_t bytes, Json *out, std::string *why);

}  // namespace sk

#include "json.hpp"

#include <cstring>
#include <unordered_set>

namespace sk {

const Json *Json::find(const std::string &key) const {
  for (const auto &member : members)
    if (member.first == key) return &member.second;
  return nullptr;
}

bool Json::to_integer(uint64_t *out) const {
  if (kind != NUMBER || text.empty() || text.size() > 19) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  *out = value;
  return value < uint64_t{1} << 63;
}

namespace {

constexpr int DEEPEST = 16;

class Parser {
 public:
  Parser(const char *text, size_t bytes) : at_(text), end_(text + bytes) {}

  bool document(Json *out) {
    if (!value(out, 0)) return false;
    space();
    return at_ == end_ || refuse("text after the value");
  }
  const std::string &why() const { return why_; }

 private:
  bool refuse(const char *why) {
    if (why_.empty()) why_ = why;
    return false;
  }
  void space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) at_++;
  }
  bool take(char c) {
    space();
    if (at_ == end_ || *at_ != c) return false;
    at_++;
    return true;
  }

  bool value(Json *out, int depth) {
    if (depth > DEEPEST) return refuse("nested too deep");
    space();
    if (at_ == end_) return refuse("ends early");
    if (*at_ == '{') return object(out, depth);
    if (*at_ == '[') return array(out, depth);
    if (*at_ == '"') {
      out->kind = Json::STRING;
      return string(&out->text);
    }
    return word(out);
  }

  bool object(Json *out, int depth) {
    std::unordered_set<std::string> seen;
    out->kind = Json::OBJECT;
    take('{');
    if (take('}')) return true;
    do {
      space();
      std::string key;
      if (at_ == end_ || *at_ != '"' || !string(&key)) return refuse("expected a key");
      if (!seen.insert(key).second) return refuse("a key is there twice");
      if (!take(':')) return refuse("expected ':'");
      out->members.emplace_back(key, Json());
      if (!value(&out->members.back().second, depth + 1)) return false;
    } while (take(','));
    return take('}') || refuse("expected '}'");
  }

  bool array(Json *out, int depth) {
    out->kind = Json::ARRAY;
    take('[');
    if (take(']')) return true;
    do {
      out->items.emplace_back();
      if (!value(&out->items.back(), depth + 1)) return false;
    } while (take(','));
    return take(']') || refuse("expected ']'");
  }

  bool word(Json *out) {
    const char *start = at_;
    while (at_ < end_ && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *at_) != nullptr && *at_ != '\0') at_++;
    out->text.assign(start, at_);
    if (out->text.empty()) return refuse("expected a value");
    const bool number = (*start >= '0' && *start <= '9') || *start == '-';
    out->kind = number ? Json::NUMBER : Json::OTHER;
    return number || out->text == "true" || out->text == "false" || out->text == "null" || refuse("unknown word");
  }

  bool string(std::string *out) {
    for (at_++; at_ < end_ && *at_ != '"'; at_++) {
      if (static_cast<unsigned char>(*at_) < 0x20) return refuse("control character in a string");
      if (*at_ != '\\') out->push_back(*at_);
      else if (!escape(out)) return false;
    }
    if (at_ == end_) return refuse("a string does not end");
    at_++;
    return true;
  }

  bool escape(std::string *out) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (++at_ == end_) return refuse("a string does not end");
    if (*at_ == 'u') return unicode(out);
    const char *found = strchr(names, *at_);
    if (found == nullptr || *at_ == '\0') return refuse("unknown escape");
    out->push_back(values[found - names]);
    return true;
  }

  // Leaves at_ on the last hex digit.
  bool hex(uint32_t *out) {
    *out = 0;
    for (int i = 0; i < 4; i++) {
      if (++at_ >= end_) return refuse("a string does not end");
      const char *digits = "0123456789abcdef", *found = strchr(digits, *at_ | 0x20);
      if (found == nullptr || *at_ == '\0') return refuse("bad \\u escape");
      *out = *out * 16 + static_cast<uint32_t>(found - digits);
    }
    return true;
  }

  bool unicode(std::string *out) {
    uint32_t code, low;
    if (!hex(&code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      if (end_ - at_ < 3 || at_[1] != '\\' || at_[2] != 'u') return refuse("half a surrogate pair");
      at_ += 2;
      if (!hex(&low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return refuse("half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
      return refuse("half a surrogate pair");
    }
    utf8(code, out);
    return true;
  }

  static void utf8(uint32_t code, std::string *out) {
    if (code < 0x80) return out->push_back(static_cast<char>(code));
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    out->push_back(static_cast<char>(lead[more] | (code >> (6 * more))));
    for (int i = more - 1; i >= 0; i--) out->push_back(static_cast<char>(0x80 | ((code >> (6 * i)) & 63)));
  }

  const char *at_, *end_;
  std::string why_;
};

}  // namespace

bool parse_json(const char *text, size_t bytes, Json *out, std::string *why) {
  Parser parser(text, bytes);
  const bool good = parser.document(out);
  *why = parser.why();
  return good;
}

}  // namespace sk

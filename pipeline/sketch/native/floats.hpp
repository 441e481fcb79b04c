// Exact conversions to fp32. dtype: 0 fp32, 1 bf16, 2 fp16.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sk {

static inline uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static inline float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline float from_bf16(uint16_t bits) { return from_bits(static_cast<uint32_t>(bits) << 16); }

static inline float from_fp16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent == 31) return from_bits(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 5.9604644775390625e-8f;  // 2^-24
  return from_bits(to_bits(magnitude) | sign);
}

template <int D>
static inline float load(const void *values, size_t i) {
  const char *at = static_cast<const char *>(values) + i * (D == 0 ? 4 : 2);
  if (D == 0) {
    float value;
    memcpy(&value, at, 4);
    return value;
  }
  uint16_t bits;
  memcpy(&bits, at, 2);
  return D == 1 ? from_bf16(bits) : from_fp16(bits);
}

static inline size_t width_of(uint32_t dtype) { return dtype == 0 ? 4 : 2; }

}  // namespace sk

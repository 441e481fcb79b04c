// NEON: four lanes. Tested under qemu (make neon-check).
#if defined(__aarch64__)
#include <arm_neon.h>

#include "floats.hpp"
#include "kernel.hpp"

namespace sk {
namespace neon {

alignas(16) static const uint8_t BYTES[4][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                                 {4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11},
                                                 {8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7},
                                                 {12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3}};

struct Vec {
  using F = float32x4_t;
  using Index = uint8x16_t;
  static constexpr uint32_t WIDTH = 4;

  template <int D>
  static inline F load(const void *values, size_t i) {
    if (D == 0) return vld1q_f32(static_cast<const float *>(values) + i);
    const uint16x4_t h = vld1_u16(static_cast<const uint16_t *>(values) + i);
    if (D == 1) return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(h), 16));
    return vcvt_f32_f16(vreinterpret_f16_u16(h));
  }
  static inline F loada(const float *from) { return vld1q_f32(from); }
  static inline void store(float *to, F v) { vst1q_f32(to, v); }
  static inline F add(F a, F b) { return vaddq_f32(a, b); }
  static inline Index index(uint32_t mask) { return vld1q_u8(BYTES[mask]); }
  static inline F permute(F v, Index index) { return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), index)); }
  static inline void prefetch(const char *at) { __builtin_prefetch(at, 0, 2); }
  // Shifts lane l's sign bit to bit 31 of lane l.
  static inline F signs(F v, const Draw &draw, uint32_t block, uint32_t lane) {
    static const int32_t steps[4] = {0, 1, 2, 3};
    const int32x4_t left = vsubq_s32(vdupq_n_s32(static_cast<int32_t>(31 - lane % 32)), vld1q_s32(steps));
    const uint32x4_t bit = vandq_u32(vshlq_u32(vdupq_n_u32(draw.word[lane / 32][block]), left), vdupq_n_u32(0x80000000u));
    return vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(v), bit));
  }
};

// The compiler vectorises these plain loops well enough: one tile's draw is a few hundred operations.
static inline void draw_tile(uint64_t tile, Key key, uint32_t copies, Draw &draw) {
  uint32_t words[4], slots[4] = {};
  tile_words(tile, key, words);
  for (uint32_t j = 0; j < (copies > 5 ? 4u : 3u); j++)
    for (uint32_t b = 0; b < BLOCK; b++) draw.word[j][b] = fmix32(words[j] + b * GOLDEN);
  for (uint32_t r = 0; r < copies; r++) {
    if (r % 2 == 0) slot_words(tile, key, r / 2, slots);
    for (uint32_t q = 0; q < BLOCK; q++) draw.block[r][q] = static_cast<uint8_t>(block_in_slot(q, slots[2 * (r % 2)], slots[2 * (r % 2) + 1]));
  }
}

#include "simd.inc"

template <int D>
static void measure(const void *values, Measure &m) {
  float64x2_t squares[8];
  for (int q = 0; q < 8; q++) squares[q] = vld1q_f64(m.squares + 2 * q);
  uint32x4_t zeros = vdupq_n_u32(0), nonfinite = zeros, largest = vdupq_n_u32(m.absmax_bits);
  for (uint32_t i = 0; i < TILE; i += 4) {
    const float32x4_t v = Vec::load<D>(values, i);
    const uint32x4_t magnitude = vandq_u32(vreinterpretq_u32_f32(v), vdupq_n_u32(0x7fffffffu));
    const uint32x4_t bad = vcgeq_u32(magnitude, vdupq_n_u32(0x7f800000u));
    zeros = vsubq_u32(zeros, vceqq_u32(magnitude, vdupq_n_u32(0)));
    nonfinite = vsubq_u32(nonfinite, bad);
    largest = vmaxq_u32(largest, vbicq_u32(magnitude, bad));
    const float64x2_t low = vcvt_f64_f32(vget_low_f32(v)), high = vcvt_high_f64_f32(v);
    float64x2_t *lanes = squares + i / 2 % 8;
    lanes[0] = vfmaq_f64(lanes[0], low, low);  // exact product: fused or not is the same
    lanes[1] = vfmaq_f64(lanes[1], high, high);
  }
  for (int q = 0; q < 8; q++) vst1q_f64(m.squares + 2 * q, squares[q]);
  m.zeros += vaddvq_u32(zeros);
  m.nonfinite += vaddvq_u32(nonfinite);
  m.absmax_bits = vmaxvq_u32(largest);
}

template <int D>
static void dot(const void *values, const float *other, double *lanes) {
  for (uint32_t i = 0; i < TILE; i += 4) {
    const float32x4_t v = Vec::load<D>(values, i), w = vld1q_f32(other + i);
    double *at = lanes + i % 16;
    vst1q_f64(at, vfmaq_f64(vld1q_f64(at), vcvt_f64_f32(vget_low_f32(v)), vcvt_f64_f32(vget_low_f32(w))));
    vst1q_f64(at + 2, vfmaq_f64(vld1q_f64(at + 2), vcvt_high_f64_f32(v), vcvt_high_f64_f32(w)));
  }
}

}  // namespace neon

const Kernel neon_kernel = {
    "neon",
    4,
    {neon::add<0>, neon::add<1>, neon::add<2>},
    {neon::measure<0>, neon::measure<1>, neon::measure<2>},
    {neon::dot<0>, neon::dot<1>, neon::dot<2>},
    {neon::decode<0>, neon::decode<1>, neon::decode<2>},
};

}  // namespace sk
#endif

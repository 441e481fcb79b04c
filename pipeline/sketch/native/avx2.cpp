// AVX2: eight lanes.
#if defined(__x86_64__)
#include <immintrin.h>

#include "floats.hpp"
#include "kernel.hpp"
#include "target.hpp"

SK_TARGET_BEGIN("avx2,f16c,fma,bmi2")
namespace sk {
namespace avx2 {

using I = __m256i;
static inline I all(uint32_t x) { return _mm256_set1_epi32(static_cast<int>(x)); }

alignas(32) static const uint32_t LANES[8][8] = {
    {0, 1, 2, 3, 4, 5, 6, 7}, {1, 0, 3, 2, 5, 4, 7, 6}, {2, 3, 0, 1, 6, 7, 4, 5}, {3, 2, 1, 0, 7, 6, 5, 4},
    {4, 5, 6, 7, 0, 1, 2, 3}, {5, 4, 7, 6, 1, 0, 3, 2}, {6, 7, 4, 5, 2, 3, 0, 1}, {7, 6, 5, 4, 3, 2, 1, 0}};

struct Vec {
  using F = __m256;
  using Index = __m256i;
  static constexpr uint32_t WIDTH = 8;

  template <int D>
  static inline F load(const void *values, size_t i) {
    if (D == 0) return _mm256_loadu_ps(static_cast<const float *>(values) + i);
    const __m128i h = _mm_loadu_si128(reinterpret_cast<const __m128i *>(static_cast<const uint16_t *>(values) + i));
    if (D == 1) return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
    return _mm256_cvtph_ps(h);
  }
  static inline F loada(const float *from) { return _mm256_load_ps(from); }
  static inline void store(float *to, F v) { _mm256_store_ps(to, v); }
  static inline F add(F a, F b) { return _mm256_add_ps(a, b); }
  static inline Index index(uint32_t mask) { return _mm256_load_si256(reinterpret_cast<const I *>(LANES[mask])); }
  static inline F permute(F v, Index index) { return _mm256_permutevar8x32_ps(v, index); }
  static inline void prefetch(const char *at) { _mm_prefetch(at, _MM_HINT_T1); }
  // Shifts lane l's sign bit to bit 31 of lane l.
  static inline F signs(F v, const Draw &draw, uint32_t block, uint32_t lane) {
    const I word = all(draw.word[lane / 32][block]);
    const I left = _mm256_sub_epi32(all(31 - lane % 32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    const I bit = _mm256_and_si256(_mm256_sllv_epi32(word, left), all(0x80000000u));
    return _mm256_xor_ps(v, _mm256_castsi256_ps(bit));
  }
};

static inline I fmix(I h) {
  h = _mm256_mullo_epi32(_mm256_xor_si256(h, _mm256_srli_epi32(h, 16)), all(0x85ebca6bu));
  h = _mm256_mullo_epi32(_mm256_xor_si256(h, _mm256_srli_epi32(h, 13)), all(0xc2b2ae35u));
  return _mm256_xor_si256(h, _mm256_srli_epi32(h, 16));
}

#include "slots256.inc"

static inline void draw_tile(uint64_t tile, Key key, uint32_t copies, Draw &draw) {
  uint32_t words[4];
  tile_words(tile, key, words);
  I step = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), all(GOLDEN));
  for (uint32_t b = 0; b < BLOCK; b += 8, step = _mm256_add_epi32(step, all(8 * GOLDEN)))
    for (uint32_t j = 0; j < (copies > 5 ? 4u : 3u); j++)
      _mm256_store_si256(reinterpret_cast<I *>(&draw.word[j][b]), fmix(_mm256_add_epi32(step, all(words[j]))));
  draw_slots(tile, key, copies, draw);
}

#include "simd.inc"

template <int D>
static void measure(const void *values, Measure &m) {
  __m256d squares[4];
  for (int q = 0; q < 4; q++) squares[q] = _mm256_load_pd(m.squares + 4 * q);
  I zeros = all(0), nonfinite = all(0), largest = all(m.absmax_bits);
  for (uint32_t i = 0; i < TILE; i += 16) {
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
      const __m256 v = Vec::load<D>(values, i + 8 * h);
      const I magnitude = _mm256_and_si256(_mm256_castps_si256(v), all(0x7fffffffu));
      const I bad = _mm256_cmpgt_epi32(magnitude, all(0x7f7fffffu));
      zeros = _mm256_sub_epi32(zeros, _mm256_cmpeq_epi32(magnitude, all(0)));
      nonfinite = _mm256_sub_epi32(nonfinite, bad);
      largest = _mm256_max_epi32(largest, _mm256_andnot_si256(bad, magnitude));
      const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v)), high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
      squares[2 * h] = _mm256_fmadd_pd(low, low, squares[2 * h]);  // exact product: fused or not is the same
      squares[2 * h + 1] = _mm256_fmadd_pd(high, high, squares[2 * h + 1]);
    }
  }
  for (int q = 0; q < 4; q++) _mm256_store_pd(m.squares + 4 * q, squares[q]);
  alignas(32) uint32_t lanes[3][8];
  _mm256_store_si256(reinterpret_cast<I *>(lanes[0]), zeros);
  _mm256_store_si256(reinterpret_cast<I *>(lanes[1]), nonfinite);
  _mm256_store_si256(reinterpret_cast<I *>(lanes[2]), largest);
  for (int j = 0; j < 8; j++) {
    m.zeros += lanes[0][j];
    m.nonfinite += lanes[1][j];
    if (lanes[2][j] > m.absmax_bits) m.absmax_bits = lanes[2][j];
  }
}

template <int D>
static void dot(const void *values, const float *other, double *lanes) {
  __m256d sums[4];
  for (int q = 0; q < 4; q++) sums[q] = _mm256_loadu_pd(lanes + 4 * q);
  for (uint32_t i = 0; i < TILE; i += 16) {
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
      const __m256 v = Vec::load<D>(values, i + 8 * h), w = _mm256_loadu_ps(other + i + 8 * h);
      sums[2 * h] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_castps256_ps128(w)), sums[2 * h]);
      sums[2 * h + 1] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)), _mm256_cvtps_pd(_mm256_extractf128_ps(w, 1)), sums[2 * h + 1]);
    }
  }
  for (int q = 0; q < 4; q++) _mm256_storeu_pd(lanes + 4 * q, sums[q]);
}

}  // namespace avx2

const Kernel avx2_kernel = {
    "avx2",
    2,
    {avx2::add<0>, avx2::add<1>, avx2::add<2>},
    {avx2::measure<0>, avx2::measure<1>, avx2::measure<2>},
    {avx2::dot<0>, avx2::dot<1>, avx2::dot<2>},
    {avx2::decode<0>, avx2::decode<1>, avx2::decode<2>},
};

}  // namespace sk
SK_TARGET_END
#endif

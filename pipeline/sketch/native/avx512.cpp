// AVX-512: sixteen lanes.
#if defined(__x86_64__)
#include <immintrin.h>

#include "floats.hpp"
#include "kernel.hpp"
#include "target.hpp"

SK_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,f16c,fma,bmi2")
namespace sk {
namespace avx512 {

using I = __m256i;
using W = __m512i;
static inline W all(uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
static inline W iota() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }

struct Vec {
  using F = __m512;
  using Index = __m512i;
  static constexpr uint32_t WIDTH = 16;

  template <int D>
  static inline F load(const void *values, size_t i) {
    if (D == 0) return _mm512_loadu_ps(static_cast<const float *>(values) + i);
    const __m256i h = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(static_cast<const uint16_t *>(values) + i));
    if (D == 1) return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
    return _mm512_cvtph_ps(h);
  }
  static inline F loada(const float *from) { return _mm512_load_ps(from); }
  static inline void store(float *to, F v) { _mm512_store_ps(to, v); }
  static inline F add(F a, F b) { return _mm512_add_ps(a, b); }
  static inline Index index(uint32_t mask) { return _mm512_xor_si512(iota(), all(mask)); }
  static inline F permute(F v, Index index) { return _mm512_permutexvar_ps(index, v); }
  static inline void prefetch(const char *at) { _mm_prefetch(at, _MM_HINT_T1); }
  static inline F signs(F v, const Draw &draw, uint32_t block, uint32_t lane) {
    const __mmask16 minus = static_cast<__mmask16>(draw.word[lane / 32][block] >> (lane % 32));
    const W bits = _mm512_castps_si512(v);
    return _mm512_castsi512_ps(_mm512_mask_xor_epi32(bits, minus, bits, all(0x80000000u)));
  }
};

static inline W fmix(W h) {
  h = _mm512_mullo_epi32(_mm512_xor_si512(h, _mm512_srli_epi32(h, 16)), all(0x85ebca6bu));
  h = _mm512_mullo_epi32(_mm512_xor_si512(h, _mm512_srli_epi32(h, 13)), all(0xc2b2ae35u));
  return _mm512_xor_si512(h, _mm512_srli_epi32(h, 16));
}

#include "slots256.inc"

static inline void draw_tile(uint64_t tile, Key key, uint32_t copies, Draw &draw) {
  uint32_t words[4];
  tile_words(tile, key, words);
  W step = _mm512_mullo_epi32(iota(), all(GOLDEN));
  for (uint32_t b = 0; b < BLOCK; b += 16, step = _mm512_add_epi32(step, all(16 * GOLDEN)))
    for (uint32_t j = 0; j < (copies > 5 ? 4u : 3u); j++)
      _mm512_store_si512(&draw.word[j][b], fmix(_mm512_add_epi32(step, all(words[j]))));
  draw_slots(tile, key, copies, draw);
}

#include "simd.inc"

static inline __m512d low(__m512 v) { return _mm512_cvtps_pd(_mm512_castps512_ps256(v)); }
static inline __m512d high(__m512 v) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)); }

template <int D>
static void measure(const void *values, Measure &m) {
  __m512d a = _mm512_load_pd(m.squares), b = _mm512_load_pd(m.squares + 8);
  W largest = all(m.absmax_bits);
  uint64_t zeros = 0, nonfinite = 0;
  for (uint32_t i = 0; i < TILE; i += 16) {
    const __m512 v = Vec::load<D>(values, i);
    const W magnitude = _mm512_and_si512(_mm512_castps_si512(v), all(0x7fffffffu));
    const __mmask16 finite = _mm512_cmplt_epi32_mask(magnitude, all(0x7f800000u));
    zeros += static_cast<uint64_t>(__builtin_popcount(_mm512_testn_epi32_mask(magnitude, magnitude)));
    nonfinite += 16u - static_cast<uint32_t>(__builtin_popcount(finite));
    largest = _mm512_mask_max_epi32(largest, finite, largest, magnitude);
    a = _mm512_fmadd_pd(low(v), low(v), a);  // exact product: fused or not is the same
    b = _mm512_fmadd_pd(high(v), high(v), b);
  }
  _mm512_store_pd(m.squares, a);
  _mm512_store_pd(m.squares + 8, b);
  m.zeros += zeros;
  m.nonfinite += nonfinite;
  m.absmax_bits = static_cast<uint32_t>(_mm512_reduce_max_epi32(largest));
}

template <int D>
static void dot(const void *values, const float *other, double *lanes) {
  __m512d a = _mm512_loadu_pd(lanes), b = _mm512_loadu_pd(lanes + 8);
  for (uint32_t i = 0; i < TILE; i += 16) {
    const __m512 v = Vec::load<D>(values, i), w = _mm512_loadu_ps(other + i);
    a = _mm512_fmadd_pd(low(v), low(w), a);
    b = _mm512_fmadd_pd(high(v), high(w), b);
  }
  _mm512_storeu_pd(lanes, a);
  _mm512_storeu_pd(lanes + 8, b);
}

}  // namespace avx512

const Kernel avx512_kernel = {
    "avx512",
    3,
    {avx512::add<0>, avx512::add<1>, avx512::add<2>},
    {avx512::measure<0>, avx512::measure<1>, avx512::measure<2>},
    {avx512::dot<0>, avx512::dot<1>, avx512::dot<2>},
    {avx512::decode<0>, avx512::decode<1>, avx512::decode<2>},
};

}  // namespace sk
SK_TARGET_END
#endif

// The specification in C++: no intrinsics, one line per sentence of SPEC.md. The fallback, and the judge of the others.
#include <cstring>

#include "floats.hpp"
#include "kernel.hpp"

namespace sk {
namespace {

void draw_tile(uint64_t tile, Key key, uint32_t copies, Draw &draw) {
  uint32_t words[4], slots[4];
  tile_words(tile, key, words);
  for (uint32_t j = 0; j < 4; j++)
    for (uint32_t b = 0; b < BLOCK; b++) draw.word[j][b] = fmix32(words[j] + b * GOLDEN);
  for (uint32_t r = 0; r < copies; r++) {
    slot_words(tile, key, r / 2, slots);
    for (uint32_t q = 0; q < BLOCK; q++) draw.block[r][q] = block_in_slot(q, slots[2 * (r % 2)], slots[2 * (r % 2) + 1]);
  }
}

template <int D>
void sign_tile(const void *values, const Draw &draw, float *out) {
  for (uint32_t i = 0; i < TILE; i++) {
    const uint32_t block = i / BLOCK, lane = i % BLOCK;
    const uint32_t sign = (draw.word[lane / 32][block] >> (lane % 32)) << 31;
    out[i] = from_bits(to_bits(load<D>(values, i)) ^ sign);
  }
}

template <int D>
void add(const Tile &tile, const Shape &shape, Scratch &scratch, float *sums) {
  const Draw &draw = scratch.draw;
  draw_tile(tile.number, tile.key, shape.s, scratch.draw);
  sign_tile<D>(tile.values, draw, scratch.signed_tile);
  for (uint32_t r = 0; r < shape.s; r++) {
    for (uint32_t slot = 0; slot < BLOCK; slot++) {
      const uint32_t block = draw.block[r][slot];
      const uint32_t mask = (draw.word[r < 5 ? 2 : 3][block] >> lane_shift(r)) & 63;
      const float *from = scratch.signed_tile + block * BLOCK;
      float *row = sums + r * (shape.k / shape.s) + slot / shape.per_row * BLOCK;
      for (uint32_t lane = 0; lane < BLOCK; lane++) row[lane] += from[lane ^ mask];
    }
  }
}

template <int D>
void measure(const void *values, Measure &m) {
  for (uint32_t i = 0; i < TILE; i++) {
    const float value = load<D>(values, i);
    const uint32_t magnitude = to_bits(value) & 0x7fffffffu;
    const bool finite = magnitude < 0x7f800000u;
    m.zeros += magnitude == 0;
    m.nonfinite += !finite;
    if (finite && magnitude > m.absmax_bits) m.absmax_bits = magnitude;
    m.squares[i % 16] += static_cast<double>(value) * static_cast<double>(value);
  }
}

template <int D>
void dot(const void *values, const float *other, double *lanes) {
  for (uint32_t i = 0; i < TILE; i++) lanes[i % 16] += static_cast<double>(load<D>(values, i)) * static_cast<double>(other[i]);
}

template <int D>
void decode(const void *values, float *out) {
  for (uint32_t i = 0; i < TILE; i++) out[i] = load<D>(values, i);
}

}  // namespace

const Kernel scalar_kernel = {
    "scalar",
    1,
    {add<0>, add<1>, add<2>},
    {measure<0>, measure<1>, measure<2>},
    {dot<0>, dot<1>, dot<2>},
    {decode<0>, decode<1>, decode<2>},
};

}  // namespace sk

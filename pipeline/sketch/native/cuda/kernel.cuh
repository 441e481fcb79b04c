// The CUDA kernel. It is plain C++ but for what `device` supplies, so that the emulator (emulated.cpp) runs this very
// text on the host: index, barrier, shared memory, asynchronous copies, one rounding per addition.
//
// One CTA, 256 threads, one segment. Each warp owns k/512 rows of 64 sums, two sums per lane in registers, and visits
// the blocks of its rows' slots in order: an XOR of the lane index addresses them, so shared memory never conflicts
// and nothing is scattered. Sums leave once per segment; fold_parts adds them in order, in fp64.
#pragma once
#include "parts.hpp"

namespace sk {

template <int D>
struct Width {
  static constexpr uint32_t bytes = D == 0 ? 4 : 2;
  static constexpr uint32_t stages = D == 0 ? 2 : 4;
  static constexpr uint32_t tile_bytes = TILE * bytes;
};

SK_BOTH static inline uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

// Packed position of a flat index, or count when the piece does not hold it.
SK_BOTH static inline uint64_t position(const CudaPart &part, uint64_t flat) {
  if (flat < part.start || flat >= part.stop) return part.count;
  const uint64_t from = flat - part.offset, row = from / part.row_stride, column = from % part.row_stride;
  return column < part.row_len ? row * part.row_len + column : part.count;
}

// The tile's address when it lies in memory as a whole, 16-byte aligned; else null.
template <int D>
SK_BOTH static inline const unsigned char *whole_tile(const CudaPart &part, uint64_t base) {
  if (base < part.start || base + TILE > part.stop) return nullptr;
  const uint64_t from = base - part.offset;
  if (from % part.row_stride + TILE > part.row_len) return nullptr;
  const unsigned char *at = static_cast<const unsigned char *>(part.values) + position(part, base) * Width<D>::bytes;
  return reinterpret_cast<uintptr_t>(at) % 16 == 0 ? at : nullptr;
}

template <int D>
SK_DEVICE void load_tile(const CudaPart &part, uint64_t base, unsigned char *tile) {
  const uint32_t t = device::thread();
  const unsigned char *whole = whole_tile<D>(part, base);
  if (whole != nullptr) {
    for (uint32_t at = t * 16; at < Width<D>::tile_bytes; at += CUDA_THREADS * 16) device::copy_async16(tile + at, whole + at);
    return;
  }
  for (uint32_t i = t; i < TILE; i += CUDA_THREADS) {
    const uint64_t at = position(part, base + i);
    if (D == 0) reinterpret_cast<uint32_t *>(tile)[i] = at < part.count ? static_cast<const uint32_t *>(part.values)[at] : 0;
    else reinterpret_cast<uint16_t *>(tile)[i] = at < part.count ? static_cast<const uint16_t *>(part.values)[at] : 0;
  }
}

template <uint32_t S>
SK_DEVICE void draw_segment(const CudaPart &part, uint64_t first, CudaTables &tables) {
  constexpr uint32_t PAIRS = (S + 1) / 2;
  for (uint32_t q = device::thread(); q < 32 * (PAIRS + 1); q += CUDA_THREADS) {
    const uint32_t tile = q % 32, what = q / 32;
    uint32_t words[4];
    if (what == 0) tile_words(first + tile, part.key, words);
    else slot_words(first + tile, part.key, what - 1, words);
    uint32_t *out = what == 0 ? tables.keys[tile] : tables.slots[tile] + 4 * (what - 1);
    for (int j = 0; j < 4; j++) out[j] = words[j];
  }
}

// What a warp needs to fetch a block: the byte offset of its first pair of lanes, XOR-ed with the mask, and how the
// pair is to be taken apart. A lane XORs its own offset in. 16 bits: offset << 16 | selector for byte_perm of the even
// lane's half into the upper half of a word (0x2200 turns it into the odd lane's). 32 bits: offset | 1 when swapped.
template <int D>
SK_DEVICE uint32_t encode_visit(uint32_t block, uint32_t mask) {
  const uint32_t pair = (block * 64 + mask) / 2, odd = mask & 1;
  return D == 0 ? pair * 8 | odd : pair * 4 << 16 | (odd ? 0x7600u : 0x5400u);
}

template <uint32_t S, int D>
SK_DEVICE void draw_tile(CudaTables &tables, uint32_t tile) {
  const uint32_t t = device::thread();
  if (t < 128) tables.signs[t / 64][t % 64] = fmix32(tables.keys[tile][t / 64] + t % 64 * GOLDEN);
  for (uint32_t q = t; q < S * 64; q += CUDA_THREADS) {
    const uint32_t copy = q / 64, *words = tables.slots[tile] + 2 * copy;
    const uint32_t block = block_in_slot(q % 64, words[0], words[1]);
    const uint32_t word = fmix32(tables.keys[tile][copy < 5 ? 2 : 3] + block * GOLDEN);
    tables.visits[q] = encode_visit<D>(block, (word >> lane_shift(copy)) & 63);
  }
}

// Thread t owns 16 coordinates: block t / 4, lanes 16 (t % 4) on.
template <int D>
SK_DEVICE void sign_tile(const CudaTables &tables, unsigned char *tile) {
  const uint32_t t = device::thread(), word = tables.signs[t / 2 % 2][t / 4] >> (t % 2 * 16);
  uint32_t *own = reinterpret_cast<uint32_t *>(tile) + t * (D == 0 ? 16 : 8);
  if (D == 0) {
    for (uint32_t j = 0; j < 16; j++) own[j] ^= (word >> j & 1) << 31;
  } else {
    for (uint32_t j = 0; j < 8; j++) own[j] ^= (word >> (2 * j) & 1) << 15 | (word >> (2 * j + 1) & 1) << 31;
  }
}

// The two coordinates that go to lanes 2 l and 2 l + 1 of a row: neighbours in memory, swapped when the mask is odd.
template <int D>
SK_DEVICE void visit(const unsigned char *tile, uint32_t entry, uint32_t lane, float out[2]) {
  if (D == 0) {
    const device::Pair both = *reinterpret_cast<const device::Pair *>(tile + ((entry & ~1u) ^ lane * 8));
    out[0] = entry & 1 ? both.y : both.x;
    out[1] = entry & 1 ? both.x : both.y;
    return;
  }
  const uint32_t both = *reinterpret_cast<const uint32_t *>(tile + (entry >> 16 ^ lane * 4));
  const uint32_t even = device::byte_perm(0, both, entry), odd = device::byte_perm(0, both, entry ^ 0x2200u);
  out[0] = D == 1 ? device::from_bits(even) : device::from_fp16(static_cast<uint16_t>(even >> 16));
  out[1] = D == 1 ? device::from_bits(odd) : device::from_fp16(static_cast<uint16_t>(odd >> 16));
}

template <int K, int S, int D>
SK_DEVICE void sum_part(const CudaPart *parts, float *partial) {
  constexpr uint32_t ROWS = K / 512, M = TILE * S / K, STAGES = Width<D>::stages;
  unsigned char *shared = device::shared();
  CudaTables &tables = *reinterpret_cast<CudaTables *>(shared + CUDA_TILES_BYTES);
  const CudaPart part = parts[device::block()];
  const uint32_t t = device::thread(), lane = t % 32, warp = t / 32;
  const uint64_t segment = part.start / SEGMENT, first = segment * 32;
  const uint32_t from = static_cast<uint32_t>(part.start / TILE - first), to = static_cast<uint32_t>((part.stop - 1) / TILE - first) + 1;
  float sums[ROWS][2] = {};
  draw_segment<S>(part, first, tables);
  for (uint32_t i = 0; i < STAGES - 1; i++) {
    if (from + i < to) load_tile<D>(part, (first + from + i) * TILE, shared + i * Width<D>::tile_bytes);
    device::commit();
  }
  device::barrier();
  for (uint32_t i = from; i < to; i++) {
    const uint32_t ahead = i + STAGES - 1;
    unsigned char *tile = shared + (i - from) % STAGES * Width<D>::tile_bytes;
    if (ahead < to) load_tile<D>(part, (first + ahead) * TILE, shared + (ahead - from) % STAGES * Width<D>::tile_bytes);
    device::commit();
    device::template wait<STAGES - 1>();
    draw_tile<S, D>(tables, i);
    device::barrier();
    sign_tile<D>(tables, tile);
    device::barrier();
    SK_UNROLL
    for (uint32_t p = 0; p < ROWS; p++) {
      const uint32_t *entries = tables.visits + (warp * ROWS + p) * M;
      SK_UNROLL
      for (uint32_t m = 0; m < M; m++) {
        float values[2];
        visit<D>(tile, entries[m], lane, values);
        sums[p][0] = device::add(sums[p][0], values[0]);
        sums[p][1] = device::add(sums[p][1], values[1]);
      }
    }
    device::barrier();
  }
  float *out = partial + static_cast<uint64_t>(device::block()) * K;
  SK_UNROLL
  for (uint32_t p = 0; p < ROWS; p++) {
    const uint32_t row = (warp * ROWS + p) * 64;
    out[row + 2 * lane] = sums[p][0];
    out[row + 2 * lane + 1] = sums[p][1];
  }
}

// Adds parts [begin, end) to k totals, in order. Loads run ahead of the additions, which must wait for each other.
SK_DEVICE void fold_parts(const float *partial, uint32_t begin, uint32_t end, uint32_t k, double *totals) {
  const uint32_t j = device::block() * CUDA_FOLD_THREADS + device::thread();
  double total = totals[j];
  uint32_t part = begin;
  for (; part + 16 <= end; part += 16) {
    float ahead[16];
    SK_UNROLL
    for (uint32_t i = 0; i < 16; i++) ahead[i] = partial[static_cast<uint64_t>(part + i) * k + j];
    SK_UNROLL
    for (uint32_t i = 0; i < 16; i++) total = device::add_canonical(total, ahead[i]);
  }
  for (; part < end; part++) total = device::add_canonical(total, partial[static_cast<uint64_t>(part) * k + j]);
  totals[j] = total;
}

}  // namespace sk

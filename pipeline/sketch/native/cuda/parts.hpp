// What host and device agree on: one CTA sums one part, the share of a piece that lies in one segment.
#pragma once
#include <cstdint>

#include "../spec.hpp"

namespace sk {

struct CudaPart {
  const void *values;     // the piece's first value, on the device
  uint64_t start, stop;   // flat indices of this part
  uint64_t offset, count, row_len, row_stride;  // the piece's layout; row_len is never 0
  Key key;
};

// Bytes of shared memory per CTA: two tiles of fp32 or four of 16 bits, and the tables of one tile.
struct alignas(16) CudaTables {
  uint32_t keys[32][4];     // per tile of the segment
  uint32_t slots[32][16];   // permutation words, four per pair of copies
  uint32_t signs[2][64];
  uint32_t visits[512];     // per copy and slot: where the block lies and how its lanes turn (encode_visit)
};
constexpr uint32_t CUDA_THREADS = 256, CUDA_TILES_BYTES = 32768, CUDA_SHARED = CUDA_TILES_BYTES + sizeof(CudaTables);
constexpr uint32_t CUDA_FOLD_THREADS = 64;

}  // namespace sk

// What an instruction set must supply, and what the engine hands it.
#pragma once
#include <cstddef>
#include <cstdint>

#include "spec.hpp"

namespace sk {

struct Shape {
  uint32_t k, s, per_row;  // per_row: slots of one copy that add into the same 64 outputs
};

struct alignas(64) Draw {
  uint32_t word[4][BLOCK];  // 0, 1: signs; 2: lane masks of copies 0..4; 3: of copies 5..7
  uint8_t block[8][BLOCK];  // block in slot, per copy
};

struct alignas(64) Scratch {
  float signed_tile[TILE];
  float plain[TILE];   // a tile after preconditioning
  float other[TILE];   // a reference's tile
  unsigned char raw[TILE * 4];  // a tile that is not whole in memory, zero-padded
  Draw draw;
};

// Sums over one segment. Lane j takes flat indices that are j mod 16.
struct alignas(64) Measure {
  double squares[16];
  double dots[8][16];
  uint64_t zeros, nonfinite;
  uint32_t absmax_bits;  // of the largest finite magnitude: order of bits is order of magnitudes
};

// One whole tile: 4096 values at `values`.
struct Tile {
  const void *values;
  uint64_t number;
  Key key;
  const void *next;  // read soon: prefetched into L2
};

struct Kernel {
  const char *name;
  uint32_t isa;
  // Indexed by dtype. `sums` has k floats.
  void (*add[3])(const Tile &, const Shape &, Scratch &, float *sums);
  // Adds squares, zeros, nonfinite and absmax of a tile; dot products against fp32 tiles.
  void (*measure[3])(const void *values, Measure &);
  void (*dot[3])(const void *values, const float *other, double *lanes);
  void (*decode[3])(const void *values, float *out);
};

extern const Kernel scalar_kernel;
#if defined(__x86_64__)
extern const Kernel avx2_kernel, avx512_kernel;
#elif defined(__aarch64__)
extern const Kernel neon_kernel;
#endif

// Kernels this processor can run, best first.
size_t kernels_here(const Kernel **out, size_t room);

}  // namespace sk

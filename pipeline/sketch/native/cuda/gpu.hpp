// The little of a GPU the engine needs. driver.cpp talks to the NVIDIA driver; emulated.cpp runs the same kernels here.
#pragma once
#include <cstdint>

#include "parts.hpp"

namespace sk {
namespace gpu {

// Whether device code is in this build.
bool built_in();
// Parts under way at once: bounds the workspace; windows follow each other on the stream.
uint32_t window();
// Codes of sketch.h; errors are reported through fail().
int upload(void *device, const void *host, uint64_t bytes, void *stream);
int sum_parts(uint32_t k, uint32_t s, uint32_t dtype, const CudaPart *parts, uint32_t n, float *partial, void *stream);
int fold(const float *partial, uint32_t begin, uint32_t end, uint32_t k, double *totals, void *stream);

}  // namespace gpu
}  // namespace sk

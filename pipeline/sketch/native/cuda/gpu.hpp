// The little of a GPU that is needed, on whatever driver driver.hpp found. Codes of sketch.h; errors go through fail().
#pragma once
#include <cstdint>

#include "driver.hpp"
#include "parts.hpp"

namespace sk {
namespace gpu {

// Whether device code is in this build.
bool built_in();
// Parts under way at once: bounds the workspace; windows follow each other on the stream.
uint32_t window();
// The started driver, or the reason why there is none.
int started(const Driver **out);
int device_count(uint32_t *out);
// A result that is not looked at could make a failed launch look like a sketch of zeros.
int check(Result result, const char *doing);

// On the context that is current on this thread.
int upload(void *device, const void *host, uint64_t bytes, Handle stream);
int sum_parts(uint32_t k, uint32_t s, uint32_t dtype, const CudaPart *parts, uint32_t n, float *partial, Handle stream);
int fold(const float *partial, uint32_t begin, uint32_t end, uint32_t k, double *totals, Handle stream);
// A released context's address may come again with nothing loaded.
void forget(Handle context);

inline void *pointer(Address address) { return reinterpret_cast<void *>(static_cast<uintptr_t>(address)); }

}  // namespace gpu
}  // namespace sk

// Device code. Compiled by nvcc to a fatbin that the library carries and loads through the driver (driver.cpp).
#include <cuda_fp16.h>
#include <cuda_pipeline.h>

#define SK_DEVICE static __device__ __forceinline__
#define SK_UNROLL _Pragma("unroll")

namespace sk {
namespace device {
struct alignas(8) Pair {
  float x, y;
};
SK_DEVICE unsigned thread() { return threadIdx.x; }
SK_DEVICE unsigned block() { return blockIdx.x; }
SK_DEVICE void barrier() { __syncthreads(); }
SK_DEVICE unsigned char *shared() {
  extern __shared__ __align__(128) unsigned char memory[];
  return memory;
}
SK_DEVICE void copy_async16(void *to, const void *from) { __pipeline_memcpy_async(to, from, 16); }
SK_DEVICE void commit() { __pipeline_commit(); }
template <unsigned N>
SK_DEVICE void wait() {
  __pipeline_wait_prior(N);
}
SK_DEVICE unsigned byte_perm(unsigned a, unsigned b, unsigned selector) { return __byte_perm(a, b, selector); }
SK_DEVICE float from_bits(unsigned bits) { return __uint_as_float(bits); }
SK_DEVICE float from_fp16(unsigned short bits) { return __half2float(__ushort_as_half(bits)); }
SK_DEVICE float add(float a, float b) { return __fadd_rn(a, b); }
SK_DEVICE double add_canonical(double total, float more) {
  const double sum = __dadd_rn(total, static_cast<double>(more));
  return sum != sum ? __longlong_as_double(0x7ff8000000000000ll) : sum;
}
}  // namespace device
}  // namespace sk

#include "kernel.cuh"
#include "shapes.hpp"

#define SK_KERNEL(k, s, d)                                                                                              \
  extern "C" __global__ void __launch_bounds__(256) tps_##k##_##s##_##d(const sk::CudaPart *parts, float *partial) { \
    sk::sum_part<k, s, d>(parts, partial);                                                                              \
  }
#define SK_KERNELS(k, s) SK_KERNEL(k, s, 0) SK_KERNEL(k, s, 1) SK_KERNEL(k, s, 2)
SK_SHAPES(SK_KERNELS)

extern "C" __global__ void __launch_bounds__(64) tps_fold(const float *partial, unsigned begin, unsigned end, unsigned k, double *totals) {
  sk::fold_parts(partial, begin, end, k, totals);
}

// Which kernels the processor and its operating system support. Built for the plainest processor: asking must not fault.
#include "kernel.hpp"
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sk {
namespace {

#if defined(__x86_64__)
// GCC 10 and clang before 16 do not know "f16c" in __builtin_cpu_supports.
bool has_f16c() {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && has_f16c();
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

}  // namespace

size_t kernels_here(const Kernel **out, size_t room) {
  size_t n = 0;
  const auto put = [&](const Kernel &kernel) {
    if (n < room) out[n++] = &kernel;
  };
#if defined(__x86_64__)
  if (has_avx512()) put(avx512_kernel);
  if (has_avx2()) put(avx2_kernel);
#elif defined(__aarch64__)
  put(neon_kernel);
#endif
  put(scalar_kernel);
  return n;
}

}  // namespace sk

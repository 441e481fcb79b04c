// The caller's floating-point modes (flush to zero, denormals are zero, rounding) would change bits: set aside here.
#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sk {

class Modes {
 public:
#if defined(__x86_64__)
  Modes() : saved_(_mm_getcsr()) { _mm_setcsr(0x1f80); }
  ~Modes() { _mm_setcsr(saved_); }

 private:
  uint32_t saved_;
#elif defined(__aarch64__)
  Modes() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" ::"r"(uint64_t{0}));
  }
  ~Modes() { __asm__ volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  uint64_t saved_;
#else
  Modes() {}
  ~Modes() {}
#endif
  Modes(const Modes &) = delete;
  Modes &operator=(const Modes &) = delete;
};

}  // namespace sk

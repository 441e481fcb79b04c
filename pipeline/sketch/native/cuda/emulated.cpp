// Runs the device code on the host, one CTA at a time: 256 coroutines that switch at barriers. For tests.
//
// It is stricter than a GPU where it can be: shared memory starts as rubbish, asynchronous copies land as late as the
// program allows, and threads run between barriers in the order SK_EMULATE_ORDER asks for (0 up, 1 down, 2 shuffled).
// A missing barrier or wait therefore changes the result in at least one order.
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <tuple>
#include <vector>

#include "../floats.hpp"
#include "emulated.hpp"
#include "parts.hpp"

#define SK_DEVICE static inline
#define SK_UNROLL

namespace sk {
namespace {

struct Copy {
  void *to;
  const void *from;
};

struct Thread {
  ucontext_t context;
  std::vector<unsigned char> stack;
  bool done;
  std::deque<std::vector<Copy>> committed;
  std::vector<Copy> pending;
};

struct Cta {
  std::vector<Thread> threads;
  std::vector<unsigned char> shared;
  uint32_t running, block;
  ucontext_t scheduler;
  std::function<void()> body;
};

thread_local Cta cta;

void land(std::vector<Copy> &copies) {
  for (const Copy &copy : copies) memcpy(copy.to, copy.from, 16);
}

void entry() {
  cta.body();
  Thread &thread = cta.threads[cta.running];
  thread.done = true;
  swapcontext(&thread.context, &cta.scheduler);
}

std::vector<uint32_t> order_of(uint32_t n, uint32_t round) {
  const char *text = getenv("SK_EMULATE_ORDER");
  const int order = text != nullptr ? atoi(text) : 0;
  std::vector<uint32_t> out(n);
  for (uint32_t i = 0; i < n; i++) out[i] = order == 0 ? i : n - 1 - i;
  for (uint32_t i = n; order == 2 && i > 1; i--) std::swap(out[i - 1], out[fmix32(i * 7919 + round) % i]);
  return out;
}

void run_cta(uint32_t block, uint32_t threads, uint32_t shared, const std::function<void()> &body) {
  cta.block = block;
  cta.body = body;
  cta.shared.assign(shared + 128, 0xA5);
  cta.threads.resize(threads);
  for (Thread &thread : cta.threads) {
    thread.stack.resize(64 << 10);
    thread.done = false;
    thread.committed.clear();
    thread.pending.clear();
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.data();
    thread.context.uc_stack.ss_size = thread.stack.size();
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, entry, 0);
  }
  bool all_done = false;
  for (uint32_t round = 0; !all_done; round++) {
    all_done = true;
    for (const uint32_t t : order_of(threads, round)) {
      if (cta.threads[t].done) continue;
      cta.running = t;
      swapcontext(&cta.scheduler, &cta.threads[t].context);
      all_done = all_done && cta.threads[t].done;
    }
  }
}

}  // namespace

namespace device {
struct alignas(8) Pair {
  float x, y;
};
inline uint32_t thread() { return cta.running; }
inline uint32_t block() { return cta.block; }
inline void barrier() { swapcontext(&cta.threads[cta.running].context, &cta.scheduler); }
inline unsigned char *shared() { return reinterpret_cast<unsigned char *>((reinterpret_cast<uintptr_t>(cta.shared.data()) + 127) & ~uintptr_t{127}); }
inline void copy_async16(void *to, const void *from) { cta.threads[cta.running].pending.push_back({to, from}); }
inline void commit() {
  Thread &thread = cta.threads[cta.running];
  thread.committed.push_back(std::move(thread.pending));
  thread.pending.clear();
}
template <unsigned N>
inline void wait() {
  auto &committed = cta.threads[cta.running].committed;
  for (; committed.size() > N; committed.pop_front()) land(committed.front());
}
// The low 16 bits of the selector pick a byte per nibble: 0..3 of a, 4..7 of b.
inline uint32_t byte_perm(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
  uint32_t out = 0;
  for (int i = 0; i < 4; i++) out |= static_cast<uint32_t>(bytes >> (selector >> (4 * i) & 7) * 8 & 255) << (8 * i);
  return out;
}
inline float from_bits(uint32_t bits) { return sk::from_bits(bits); }
inline float from_fp16(uint16_t bits) { return sk::from_fp16(bits); }
inline float add(float a, float b) { return a + b; }
inline double add_canonical(double total, float more) {
  const double sum = total + static_cast<double>(more);
  return sum != sum ? __builtin_nan("") : sum;
}
}  // namespace device
}  // namespace sk

#include "kernel.cuh"
#include "shapes.hpp"

namespace sk {
namespace {

template <typename T>
T argument(void *const *arguments, int at) {
  return *static_cast<const T *>(arguments[at]);
}

Kernel sum_of(uint32_t k, uint32_t s, uint32_t dtype, const CudaPart *parts, float *partial) {
#define SK_CASE(kk, ss)                                                                                            \
  if (k == kk && s == ss && dtype == 0) return [=] { sum_part<kk, ss, 0>(parts, partial); };                       \
  if (k == kk && s == ss && dtype == 1) return [=] { sum_part<kk, ss, 1>(parts, partial); };                       \
  if (k == kk && s == ss && dtype == 2) return [=] { sum_part<kk, ss, 2>(parts, partial); };
  SK_SHAPES(SK_CASE)
#undef SK_CASE
  return {};
}

}  // namespace

Kernel emulated_kernel(const std::string &name, void *const *arguments) {
  uint32_t k, s, dtype;
  if (sscanf(name.c_str(), "tps_%u_%u_%u", &k, &s, &dtype) == 3)
    return sum_of(k, s, dtype, arguments ? argument<const CudaPart *>(arguments, 0) : nullptr, arguments ? argument<float *>(arguments, 1) : nullptr);
  if (name != "tps_fold") return {};
  if (arguments == nullptr) return [] {};
  const auto [partial, begin, end, width] = std::make_tuple(argument<const float *>(arguments, 0), argument<uint32_t>(arguments, 1),
                                                            argument<uint32_t>(arguments, 2), argument<uint32_t>(arguments, 3));
  double *totals = argument<double *>(arguments, 4);
  return [partial = partial, begin = begin, end = end, width = width, totals] { fold_parts(partial, begin, end, width, totals); };
}

void run_emulated(uint32_t ctas, uint32_t threads, uint32_t shared, const Kernel &kernel) {
  for (uint32_t block = 0; block < ctas; block++) run_cta(block, threads, shared, kernel);
}

}  // namespace sk

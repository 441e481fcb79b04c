// Time per cold 4 MB of gradient, kernels and a plain read taking turns, so that one noisy second hits all alike.
// Prints "name<TAB>GB/s<TAB>share of the read" per line: 10th percentile of processor time, wall time for threads.
#include <immintrin.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sketch.h"

namespace {

constexpr size_t UNIT = 4u << 20, BUFFER = 768u << 20;

double now(clockid_t clock) {
  timespec at;
  clock_gettime(clock, &at);
  return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
}

__attribute__((target("avx2"))) uint64_t read_all(const void *data, size_t bytes) {
  const __m256i *at = static_cast<const __m256i *>(data);
  __m256i sums[4] = {};
  for (size_t i = 0; i < bytes / 32; i += 4)
    for (int j = 0; j < 4; j++) sums[j] = _mm256_xor_si256(sums[j], _mm256_load_si256(at + i + j));
  const __m256i sum = _mm256_xor_si256(_mm256_xor_si256(sums[0], sums[1]), _mm256_xor_si256(sums[2], sums[3]));
  return static_cast<uint64_t>(_mm256_extract_epi64(sum, 0));
}

struct Subject {
  std::string name;
  std::function<void(const char *unit)> run;
  std::vector<double> seconds;
};

sk_ctx *open(uint32_t k, uint32_t s, uint32_t isa) {
  const sk_cfg cfg = {SK_ABI, SK_ALGO, 1, k, s, 1, isa};
  sk_ctx *ctx = nullptr;
  return sk_open(&cfg, &ctx) == SK_OK ? ctx : nullptr;
}

std::function<void(const char *)> sketch(sk_ctx *ctx, uint32_t dtype, bool measured) {
  return [=](const char *unit) {
    static thread_local std::vector<double> acc(8192);
    sk_stats stats = {};
    const sk_piece piece = {unit, 1, 0, UNIT / (dtype == SK_F32 ? 4 : 2), 0, 0, dtype, SK_HOST};
    if (sk_add(ctx, acc.data(), measured ? &stats : nullptr, &piece, 1, nullptr, nullptr, 0)) abort();
  };
}

double tenth(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 10];
}

// Best wall-clock rate of `threads` threads, each with its own context, over the whole buffer.
double threaded_rate(const char *buffer, size_t threads) {
  double best = 0;
  for (int round = 0; round < 3; round++) {
    std::vector<std::thread> workers;
    const double start = now(CLOCK_MONOTONIC);
    for (size_t t = 0; t < threads; t++)
      workers.emplace_back([=] {
        sk_ctx *ctx = open(4096, 4, SK_AUTO);
        const auto run = sketch(ctx, SK_F32, false);
        for (size_t at = t * UNIT; at + UNIT <= BUFFER; at += threads * UNIT) run(buffer + at);
        sk_close(ctx);
      });
    for (std::thread &worker : workers) worker.join();
    best = std::max(best, static_cast<double>(BUFFER) / (now(CLOCK_MONOTONIC) - start));
  }
  return best;
}

}  // namespace

int main() {
  char *buffer = static_cast<char *>(mmap(nullptr, BUFFER + (2u << 20), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  buffer = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(buffer) + (2u << 20) - 1) & ~uintptr_t{(2u << 20) - 1});
  madvise(buffer, BUFFER, MADV_HUGEPAGE);
  for (size_t i = 0; i < BUFFER / 4; i++) {
    const uint32_t bits = 0x3f803f80u ^ ((static_cast<uint32_t>(i) * 2654435761u) & 0x807f807fu);  // near 1 as fp32 and as two bf16
    memcpy(buffer + 4 * i, &bits, 4);
  }
  static volatile uint64_t sink;
  std::vector<Subject> subjects = {{"read", [](const char *unit) { sink = read_all(unit, UNIT); }, {}}};
  const char *isas[] = {"auto", "scalar", "avx2", "avx512"};
  for (uint32_t isa : {SK_AVX512, SK_AVX2, SK_SCALAR})
    for (uint32_t s : {4, 2})
      for (uint32_t dtype : {SK_F32, SK_BF16, SK_F16})
        if (sk_ctx *ctx = open(4096, s, isa)) subjects.push_back({std::string(isas[isa]) + (dtype == SK_F32 ? " fp32" : dtype == SK_BF16 ? " bf16" : " fp16") + " s=" + std::to_string(s), sketch(ctx, dtype, false), {}});
  subjects.push_back({"best fp32 s=4 with norm", sketch(open(4096, 4, SK_AUTO), SK_F32, true), {}});
  for (size_t round = 0, at = 0; round < 60; round++)
    for (Subject &subject : subjects) {
      if (subject.name.rfind("scalar", 0) == 0 && round >= 12) continue;
      const char *unit = buffer + at;
      at = (at + UNIT * 7) % BUFFER;
      const double start = now(CLOCK_THREAD_CPUTIME_ID);
      subject.run(unit);
      subject.seconds.push_back(now(CLOCK_THREAD_CPUTIME_ID) - start);
    }
  const double read = tenth(subjects[0].seconds);
  for (const Subject &subject : subjects) {
    const double seconds = tenth(subject.seconds);
    printf("%s\t%.2f\t%.3f\n", subject.name.c_str(), UNIT / seconds / 1e9, read / seconds);
  }
  const double one = threaded_rate(buffer, 1), two = threaded_rate(buffer, 2);
  printf("two threads / one (wall)\t%.2f\t%.3f\n", two / 1e9, two / one);
}

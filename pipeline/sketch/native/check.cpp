// Every kernel of this processor against the scalar one, on any bits, every shape and dtype: for machines without Node.
#include <cstdio>
#include <cstring>
#include <vector>

#include "sketch.h"
#include "spec.hpp"

namespace {

using Result = std::vector<double>;

Result run(uint32_t isa, uint32_t k, uint32_t s, uint32_t dtype, const std::vector<uint32_t> &bits, const std::vector<float> &other) {
  const sk_cfg cfg = {SK_ABI, SK_ALGO, 77, k, s, 1, isa};
  sk_ctx *ctx = nullptr;
  if (sk_open(&cfg, &ctx)) return {};
  const uint64_t count = 2 * sk::TILE + 77;
  const sk_piece piece = {bits.data(), 5, sk::SEGMENT - sk::TILE - 9, count, 0, 0, dtype, SK_HOST};
  const sk_ref ref = {other.data(), 0, count, SK_F32, 1};
  sk_stats stats = {};
  Result out(k);
  if (sk_add(ctx, out.data(), &stats, &piece, 1, nullptr, &ref, 1)) out.clear();
  sk_close(ctx);
  for (const double value : {stats.norm2, stats.dot[0], stats.absmax, double(stats.zeros), double(stats.nonfinite), double(stats.n)}) out.push_back(value);
  return out;
}

}  // namespace

int main() {
  if (sk_selftest()) return printf("selftest: %s\n", sk_last_error()), 1;
  std::vector<uint32_t> bits(2 * sk::TILE + 77);
  std::vector<float> other(bits.size());
  for (size_t i = 0; i < bits.size(); i++) {
    bits[i] = sk::fmix32(static_cast<uint32_t>(i) + 3);
    other[i] = static_cast<float>(i % 1000) - 500.5f;
  }
  int wrong = 0, compared = 0;
  for (uint32_t isa = SK_AVX2; isa <= SK_NEON; isa++)
    for (uint32_t k = 512; k <= 8192; k *= 2)
      for (uint32_t s = 1; s <= 8; s *= 2)
        for (uint32_t dtype = SK_F32; dtype <= SK_F16; dtype++) {
          const Result expected = run(SK_SCALAR, k, s, dtype, bits, other), found = run(isa, k, s, dtype, bits, other);
          if (found.empty() || expected.empty()) continue;
          compared++;
          if (memcmp(expected.data(), found.data(), expected.size() * 8) != 0) wrong += 1, printf("isa %u k=%u s=%u dtype %u differs\n", isa, k, s, dtype);
        }
  printf("%s\n%d comparisons, %d wrong\n", sk_info(), compared, wrong);
  return wrong != 0 || compared == 0;
}

// Sums parts of segments on threads and folds their sums in order.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <limits>
#include <thread>

#include "cuda/staged.hpp"
#include "engine.hpp"
#include "errors.hpp"
#include "floats.hpp"
#include "modes.hpp"

namespace sk {

namespace {

constexpr size_t PARTS_PER_THREAD = 16;

// A NaN's sign and payload differ between processors; its place does not.
double canonical(double value) { return value != value ? std::numeric_limits<double>::quiet_NaN() : value; }

double fold_lanes(double *lanes) {
  for (int width = 8; width >= 1; width /= 2)
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  return lanes[0];
}

void fold_sums(const sk_ctx &ctx, const PartSums &from, double *acc) {
  if (!from.touched) return;
  for (uint32_t j = 0; j < ctx.shape.k; j++) acc[j] = canonical(acc[j] + static_cast<double>(from.sums[j]));
}

}  // namespace

void fold_measure(const Part &part, PartSums &from, sk_stats &stats) {
  stats.norm2 = canonical(stats.norm2 + fold_lanes(from.measure.squares));
  for (size_t r = 0; r < part.run->ref_count; r++) stats.dot[r] = canonical(stats.dot[r] + fold_lanes(from.measure.dots[r]));
  stats.absmax = std::max(stats.absmax, static_cast<double>(from_bits(from.measure.absmax_bits)));
  stats.n += from.n;
  stats.zeros += from.measure.zeros;
  stats.nonfinite += from.measure.nonfinite;
}

void on_threads(const sk_ctx &ctx, size_t n, const std::function<void(size_t, Scratch &)> &work) {
  std::atomic<size_t> next{0};
  const auto lane = [&](size_t thread) {
    const Modes modes;
    for (size_t i = next++; i < n; i = next++) work(i, *ctx.scratch[thread]);
  };
  std::vector<std::thread> helpers;
  helpers.reserve(ctx.scratch.size());
  for (size_t t = 1; t < std::min(ctx.scratch.size(), n); t++) {
    try {
      helpers.emplace_back(lane, t);
    } catch (const std::exception &) {
      break;  // fewer threads, same bits
    }
  }
  lane(0);
  for (std::thread &helper : helpers) helper.join();
}

int add_runs(sk_ctx &ctx, double *acc, sk_stats *stats, const std::vector<Run> &runs) {
  if (ctx.device) return add_staged(ctx, acc, stats, runs);
  const size_t window = ctx.scratch.size() == 1 ? 1 : ctx.scratch.size() * PARTS_PER_THREAD;
  const uint32_t k = ctx.shape.k;
  std::unique_ptr<float, void (*)(void *)> memory(static_cast<float *>(std::aligned_alloc(64, window * k * sizeof(float))), std::free);
  if (!memory) return fail(SK_NO_MEMORY, "sk_add: no memory for %zu segment sums", window);
  std::vector<PartSums> sums(window);
  for (size_t i = 0; i < window; i++) sums[i].sums = memory.get() + i * k;
  Parts source(runs);
  std::vector<Part> parts;
  const Modes modes;
  do {
    parts.clear();
    for (Part part; parts.size() < window && source.take(&part);) parts.push_back(part);
    on_threads(ctx, parts.size(), [&](size_t i, Scratch &scratch) { add_part(ctx, parts[i], scratch, stats != nullptr, sums[i]); });
    for (size_t i = 0; i < parts.size(); i++) {
      fold_sums(ctx, sums[i], acc);
      if (stats != nullptr) fold_measure(parts[i], sums[i], *stats);
    }
  } while (!parts.empty());
  return SK_OK;
}

}  // namespace sk

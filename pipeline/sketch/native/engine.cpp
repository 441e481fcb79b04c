// Cuts runs into segment parts, sums the parts on threads, and folds their sums in order.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <limits>
#include <thread>

#include "errors.hpp"
#include "floats.hpp"
#include "modes.hpp"
#include "segment.hpp"

namespace sk {

uint64_t Run::row_end(uint64_t row) const {
  const uint64_t length = std::min(piece.row_len, piece.count - row * piece.row_len);
  return piece.offset + row * piece.row_stride + length;
}

uint64_t Run::next(uint64_t flat) const {
  if (flat <= piece.offset) return piece.offset;
  const uint64_t row = (flat - piece.offset) / piece.row_stride;
  if (row >= rows()) return end();
  if (flat < row_end(row)) return flat;
  return row + 1 < rows() ? piece.offset + (row + 1) * piece.row_stride : end();
}

namespace {

constexpr size_t PARTS_PER_THREAD = 16;

// A NaN's sign and payload differ between processors; its place does not.
double canonical(double value) { return value != value ? std::numeric_limits<double>::quiet_NaN() : value; }

double fold_lanes(double *lanes) {
  for (int width = 8; width >= 1; width /= 2)
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  return lanes[0];
}

void fold(const sk_ctx &ctx, const Part &part, PartSums &from, double *acc, sk_stats *stats) {
  if (from.touched)
    for (uint32_t j = 0; j < ctx.shape.k; j++) acc[j] = canonical(acc[j] + static_cast<double>(from.sums[j]));
  if (stats == nullptr) return;
  stats->norm2 = canonical(stats->norm2 + fold_lanes(from.measure.squares));
  for (size_t r = 0; r < part.run->ref_count; r++) stats->dot[r] = canonical(stats->dot[r] + fold_lanes(from.measure.dots[r]));
  stats->absmax = std::max(stats->absmax, static_cast<double>(from_bits(from.measure.absmax_bits)));
  stats->n += from.n;
  stats->zeros += from.measure.zeros;
  stats->nonfinite += from.measure.nonfinite;
}

// Yields the parts of all runs, in order.
class Parts {
 public:
  explicit Parts(const std::vector<Run> &runs) : runs_(runs) {}

  bool take(Part *out) {
    while (run_ < runs_.size()) {
      const Run &run = runs_[run_];
      const uint64_t at = run.next(at_);
      if (run.piece.count != 0 && at < run.end()) {
        at_ = std::min(run.end(), (at / SEGMENT + 1) * SEGMENT);
        *out = {&run, at, at_};
        return true;
      }
      run_++;
      at_ = 0;
    }
    return false;
  }

 private:
  const std::vector<Run> &runs_;
  size_t run_ = 0;
  uint64_t at_ = 0;
};

void sum_parts(const sk_ctx &ctx, const std::vector<Part> &parts, std::vector<PartSums> &sums, bool measured) {
  std::atomic<size_t> next{0};
  const auto work = [&](size_t thread) {
    const Modes modes;
    for (size_t i = next++; i < parts.size(); i = next++) add_part(ctx, parts[i], *ctx.scratch[thread], measured, sums[i]);
  };
  std::vector<std::thread> helpers;
  helpers.reserve(ctx.scratch.size());
  for (size_t t = 1; t < std::min(ctx.scratch.size(), parts.size()); t++) {
    try {
      helpers.emplace_back(work, t);
    } catch (const std::exception &) {
      break;  // fewer threads, same bits
    }
  }
  work(0);
  for (std::thread &helper : helpers) helper.join();
}

}  // namespace

int add_runs(sk_ctx &ctx, double *acc, sk_stats *stats, const std::vector<Run> &runs) {
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
    sum_parts(ctx, parts, sums, stats != nullptr);
    for (size_t i = 0; i < parts.size(); i++) fold(ctx, parts[i], sums[i], acc, stats);
  } while (!parts.empty());
  return SK_OK;
}

}  // namespace sk

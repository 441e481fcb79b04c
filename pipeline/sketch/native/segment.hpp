#pragma once
#include "context.hpp"

namespace sk {

// One fp32 unit of work: the part of a run that lies in one segment.
struct Part {
  const Run *run;
  uint64_t start, stop;  // flat indices

  uint64_t first_tile() const { return start / TILE; }
  uint64_t tiles() const { return (stop - 1) / TILE - first_tile() + 1; }
  // Of the values that are summed: a preconditioner makes fp32.
  uint32_t dtype() const { return run->pre.kind == SK_PLAIN ? run->piece.dtype : uint32_t{SK_F32}; }
};

// Yields the parts of all runs, in order.
class Parts {
 public:
  explicit Parts(const std::vector<Run> &runs) : runs_(runs) {}
  bool take(Part *out);

 private:
  const std::vector<Run> &runs_;
  size_t run_ = 0;
  uint64_t at_ = 0;
};

struct PartSums {
  float *sums;  // k
  Measure measure;
  uint64_t n;
  bool touched;  // false: every value was zero, nothing to add
};

void add_part(const sk_ctx &ctx, const Part &part, Scratch &scratch, bool measured, PartSums &out);
// Lays the part's tiles out at `to`, whole and zero where the run holds nothing, for a device to sum. out.sums stays untouched.
void stage_part(const sk_ctx &ctx, const Part &part, Scratch &scratch, bool measured, char *to, PartSums &out);

}  // namespace sk

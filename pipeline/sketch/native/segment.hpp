#pragma once
#include "context.hpp"

namespace sk {

// One fp32 unit of work: the part of a run that lies in one segment.
struct Part {
  const Run *run;
  uint64_t start, stop;  // flat indices
};

struct PartSums {
  float *sums;  // k
  Measure measure;
  uint64_t n;
  bool touched;  // false: every value was zero, nothing to add
};

void add_part(const sk_ctx &ctx, const Part &part, Scratch &scratch, bool measured, PartSums &out);

}  // namespace sk

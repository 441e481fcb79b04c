// An open sketcher: the matrix it stands for, the kernel it uses, and memory for its threads.
#pragma once
#include <memory>
#include <vector>

#include "kernel.hpp"
#include "sketch.h"

namespace sk {
class Staging;  // a device and its memory (cuda/staged.hpp)
}

struct sk_ctx {
  sk_cfg cfg;
  sk::Shape shape;
  const sk::Kernel *kernel;
  std::vector<std::unique_ptr<sk::Scratch>> scratch;  // one per thread
  std::shared_ptr<sk::Staging> device;                // none: this processor
};

namespace sk {

// A piece with its key worked out and its layout in one form: rows of row_len values, row_stride apart.
struct Run {
  sk_piece piece;
  Key key;
  sk_precond pre;
  const sk_ref *refs;
  size_t ref_count;

  uint64_t rows() const { return (piece.count + piece.row_len - 1) / piece.row_len; }
  uint64_t row_end(uint64_t row) const;  // flat index after the row's last value
  uint64_t end() const { return row_end(rows() - 1); }
  uint64_t next(uint64_t flat) const;  // first flat index of the piece that is not before `flat`; end() when none
};

// Checks and completes a piece. Empty pieces give SK_OK and run->piece.count == 0.
int make_run(const sk_ctx &ctx, Key key, const sk_piece &piece, const sk_precond *pre, const sk_ref *refs, size_t nref, size_t at,
             Run *run);
// Adds runs in order; a failure leaves acc and stats as they were.
int add_runs(sk_ctx &ctx, double *acc, sk_stats *stats, const std::vector<Run> &runs);
int selftest();
bool cuda_built_in();

}  // namespace sk

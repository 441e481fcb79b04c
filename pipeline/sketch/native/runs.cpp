// Where a piece's values lie, and where it is cut: at the edges of segments.
#include <algorithm>

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

bool Parts::take(Part *out) {
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

}  // namespace sk

#pragma once
#include <functional>

#include "segment.hpp"

namespace sk {

// Calls work(i, scratch) once for each i < n on the context's threads; returns when all are done.
void on_threads(const sk_ctx &ctx, size_t n, const std::function<void(size_t, Scratch &)> &work);
// Adds what was measured of a part to the statistics; parts come in order.
void fold_measure(const Part &part, PartSums &from, sk_stats &stats);

}  // namespace sk

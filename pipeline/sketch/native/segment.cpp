// Sums one segment's share of a run, tile by tile.
#include "segment.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "floats.hpp"

namespace sk {
namespace {

struct Span {
  uint64_t low, high;  // flat indices of one tile that belong to the part
};

bool is_whole(const Run &run, const Span &span) {
  return span.high - span.low == TILE && run.row_end((span.low - run.piece.offset) / run.piece.row_stride) >= span.high;
}

uint64_t packed_index(const Run &run, uint64_t flat) {
  const uint64_t from = flat - run.piece.offset;
  return from / run.piece.row_stride * run.piece.row_len + from % run.piece.row_stride;
}

// Copies what the run has of a tile into a zeroed one. `source` is packed like the piece; returns how many values.
uint64_t gather_packed(const Run &run, const Span &span, const void *source, size_t width, void *out) {
  memset(out, 0, TILE * width);
  uint64_t copied = 0;
  const uint64_t base = span.low / TILE * TILE;
  for (uint64_t at = run.next(span.low); at < span.high; at = run.next(at)) {
    const uint64_t row = (at - run.piece.offset) / run.piece.row_stride;
    const uint64_t stop = std::min(span.high, run.row_end(row));
    memcpy(static_cast<char *>(out) + (at - base) * width, static_cast<const char *>(source) + packed_index(run, at) * width,
           (stop - at) * width);
    copied += stop - at;
    at = stop;
  }
  return copied;
}

// As gather_packed, from a tensor that is not packed: the run's rows pick which values are taken.
void gather_flat(const Run &run, const Span &span, const sk_ref &ref, size_t width, void *out) {
  memset(out, 0, TILE * width);
  const uint64_t base = span.low / TILE * TILE;
  for (uint64_t at = run.next(span.low); at < span.high; at = run.next(at)) {
    const uint64_t stop = std::min(span.high, run.row_end((at - run.piece.offset) / run.piece.row_stride));
    memcpy(static_cast<char *>(out) + (at - base) * width, static_cast<const char *>(ref.ptr) + (at - ref.base) * width,
           (stop - at) * width);
    at = stop;
  }
}

void adam_less(const sk_precond &pre, const float *m, const float *v, float *g) {
  const float b1 = pre.beta1, b2 = pre.beta2, c1 = 1.0f - b1, c2 = 1.0f - b2, eps = pre.eps;
  for (uint32_t i = 0; i < TILE; i++) {
    const float first = b1 * m[i] + c1 * g[i];
    const float second = b2 * v[i] + c2 * (g[i] * g[i]);
    g[i] = first / std::sqrt(second + eps);
  }
}

// Padding must stay zero: Adam's form of a zero gradient is not zero.
void zero_outside(const Run &run, const Span &span, float *g) {
  if (is_whole(run, span)) return;
  const uint64_t base = span.low / TILE * TILE;
  for (uint64_t flat = base; flat < base + TILE; flat++) {
    const bool inside = flat >= span.low && flat < span.high && run.next(flat) == flat;
    if (!inside) g[flat - base] = 0;
  }
}

void precondition(const Run &run, const Span &span, Scratch &scratch) {
  float *first = scratch.other, *g = scratch.plain;
  gather_packed(run, span, run.pre.first, 4, first);
  if (run.pre.kind == SK_DIAG) {
    for (uint32_t i = 0; i < TILE; i++) g[i] = g[i] * first[i];
  } else {
    float *second = reinterpret_cast<float *>(scratch.raw);
    gather_packed(run, span, run.pre.second, 4, second);
    adam_less(run.pre, first, second, g);
  }
  zero_outside(run, span, g);
}

const float *reference_tile(const sk_ctx &ctx, const Run &run, const Span &span, const sk_ref &ref, Scratch &scratch) {
  const size_t width = width_of(ref.dtype);
  const uint64_t index = ref.packed ? packed_index(run, span.low) : span.low - ref.base;
  const void *values = static_cast<const char *>(ref.ptr) + index * width;
  if (!is_whole(run, span)) {
    if (ref.packed) gather_packed(run, span, ref.ptr, width, scratch.raw);
    else gather_flat(run, span, ref, width, scratch.raw);
    values = scratch.raw;
  }
  ctx.kernel->decode[ref.dtype](values, scratch.other);
  return scratch.other;
}

struct Source {
  const void *values;
  uint32_t dtype;
  uint64_t n;
};

// The tile's 4096 values: in place when whole and plain, else a padded copy.
Source tile_source(const sk_ctx &ctx, const Run &run, const Span &span, Scratch &scratch) {
  const size_t width = width_of(run.piece.dtype);
  Source source = {static_cast<const char *>(run.piece.ptr) + packed_index(run, span.low) * width, run.piece.dtype, TILE};
  if (!is_whole(run, span)) {
    source.n = gather_packed(run, span, run.piece.ptr, width, scratch.raw);
    source.values = scratch.raw;
  }
  if (run.pre.kind == SK_PLAIN) return source;
  ctx.kernel->decode[run.piece.dtype](source.values, scratch.plain);
  precondition(run, span, scratch);
  return {scratch.plain, SK_F32, source.n};
}

void measure_tile(const sk_ctx &ctx, const Source &source, PartSums &out) {
  ctx.kernel->measure[source.dtype](source.values, out.measure);
  out.measure.zeros -= TILE - source.n;  // padding
  out.n += source.n;
}

void dot_tile(const sk_ctx &ctx, const Run &run, const Span &span, const Source &source, Scratch &scratch, PartSums &out) {
  // Reference tiles use scratch.raw: a padded copy moves to `plain` first.
  Source held = source;
  if (run.ref_count != 0 && source.values == scratch.raw) {
    ctx.kernel->decode[source.dtype](source.values, scratch.plain);
    held = {scratch.plain, SK_F32, source.n};
  }
  for (size_t r = 0; r < run.ref_count; r++) {
    const float *other = reference_tile(ctx, run, span, run.refs[r], scratch);
    ctx.kernel->dot[held.dtype](held.values, other, out.measure.dots[r]);
  }
}

// Calls take(span, source) for each tile that has a value other than zero, and measures all of them.
template <typename Take>
void visit_tiles(const sk_ctx &ctx, const Part &part, Scratch &scratch, bool measured, PartSums &out, const Take &take) {
  const Run &run = *part.run;
  out.measure = {};
  out.n = 0;
  out.touched = false;
  for (uint64_t at = part.start; at < part.stop;) {
    const Span span = {at, std::min(part.stop, (at / TILE + 1) * TILE)};
    const Source source = tile_source(ctx, run, span, scratch);
    const uint64_t zeros = out.measure.zeros;
    if (measured) measure_tile(ctx, source, out);
    const bool all_zero = measured && out.measure.zeros - zeros == source.n;
    if (!all_zero) {
      take(span, source);
      out.touched = true;
    }
    if (measured && !all_zero) dot_tile(ctx, run, span, source, scratch, out);
    at = run.next(span.high);
  }
}

}  // namespace

void add_part(const sk_ctx &ctx, const Part &part, Scratch &scratch, bool measured, PartSums &out) {
  memset(out.sums, 0, ctx.shape.k * sizeof(float));
  visit_tiles(ctx, part, scratch, measured, out, [&](const Span &span, const Source &source) {
    const char *values = static_cast<const char *>(source.values);
    const Tile tile = {values, span.low / TILE, part.run->key, values + TILE * width_of(source.dtype)};
    ctx.kernel->add[source.dtype](tile, ctx.shape, scratch, out.sums);
  });
}

void stage_part(const sk_ctx &ctx, const Part &part, Scratch &scratch, bool measured, char *to, PartSums &out) {
  const size_t bytes = TILE * width_of(part.dtype());
  uint64_t laid = 0;
  visit_tiles(ctx, part, scratch, measured, out, [&](const Span &span, const Source &source) {
    const uint64_t tile = span.low / TILE - part.first_tile();
    memset(to + laid * bytes, 0, (tile - laid) * bytes);
    memcpy(to + tile * bytes, source.values, bytes);
    laid = tile + 1;
  });
  memset(to + laid * bytes, 0, (part.tiles() - laid) * bytes);
}

}  // namespace sk

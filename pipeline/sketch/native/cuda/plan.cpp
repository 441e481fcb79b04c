// sk_cuda_add: cuts pieces into parts, sums them on the device, folds the sums in order. Nothing waits for the device.
#include <algorithm>
#include <vector>

#include "../errors.hpp"
#include "../floats.hpp"
#include "../segment.hpp"
#include "gpu.hpp"

namespace sk {

bool cuda_built_in() { return gpu::built_in(); }

namespace {

struct Planned {
  CudaPart part;
  uint32_t dtype;
};

int check(const sk_piece &piece, size_t at) {
  if (piece.device != SK_GPU) return fail(SK_BAD_ARGUMENT, "pieces[%zu].device: expected device memory; use sk_add", at);
  if (reinterpret_cast<uintptr_t>(piece.ptr) % width_of(piece.dtype) != 0) return fail(SK_BAD_ARGUMENT, "pieces[%zu].ptr: not aligned to its dtype", at);
  return SK_OK;
}

CudaPart on_device(const Part &part) {
  const sk_piece &p = part.run->piece;
  return {p.ptr, part.start, part.stop, p.offset, p.count, p.row_len, p.row_stride, part.run->key};
}

int plan(const sk_ctx &ctx, const sk_piece *pieces, size_t n, std::vector<Planned> *out) {
  std::vector<Run> runs(n);
  for (size_t i = 0; i < n; i++) {
    if (const int code = check(pieces[i], i)) return code;
    sk_piece piece = pieces[i];
    piece.device = SK_HOST;
    if (const int code = make_run(ctx, tensor_key(ctx.cfg.seed, piece.name_hash), piece, nullptr, nullptr, 0, i, &runs[i])) return code;
  }
  Parts source(runs);
  for (Part part; source.take(&part);) out->push_back({on_device(part), part.dtype()});
  return SK_OK;
}

// Runs of one dtype go out in one launch.
int sum_window(const sk_ctx &ctx, const std::vector<Planned> &parts, size_t from, size_t to, CudaPart *table, float *partial, void *stream) {
  for (size_t at = from; at < to;) {
    size_t end = at;
    while (end < to && parts[end].dtype == parts[at].dtype) end++;
    const uint32_t n = static_cast<uint32_t>(end - at);
    float *sums = partial + (at - from) * ctx.shape.k;
    if (const int code = gpu::sum_parts(ctx.shape.k, ctx.shape.s, parts[at].dtype, table + (at - from), n, sums, stream)) return code;
    at = end;
  }
  return SK_OK;
}

int add_window(const sk_ctx &ctx, const std::vector<Planned> &parts, size_t from, size_t to, double *acc, void *workspace, void *stream) {
  std::vector<CudaPart> host;
  for (size_t i = from; i < to; i++) host.push_back(parts[i].part);
  CudaPart *table = static_cast<CudaPart *>(workspace);
  float *partial = reinterpret_cast<float *>(static_cast<char *>(workspace) + gpu::window() * sizeof(CudaPart));
  // Pageable memory is staged before the call returns: the table may go out of scope.
  if (const int code = gpu::upload(table, host.data(), host.size() * sizeof(CudaPart), stream)) return code;
  if (const int code = sum_window(ctx, parts, from, to, table, partial, stream)) return code;
  return gpu::fold(partial, 0, static_cast<uint32_t>(to - from), ctx.shape.k, acc, stream);
}

}  // namespace
}  // namespace sk

using namespace sk;

extern "C" int sk_cuda_workspace(sk_ctx *ctx, const sk_piece *pieces, size_t n, uint64_t *bytes) {
  if (ctx == nullptr || bytes == nullptr || (pieces == nullptr && n != 0)) return fail(SK_BAD_ARGUMENT, "sk_cuda_workspace: NULL argument");
  *bytes = gpu::window() * (sizeof(CudaPart) + ctx->shape.k * sizeof(float));
  return SK_OK;
}

extern "C" int sk_cuda_add(sk_ctx *ctx, double *dev_acc, void *dev_ws, const sk_piece *pieces, size_t n, void *stream) {
  if (ctx == nullptr || dev_acc == nullptr || dev_ws == nullptr || (pieces == nullptr && n != 0)) return fail(SK_BAD_ARGUMENT, "sk_cuda_add: NULL argument");
  if (!gpu::built_in()) return fail(SK_CUDA, "sk_cuda_add: this library was built without nvcc");
  try {
    std::vector<Planned> parts;
    if (const int code = plan(*ctx, pieces, n, &parts)) return code;
    for (size_t from = 0; from < parts.size(); from += gpu::window())
      if (const int code = add_window(*ctx, parts, from, std::min(parts.size(), from + gpu::window()), dev_acc, dev_ws, stream)) return code;
    return SK_OK;
  } catch (const std::exception &error) {
    return fail(SK_NO_MEMORY, "sk_cuda_add: %s", error.what());
  }
}

// The C ABI: checks what comes in, keeps exceptions in, hands over to the engine.
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "context.hpp"
#include "cuda/gpu.hpp"
#include "cuda/staged.hpp"
#include "errors.hpp"
#include "modes.hpp"
#include "safetensors.hpp"

namespace sk {

static thread_local char last_error[1024] = "";

int fail(int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(last_error, sizeof last_error, format, args);
  va_end(args);
  return code;
}

namespace {

constexpr uint64_t LAST_INDEX = uint64_t{1} << 62;

template <typename Body>
int guarded(const char *where, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return fail(SK_NO_MEMORY, "%s: out of memory", where);
  } catch (const std::exception &error) {
    return fail(SK_BAD_ARGUMENT, "%s: %s", where, error.what());
  }
}

int check_cfg(const sk_cfg *cfg) {
  if (cfg == nullptr) return fail(SK_BAD_ARGUMENT, "cfg: expected a configuration, found NULL");
  if (cfg->abi != SK_ABI) return fail(SK_BAD_ARGUMENT, "cfg.abi: expected %d, found %u", SK_ABI, cfg->abi);
  if (cfg->algo != SK_ALGO) return fail(SK_BAD_ARGUMENT, "cfg.algo: expected %d, found %u", SK_ALGO, cfg->algo);
  const uint32_t k = cfg->k, s = cfg->s;
  const bool k_ok = k >= 512 && k <= 8192 && (k & (k - 1)) == 0, s_ok = s == 1 || s == 2 || s == 4 || s == 8;
  if (!k_ok || !s_ok || k / s > TILE)
    return fail(SK_BAD_ARGUMENT, "cfg.k, cfg.s: expected k in 512..8192 a power of two, s in 1, 2, 4, 8, k / s <= 4096; found %u, %u", k, s);
  if (cfg->threads > 1024) return fail(SK_BAD_ARGUMENT, "cfg.threads: expected at most 1024, found %u", cfg->threads);
  return SK_OK;
}

const char *name_of(uint32_t isa) {
  static const char *const names[] = {"auto", "scalar", "avx2", "avx512", "neon"};
  return isa < 5 ? names[isa] : "unknown";
}

// What was asked for, by number or by name, or an error: never another kernel instead.
int pick_kernel(uint32_t isa, const Kernel **out) {
  const Kernel *here[4];
  const size_t n = kernels_here(here, 4);
  const char *wanted = isa == SK_AUTO ? std::getenv("SK_ISA") : name_of(isa);
  *out = here[0];
  if (wanted == nullptr || *wanted == '\0') return SK_OK;
  for (size_t i = 0; i < n; i++) {
    *out = here[i];
    if (strcmp(here[i]->name, wanted) == 0) return SK_OK;
  }
  return fail(SK_UNSUPPORTED, "isa: this processor or build has no kernel '%s'", wanted);
}

int check_layout(const sk_piece &p, size_t at) {
  const uint64_t rows = (p.count + p.row_len - 1) / p.row_len;
  unsigned __int128 end = p.offset;
  end += static_cast<unsigned __int128>(rows - 1) * p.row_stride + p.row_len;
  if (end > LAST_INDEX) return fail(SK_BAD_ARGUMENT, "pieces[%zu]: offset and count reach beyond 2^62", at);
  if (rows > 1 && p.row_stride < p.row_len)
    return fail(SK_BAD_ARGUMENT, "pieces[%zu].row_stride: expected at least row_len %llu, found %llu", at,
                static_cast<unsigned long long>(p.row_len), static_cast<unsigned long long>(p.row_stride));
  return SK_OK;
}

int check_refs(const Run &run, const sk_ref *refs, size_t nref, size_t at) {
  for (size_t r = 0; r < nref; r++) {
    if (refs[r].ptr == nullptr || refs[r].dtype > SK_F16) return fail(SK_BAD_ARGUMENT, "pieces[%zu].refs[%zu]: no values or unknown dtype", at, r);
    const bool covers = refs[r].packed ? refs[r].count == run.piece.count
                                       : refs[r].base <= run.piece.offset && run.end() - refs[r].base <= refs[r].count;
    if (!covers) return fail(SK_BAD_ARGUMENT, "pieces[%zu].refs[%zu]: does not cover the piece", at, r);
  }
  return SK_OK;
}

int check_pre(const sk_precond &pre, size_t at) {
  if (pre.kind > SK_ADAM_LESS) return fail(SK_BAD_ARGUMENT, "pieces[%zu].precond.kind: unknown kind %u", at, pre.kind);
  if (pre.kind != SK_PLAIN && pre.first == nullptr) return fail(SK_BAD_ARGUMENT, "pieces[%zu].precond.first: NULL", at);
  if (pre.kind == SK_ADAM_LESS && pre.second == nullptr) return fail(SK_BAD_ARGUMENT, "pieces[%zu].precond.second: NULL", at);
  return SK_OK;
}

}  // namespace

int make_run(const sk_ctx &, Key key, const sk_piece &piece, const sk_precond *pre, const sk_ref *refs, size_t nref, size_t at, Run *run) {
  *run = {piece, key, pre != nullptr ? *pre : sk_precond{}, refs, nref};
  if (piece.count == 0) return SK_OK;
  if (piece.ptr == nullptr) return fail(SK_BAD_ARGUMENT, "pieces[%zu].ptr: NULL", at);
  if (piece.dtype > SK_F16) return fail(SK_BAD_ARGUMENT, "pieces[%zu].dtype: expected 0 fp32, 1 bf16, 2 fp16; found %u", at, piece.dtype);
  if (piece.device != SK_HOST) return fail(SK_BAD_ARGUMENT, "pieces[%zu].device: host memory expected; use sk_cuda_add", at);
  if (piece.row_len == 0 || piece.row_len >= piece.count) run->piece.row_len = run->piece.row_stride = piece.count;
  if (const int code = check_layout(run->piece, at)) return code;
  if (const int code = check_pre(run->pre, at)) return code;
  return check_refs(*run, refs, nref, at);
}

}  // namespace sk

using namespace sk;

extern "C" {

const char *sk_last_error(void) { return last_error; }

uint64_t sk_name_hash(const char *utf8, size_t bytes) { return name_hash(utf8, bytes); }

int sk_open(const sk_cfg *cfg, sk_ctx **out) {
  return guarded("sk_open", [&]() -> int {
    if (out == nullptr) return fail(SK_BAD_ARGUMENT, "sk_open: out is NULL");
    *out = nullptr;
    if (const int code = check_cfg(cfg)) return code;
    std::unique_ptr<sk_ctx> ctx(new sk_ctx());
    ctx->cfg = *cfg;
    ctx->shape = {cfg->k, cfg->s, TILE * cfg->s / cfg->k};
    if (const int code = pick_kernel(cfg->isa, &ctx->kernel)) return code;
    ctx->cfg.isa = ctx->kernel->isa;
    for (uint32_t t = 0; t < (cfg->threads == 0 ? 1 : cfg->threads); t++) ctx->scratch.emplace_back(new Scratch());
    *out = ctx.release();
    return SK_OK;
  });
}

int sk_close(sk_ctx *ctx) {
  delete ctx;
  return SK_OK;
}

const char *sk_isa_name(const sk_ctx *ctx) { return ctx->device ? "cuda" : ctx->kernel->name; }

int sk_device_count(uint32_t *out) {
  if (out == nullptr) return fail(SK_BAD_ARGUMENT, "sk_device_count: out is NULL");
  return guarded("sk_device_count", [&] { return gpu::device_count(out); });
}

int sk_use_device(sk_ctx *ctx, uint32_t device) {
  if (ctx == nullptr) return fail(SK_BAD_ARGUMENT, "sk_use_device: ctx is NULL");
  return guarded("sk_use_device", [&] { return bind_device(*ctx, device); });
}

int sk_add(sk_ctx *ctx, double *acc, sk_stats *stats, const sk_piece *pieces, size_t n, const sk_precond *pre, const sk_ref *refs, size_t nref) {
  return guarded("sk_add", [&]() -> int {
    if (ctx == nullptr || acc == nullptr || (pieces == nullptr && n != 0)) return fail(SK_BAD_ARGUMENT, "sk_add: NULL argument");
    if (nref > SK_MAX_REFS) return fail(SK_BAD_ARGUMENT, "sk_add: nref: expected at most %d, found %zu", SK_MAX_REFS, nref);
    if (nref != 0 && (refs == nullptr || stats == nullptr)) return fail(SK_BAD_ARGUMENT, "sk_add: references need refs and stats");
    std::vector<Run> runs(n);
    for (size_t i = 0; i < n; i++) {
      const Key key = tensor_key(ctx->cfg.seed, pieces[i].name_hash);
      if (const int code = make_run(*ctx, key, pieces[i], pre ? pre + i : nullptr, refs ? refs + i * nref : nullptr, nref, i, &runs[i])) return code;
    }
    return add_runs(*ctx, acc, stats, runs);
  });
}

int sk_add_safetensors(sk_ctx *ctx, double *acc, sk_stats *stats, const char *path, const char *const *ref_paths, size_t nref) {
  return guarded("sk_add_safetensors", [&]() -> int {
    if (ctx == nullptr || acc == nullptr || path == nullptr) return fail(SK_BAD_ARGUMENT, "sk_add_safetensors: NULL argument");
    if (nref > SK_MAX_REFS || (nref != 0 && (ref_paths == nullptr || stats == nullptr)))
      return fail(SK_BAD_ARGUMENT, "sk_add_safetensors: at most %d references, and they need paths and stats", SK_MAX_REFS);
    return add_safetensors(*ctx, acc, stats, path, ref_paths, nref);
  });
}

int sk_merge(double *dst, const double *src, uint32_t k) {
  if (dst == nullptr || src == nullptr) return fail(SK_BAD_ARGUMENT, "sk_merge: NULL argument");
  const Modes modes;
  for (uint32_t j = 0; j < k; j++) {
    const double sum = dst[j] + src[j];
    dst[j] = sum != sum ? std::numeric_limits<double>::quiet_NaN() : sum;
  }
  return SK_OK;
}

int sk_finish(const sk_cfg *cfg, const double *acc, float *out) {
  if (const int code = check_cfg(cfg)) return code;
  if (acc == nullptr || out == nullptr) return fail(SK_BAD_ARGUMENT, "sk_finish: NULL argument");
  const Modes modes;
  const double scale = std::sqrt(1.0 / cfg->s);
  for (uint32_t j = 0; j < cfg->k; j++) {
    const double value = acc[j] * scale;
    out[j] = value != value ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(value);
  }
  return SK_OK;
}

const char *sk_info(void) {
  static thread_local char text[512];
  const Kernel *here[4];
  const size_t n = kernels_here(here, 4);
  std::string isas;
  for (size_t i = 0; i < n; i++) isas += std::string(i ? "," : "") + "\"" + here[i]->name + "\"";
  snprintf(text, sizeof text, "{\"abi\":%d,\"algo\":\"tps-sjlt\",\"algo_version\":%d,\"isas\":[%s],\"cuda\":%s}", SK_ABI, SK_ALGO, isas.c_str(),
           cuda_built_in() ? "true" : "false");
  return text;
}

int sk_selftest(void) {
  return guarded("sk_selftest", [] { return selftest(); });
}

}  // extern "C"

/* The C ABI of the gradient sketch, version 1. One library, no dependencies, no exceptions, no abort.
 *
 * Every function that can fail returns SK_OK or a code; sk_last_error() then says where, what was expected and
 * what was found (per thread, valid until the next failing call on that thread). A context serves one thread at
 * a time; use one per thread. Bits of the result depend on the pieces and on (seed, k, s), on nothing else: not
 * on the ISA, the device, the number of threads, or the caller's rounding and denormal modes. */
#ifndef SOCRATIC_SKETCH_H
#define SOCRATIC_SKETCH_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define SK_ABI 1
#define SK_ALGO 1 /* tps-sjlt, version 1 */
#define SK_MAX_REFS 8

enum sk_code { SK_OK, SK_BAD_ARGUMENT, SK_UNSUPPORTED, SK_NO_MEMORY, SK_FILE, SK_FORMAT, SK_CUDA, SK_SELFTEST };
enum sk_dtype { SK_F32, SK_BF16, SK_F16 };
enum sk_isa { SK_AUTO, SK_SCALAR, SK_AVX2, SK_AVX512, SK_NEON };
enum sk_device { SK_HOST, SK_GPU };
enum sk_precond_kind { SK_PLAIN, SK_DIAG, SK_ADAM_LESS };

typedef struct {
  uint32_t abi, algo; /* SK_ABI, SK_ALGO */
  uint64_t seed;
  uint32_t k, s;
  uint32_t threads; /* 0 means 1 */
  uint32_t isa;     /* SK_AUTO takes the best, or what the environment variable SK_ISA names */
} sk_cfg;

/* `count` values that lie one after another at `ptr`. Value j has flat index
 * offset + (j / row_len) * row_stride + j % row_len in the full tensor; row_len 0 means one run. */
typedef struct {
  const void *ptr;
  uint64_t name_hash; /* sk_name_hash of the tensor's canonical name */
  uint64_t offset, count, row_len, row_stride;
  uint32_t dtype, device;
} sk_piece;

/* Exact facts, summed over pieces: norm2 and dot in fp64, absmax over the finite values. */
typedef struct {
  double norm2, absmax;
  uint64_t n, zeros, nonfinite;
  double dot[SK_MAX_REFS];
} sk_stats;

/* What replaces a gradient value g before it is sketched, in fp32, each operation rounded once:
 * SK_DIAG: g * first.   SK_ADAM_LESS: (b1*first + (1-b1)*g) / sqrt(b2*second + (1-b2)*g*g + eps), as LESS writes it
 * (eps inside the root, no bias correction). `first` and `second` are packed like the piece. */
typedef struct {
  uint32_t kind;
  float beta1, beta2, eps;
  const float *first, *second;
} sk_precond;

/* A reference gradient. packed: value j belongs to the piece's value j. Otherwise ptr[i - base] is flat index i. */
typedef struct {
  const void *ptr;
  uint64_t base, count;
  uint32_t dtype, packed;
} sk_ref;

typedef struct sk_ctx sk_ctx;

int sk_open(const sk_cfg *cfg, sk_ctx **out);
int sk_close(sk_ctx *ctx);

/* Adds n pieces to the k fp64 sums at acc, and to stats unless NULL. `pre` is NULL or one per piece;
 * `refs` is NULL or nref per piece, piece by piece. A failing call leaves acc and stats as they were. */
int sk_add(sk_ctx *ctx, double *acc, sk_stats *stats, const sk_piece *pieces, size_t n, const sk_precond *pre,
           const sk_ref *refs, size_t nref);

/* Adds a safetensors file (mapped, not copied): tensors by ascending name, cut as its sk.contract metadata says.
 * Reference files hold whole tensors. */
int sk_add_safetensors(sk_ctx *ctx, double *acc, sk_stats *stats, const char *path, const char *const *ref_paths,
                       size_t nref);

/* CUDA devices of this machine: 0 where it has no driver or this build no device code; SK_CUDA where a driver does not
 * start. */
int sk_device_count(uint32_t *out);
/* From now on the context's sums of host pieces are made on that device (its primary context, memory for two uploads),
 * statistics and preconditioners on the host. Checked against the processor's bits first. */
int sk_use_device(sk_ctx *ctx, uint32_t device);

int sk_merge(double *dst, const double *src, uint32_t k);
int sk_finish(const sk_cfg *cfg, const double *acc, float *out);

/* As sk_add, for pieces on the current CUDA context's device, ordered on `stream`. dev_acc: k doubles there.
 * dev_ws: sk_cuda_workspace bytes there. Statistics stay the caller's. Fails with SK_CUDA where there is no GPU part. */
int sk_cuda_add(sk_ctx *ctx, double *dev_acc, void *dev_ws, const sk_piece *pieces, size_t n, void *stream);
int sk_cuda_workspace(sk_ctx *ctx, const sk_piece *pieces, size_t n, uint64_t *bytes);

/* What the context sums on: "avx512", "avx2", "neon", "scalar", or "cuda". */
const char *sk_isa_name(const sk_ctx *ctx);
uint64_t sk_name_hash(const char *utf8, size_t bytes);
/* JSON: abi, algo_version, the ISAs this processor has, best first, and whether the CUDA part is built in. */
const char *sk_info(void);
const char *sk_last_error(void);
/* The golden hashes on every ISA of this processor. */
int sk_selftest(void);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif

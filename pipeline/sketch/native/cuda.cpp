#include "context.hpp"
#include "errors.hpp"
namespace sk { bool cuda_built_in() { return false; } }
extern "C" int sk_cuda_add(sk_ctx *, double *, void *, const sk_piece *, size_t, void *) { return sk::fail(SK_CUDA, "built without CUDA"); }
extern "C" int sk_cuda_workspace(sk_ctx *, const sk_piece *, size_t, uint64_t *) { return sk::fail(SK_CUDA, "built without CUDA"); }

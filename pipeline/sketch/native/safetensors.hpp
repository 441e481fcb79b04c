#pragma once
#include "context.hpp"

namespace sk {

int add_safetensors(sk_ctx &ctx, double *acc, sk_stats *stats, const char *path, const char *const *ref_paths, size_t nref);

}  // namespace sk

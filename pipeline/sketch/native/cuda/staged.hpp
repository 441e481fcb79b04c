// Host pieces summed on a device: the context's threads measure tiles and lay them out in pinned memory, the device sums
// what came before meanwhile. What is measured is measured on the host: the values pass through a core on their way
// anyway, and norms and dots are then the bits of the processor's own code.
#pragma once
#include "../context.hpp"

namespace sk {

// Holds a device's primary context and allocates its memory, then checks that its sums are the processor's, bit for bit.
int bind_device(sk_ctx &ctx, uint32_t ordinal);
// As add_runs, on the context's device.
int add_staged(const sk_ctx &ctx, double *acc, sk_stats *stats, const std::vector<Run> &runs);

}  // namespace sk

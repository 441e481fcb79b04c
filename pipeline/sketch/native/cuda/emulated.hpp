#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace sk {

// What one thread of a launch runs.
using Kernel = std::function<void()>;

// The kernel of that name, its arguments copied as a launch copies them; empty when there is none.
Kernel emulated_kernel(const std::string &name, void *const *arguments);
// Runs a launch, one CTA at a time.
void run_emulated(uint32_t ctas, uint32_t threads, uint32_t shared, const Kernel &kernel);

}  // namespace sk

// Launches, and the modules they come from: one per context, loaded at its first launch.
#include "gpu.hpp"

#include <cstdio>
#include <map>
#include <mutex>
#include <string>

#include "../errors.hpp"
#include "../sketch.h"

namespace sk {
namespace gpu {
namespace {

struct Module {
  Handle handle = nullptr;
  std::map<std::string, Handle> functions;
};

std::mutex guard;
std::map<Handle, Module> modules;  // by context

int find_function(const Driver &driver, const char *name, Handle *out) {
  Handle context = nullptr;
  if (const int code = check(driver.current(&context), "cuCtxGetCurrent")) return code;
  if (context == nullptr) return fail(SK_CUDA, "no CUDA context is current on this thread");
  const std::lock_guard<std::mutex> lock(guard);
  Module &module = modules[context];
  if (module.handle == nullptr)
    if (const int code = check(driver.load(&module.handle, driver.image), "cuModuleLoadData")) return code;
  Handle &function = module.functions[name];
  if (function == nullptr)
    if (const int code = check(driver.function(&function, module.handle, name), name)) return code;
  *out = function;
  return SK_OK;
}

int launch(const char *name, uint32_t ctas, uint32_t threads, uint32_t shared, Handle stream, void **arguments) {
  const Driver *driver;
  Handle function;
  if (const int code = started(&driver)) return code;
  if (const int code = find_function(*driver, name, &function)) return code;
  return check(driver->launch(function, ctas, 1, 1, threads, 1, 1, shared, stream, arguments, nullptr), name);
}

}  // namespace

bool built_in() { return find_driver().built_in; }
uint32_t window() { return find_driver().driver != nullptr ? find_driver().driver->window : 1; }

int started(const Driver **out) {
  const Found &found = find_driver();
  if (found.driver == nullptr) return fail(SK_CUDA, "%s", found.why);
  *out = found.driver;
  return check(found.init, "cuInit");
}

int check(Result result, const char *doing) {
  if (result == 0) return SK_OK;
  const char *name = "unknown error";
  find_driver().driver->error_name(result, &name);
  return fail(SK_CUDA, "%s: %s (%d)", doing, name, result);
}

int device_count(uint32_t *out) {
  *out = 0;
  const Found &found = find_driver();
  if (found.driver == nullptr || found.init == NO_DEVICE) return SK_OK;
  int count = 0;
  if (const int code = check(found.init, "cuInit")) return code;
  if (const int code = check(found.driver->device_count(&count), "cuDeviceGetCount")) return code;
  *out = static_cast<uint32_t>(count);
  return SK_OK;
}

int upload(void *device, const void *host, uint64_t bytes, Handle stream) {
  const Driver *driver;
  if (const int code = started(&driver)) return code;
  return check(driver->upload(reinterpret_cast<uintptr_t>(device), host, bytes, stream), "cuMemcpyHtoDAsync");
}

int sum_parts(uint32_t k, uint32_t s, uint32_t dtype, const CudaPart *parts, uint32_t n, float *partial, Handle stream) {
  char name[64];
  snprintf(name, sizeof name, "tps_%u_%u_%u", k, s, dtype);
  void *arguments[] = {&parts, &partial};
  return launch(name, n, CUDA_THREADS, CUDA_SHARED, stream, arguments);
}

int fold(const float *partial, uint32_t begin, uint32_t end, uint32_t k, double *totals, Handle stream) {
  void *arguments[] = {&partial, &begin, &end, &k, &totals};
  return launch("tps_fold", k / CUDA_FOLD_THREADS, CUDA_FOLD_THREADS, 0, stream, arguments);
}

void forget(Handle context) {
  const std::lock_guard<std::mutex> lock(guard);
  modules.erase(context);
}

}  // namespace gpu
}  // namespace sk

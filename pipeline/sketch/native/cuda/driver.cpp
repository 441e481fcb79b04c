// The NVIDIA driver, loaded at run time: no CUDA toolkit is needed to build against or to install.
#include <dlfcn.h>


#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "../errors.hpp"
#include "../sketch.h"
#include "gpu.hpp"

namespace sk {
namespace gpu {

uint32_t window() { return 1024; }

#if defined(SK_WITH_CUDA)
extern "C" const unsigned char sk_fatbin[];

namespace {

using Result = int;
using Handle = void *;
using Address = unsigned long long;

struct Driver {
  Result (*init)(unsigned);
  Result (*current)(Handle *context);
  Result (*load)(Handle *module, const void *image);
  Result (*function)(Handle *function, Handle module, const char *name);
  Result (*copy)(Address to, const void *from, size_t bytes, Handle stream);
  Result (*launch)(Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Handle stream,
                   void **arguments, void **extra);
  Result (*error_name)(Result, const char **);
};

const Driver *driver() {
  static Driver loaded;
  static const bool good = [] {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == nullptr) return false;
    const auto find = [&](auto &to, const char *name) {
      to = reinterpret_cast<typename std::remove_reference<decltype(to)>::type>(dlsym(library, name));
      return to != nullptr;
    };
    return find(loaded.init, "cuInit") && find(loaded.current, "cuCtxGetCurrent") && find(loaded.load, "cuModuleLoadData") &&
           find(loaded.function, "cuModuleGetFunction") && find(loaded.copy, "cuMemcpyHtoDAsync_v2") && find(loaded.launch, "cuLaunchKernel") &&
           find(loaded.error_name, "cuGetErrorName") && loaded.init(0) == 0;
  }();
  return good ? &loaded : nullptr;
}

// Every result is looked at: a launch that fails must never look like a sketch of zeros.
int check(Result result, const char *doing) {
  if (result == 0) return SK_OK;
  const char *name = "unknown error";
  driver()->error_name(result, &name);
  return fail(SK_CUDA, "%s: %s (%d)", doing, name, result);
}

std::mutex guard;
std::map<Handle, Handle> modules;                           // by context
std::map<std::pair<Handle, std::string>, Handle> functions;  // by context and name

int find_function(const std::string &name, Handle *out) {
  if (driver() == nullptr) return fail(SK_CUDA, "libcuda.so.1: cannot be loaded or found no device");
  Handle context = nullptr;
  if (const int code = check(driver()->current(&context), "cuCtxGetCurrent")) return code;
  if (context == nullptr) return fail(SK_CUDA, "no CUDA context is current on this thread");
  const std::lock_guard<std::mutex> lock(guard);
  Handle &module = modules[context];
  if (module == nullptr)
    if (const int code = check(driver()->load(&module, sk_fatbin), "cuModuleLoadData")) return code;
  Handle &function = functions[{context, name}];
  if (function == nullptr)
    if (const int code = check(driver()->function(&function, module, name.c_str()), name.c_str())) return code;
  *out = function;
  return SK_OK;
}

}  // namespace

bool built_in() { return true; }

int upload(void *device, const void *host, uint64_t bytes, void *stream) {
  if (driver() == nullptr) return fail(SK_CUDA, "libcuda.so.1: cannot be loaded or found no device");
  // Pageable memory is staged before the call returns: the table may go out of scope.
  return check(driver()->copy(reinterpret_cast<Address>(device), host, bytes, stream), "cuMemcpyHtoDAsync");
}

int sum_parts(uint32_t k, uint32_t s, uint32_t dtype, const CudaPart *parts, uint32_t n, float *partial, void *stream) {
  char name[64];
  snprintf(name, sizeof name, "tps_%u_%u_%u", k, s, dtype);
  Handle function;
  if (const int code = find_function(name, &function)) return code;
  void *arguments[] = {&parts, &partial};
  return check(driver()->launch(function, n, 1, 1, CUDA_THREADS, 1, 1, CUDA_SHARED, stream, arguments, nullptr), name);
}

int fold(const float *partial, uint32_t begin, uint32_t end, uint32_t k, double *totals, void *stream) {
  Handle function;
  if (const int code = find_function("tps_fold", &function)) return code;
  void *arguments[] = {&partial, &begin, &end, &k, &totals};
  return check(driver()->launch(function, k / CUDA_FOLD_THREADS, 1, 1, CUDA_FOLD_THREADS, 1, 1, 0, stream, arguments, nullptr), "tps_fold");
}

#else

bool built_in() { return false; }
int upload(void *, const void *, uint64_t, void *) { return fail(SK_CUDA, "built without nvcc"); }
int sum_parts(uint32_t, uint32_t, uint32_t, const CudaPart *, uint32_t, float *, void *) { return fail(SK_CUDA, "built without nvcc"); }
int fold(const float *, uint32_t, uint32_t, uint32_t, double *, void *) { return fail(SK_CUDA, "built without nvcc"); }

#endif

}  // namespace gpu
}  // namespace sk

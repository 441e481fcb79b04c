// The NVIDIA driver, loaded at run time: no CUDA toolkit is needed to build against or to install.
#include "driver.hpp"

#if defined(SK_WITH_CUDA)
#include <dlfcn.h>

#include <type_traits>

extern "C" const unsigned char sk_fatbin[];
#endif

namespace sk {
namespace gpu {

#if defined(SK_WITH_CUDA)

namespace {

struct Symbols {
  void *library;
  bool complete = true;

  template <typename Function>
  void find(Function &to, const char *name) {
    to = reinterpret_cast<Function>(dlsym(library, name));
    complete = complete && to != nullptr;
  }
};

bool find_contexts(Symbols &in, Driver &to) {
  in.find(to.init, "cuInit");
  in.find(to.device_count, "cuDeviceGetCount");
  in.find(to.device, "cuDeviceGet");
  in.find(to.retain, "cuDevicePrimaryCtxRetain");
  in.find(to.release, "cuDevicePrimaryCtxRelease_v2");
  in.find(to.current, "cuCtxGetCurrent");
  in.find(to.push, "cuCtxPushCurrent_v2");
  in.find(to.pop, "cuCtxPopCurrent_v2");
  in.find(to.load, "cuModuleLoadData");
  in.find(to.function, "cuModuleGetFunction");
  in.find(to.error_name, "cuGetErrorName");
  return in.complete;
}

bool find_work(Symbols &in, Driver &to) {
  in.find(to.allocate, "cuMemAlloc_v2");
  in.find(to.free, "cuMemFree_v2");
  in.find(to.allocate_host, "cuMemHostAlloc");
  in.find(to.free_host, "cuMemFreeHost");
  in.find(to.upload, "cuMemcpyHtoDAsync_v2");
  in.find(to.download, "cuMemcpyDtoHAsync_v2");
  in.find(to.new_stream, "cuStreamCreate");
  in.find(to.free_stream, "cuStreamDestroy_v2");
  in.find(to.new_event, "cuEventCreate");
  in.find(to.free_event, "cuEventDestroy_v2");
  in.find(to.record, "cuEventRecord");
  in.find(to.wait, "cuStreamWaitEvent");
  in.find(to.synchronize, "cuEventSynchronize");
  in.find(to.launch, "cuLaunchKernel");
  return in.complete;
}

Found load() {
  static Driver driver;
  Symbols symbols{dlopen("libcuda.so.1", RTLD_NOW)};
  if (symbols.library == nullptr) return {nullptr, true, "libcuda.so.1 cannot be loaded: no NVIDIA driver here", 0};
  if (!find_contexts(symbols, driver) || !find_work(symbols, driver)) return {nullptr, true, "libcuda.so.1 is older than CUDA 11", 0};
  driver.image = sk_fatbin;
  driver.window = 1024;
  driver.stage_bytes = 32u << 20;
  return {&driver, true, "", driver.init(0)};
}

}  // namespace

const Found &find_driver() {
  static const Found found = load();
  return found;
}

#else

const Found &find_driver() {
  static const Found found = {nullptr, false, "this library was built without nvcc", 0};
  return found;
}

#endif

}  // namespace gpu
}  // namespace sk

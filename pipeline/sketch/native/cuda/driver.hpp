// The functions of the NVIDIA driver that are used, with its own signatures. driver.cpp finds them in libcuda at run
// time; emulated-driver.cpp supplies them on the host, so that all the rest runs in tests as it is.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sk {
namespace gpu {

using Result = int;
using Handle = void *;
using Address = unsigned long long;

struct Driver {
  Result (*init)(unsigned);
  Result (*device_count)(int *);
  Result (*device)(int *device, int ordinal);
  Result (*retain)(Handle *context, int device);
  Result (*release)(int device);
  Result (*current)(Handle *context);
  Result (*push)(Handle context);
  Result (*pop)(Handle *context);
  Result (*load)(Handle *module, const void *image);
  Result (*function)(Handle *function, Handle module, const char *name);
  Result (*allocate)(Address *, size_t bytes);
  Result (*free)(Address);
  Result (*allocate_host)(void **, size_t bytes, unsigned flags);
  Result (*free_host)(void *);
  Result (*upload)(Address to, const void *from, size_t bytes, Handle stream);
  Result (*download)(void *to, Address from, size_t bytes, Handle stream);
  Result (*new_stream)(Handle *, unsigned flags);
  Result (*free_stream)(Handle);
  Result (*new_event)(Handle *, unsigned flags);
  Result (*free_event)(Handle);
  Result (*record)(Handle event, Handle stream);
  Result (*wait)(Handle stream, Handle event, unsigned flags);
  Result (*synchronize)(Handle event);
  Result (*launch)(Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Handle stream,
                   void **arguments, void **extra);
  Result (*error_name)(Result, const char **);
  const void *image;     // the device code
  uint32_t window;       // parts under way at once: bounds the workspace; windows follow each other on the stream
  uint64_t stage_bytes;  // gradient per upload; at least a segment of fp32
};

constexpr Result NO_DEVICE = 100;

struct Found {
  const Driver *driver;  // null where there is none
  bool built_in;         // whether device code is in this build
  const char *why;       // it is not there
  Result init;           // what cuInit said
};

// Looked for once. A machine without a driver or a device is no error; a driver that does not start is.
const Found &find_driver();

}  // namespace gpu
}  // namespace sk

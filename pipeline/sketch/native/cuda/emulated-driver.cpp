// The driver's functions on the host, for tests: SK_EMULATE_DEVICES devices (1 when unset), each with memory and streams
// of its own. Stricter than a GPU where it can be: memory starts as rubbish, copies must stay inside what the device
// allocated, and a stream does nothing before someone waits for it, so that a missing wait changes the result.
//
// SK_EMULATE_FAIL=<device>:launch:<n> makes the n-th launch on that device fail, once; <device>:lost:<n> has the device
// fall off the bus in that launch: from then on all it does fails. Counted from when the variable got its value.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "driver.hpp"
#include "emulated.hpp"

namespace sk {
namespace gpu {
namespace {

constexpr Result INVALID_VALUE = 1, INVALID_CONTEXT = 201, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, OUT_OF_RESOURCES = 701;
constexpr int MOST_DEVICES = 16;

struct Device {
  std::map<Address, size_t> memory;
  int retained = 0;
  bool lost = false;
};

struct Stream {
  Device *device;
  std::deque<std::function<void()>> queue;
  uint64_t queued = 0, done = 0;

  void put(std::function<void()> work) {
    queue.push_back(std::move(work));
    queued++;
  }
  void run_until(uint64_t mark) {
    for (; done < mark; done++) {
      const std::function<void()> work = std::move(queue.front());
      queue.pop_front();
      work();
    }
  }
};

struct Event {
  Stream *stream = nullptr;
  uint64_t mark = 0;

  void happen() const {
    if (stream != nullptr) stream->run_until(mark);
  }
};

std::mutex guard;
Device devices[MOST_DEVICES];
std::set<std::string> names;  // of kernels: their addresses are the function handles
thread_local std::vector<Device *> contexts;

// Outside pushed contexts, as for callers of sk_cuda_add, the first device is current.
Device &current_device() { return contexts.empty() ? devices[0] : *contexts.back(); }
Result state() { return current_device().lost ? ILLEGAL_ADDRESS : 0; }

int device_total() {
  const char *text = getenv("SK_EMULATE_DEVICES");
  return text == nullptr ? 1 : std::min(MOST_DEVICES, atoi(text));
}

// A new value of SK_EMULATE_FAIL starts the count anew and heals every device.
struct Failure {
  std::string asked;
  int device = -1, nth = 0, launches = 0;
  char what[8] = "";

  void follow_environment() {
    const char *text = getenv("SK_EMULATE_FAIL");
    if (asked == (text == nullptr ? "" : text)) return;
    asked = text == nullptr ? "" : text;
    launches = 0;
    for (Device &each : devices) each.lost = false;
    if (sscanf(asked.c_str(), "%d:%7[a-z]:%d", &device, what, &nth) != 3) device = -1;
  }
  // Whether the launch that is being made is the one.
  bool hits(const Device &here) {
    follow_environment();
    return device >= 0 && &here == &devices[device] && ++launches == nth;
  }
};

Failure failure;

bool holds(const Device &device, Address at, size_t bytes) {
  const auto after = device.memory.upper_bound(at);
  if (after == device.memory.begin()) return false;
  const auto &block = *std::prev(after);
  return at + bytes <= block.first + block.second;
}

Result init(unsigned) { return 0; }

Result count(int *out) {
  *out = device_total();
  return 0;
}

Result device_of(int *device, int ordinal) {
  *device = ordinal;
  return ordinal < device_total() ? 0 : INVALID_VALUE;
}

Result retain(Handle *context, int device) {
  const std::lock_guard<std::mutex> lock(guard);
  failure.follow_environment();
  if (devices[device].lost) return ILLEGAL_ADDRESS;
  devices[device].retained++;
  *context = &devices[device];
  return 0;
}

Result release(int device) {
  const std::lock_guard<std::mutex> lock(guard);
  return --devices[device].retained >= 0 ? 0 : INVALID_CONTEXT;
}

Result current(Handle *context) {
  *context = &current_device();
  return 0;
}

Result push(Handle context) {
  contexts.push_back(static_cast<Device *>(context));
  return 0;
}

Result pop(Handle *context) {
  if (contexts.empty()) return INVALID_CONTEXT;
  *context = contexts.back();
  contexts.pop_back();
  return 0;
}

Result load(Handle *module, const void *) {
  *module = &current_device();
  return state();
}

Result function(Handle *out, Handle, const char *name) {
  if (!emulated_kernel(name, nullptr)) return NOT_FOUND;
  const std::lock_guard<std::mutex> lock(guard);
  *out = const_cast<std::string *>(&*names.insert(name).first);
  return state();
}

Result allocate(Address *out, size_t bytes) {
  const std::lock_guard<std::mutex> lock(guard);
  void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(memory, 0xA5, bytes);
  *out = reinterpret_cast<uintptr_t>(memory);
  current_device().memory[*out] = bytes;
  return state();
}

Result free_memory(Address at) {
  const std::lock_guard<std::mutex> lock(guard);
  if (current_device().memory.erase(at) == 0) return INVALID_VALUE;
  std::free(reinterpret_cast<void *>(at));
  return 0;
}

Result allocate_host(void **out, size_t bytes, unsigned) {
  *out = std::malloc(bytes);
  memset(*out, 0xA5, bytes);
  return state();
}

Result free_host(void *memory) {
  std::free(memory);
  return 0;
}

// A stream of ours waits until someone waits; the null stream belongs to callers that nobody waits for here.
Result issue(Handle stream, std::function<void()> work) {
  if (stream == nullptr) work();
  else static_cast<Stream *>(stream)->put(std::move(work));
  return state();
}

Result upload(Address to, const void *from, size_t bytes, Handle stream) {
  if (stream != nullptr && !holds(current_device(), to, bytes)) return INVALID_VALUE;
  return issue(stream, [=] { memcpy(reinterpret_cast<void *>(to), from, bytes); });
}

Result download(void *to, Address from, size_t bytes, Handle stream) {
  if (stream != nullptr && !holds(current_device(), from, bytes)) return INVALID_VALUE;
  return issue(stream, [=] { memcpy(to, reinterpret_cast<const void *>(from), bytes); });
}

Result new_stream(Handle *out, unsigned) {
  *out = new Stream{&current_device(), {}};
  return state();
}

Result free_stream(Handle stream) {
  delete static_cast<Stream *>(stream);
  return 0;
}

Result new_event(Handle *out, unsigned) {
  *out = new Event();
  return state();
}

Result free_event(Handle event) {
  delete static_cast<Event *>(event);
  return 0;
}

Result record(Handle event, Handle stream) {
  Stream *on = static_cast<Stream *>(stream);
  *static_cast<Event *>(event) = {on, on->queued};
  return state();
}

Result wait(Handle stream, Handle event, unsigned) {
  return issue(stream, [recorded = *static_cast<Event *>(event)] { recorded.happen(); });
}

Result synchronize(Handle event) {
  static_cast<Event *>(event)->happen();
  return state();
}

Result launch(Handle function, unsigned gx, unsigned, unsigned, unsigned bx, unsigned, unsigned, unsigned shared, Handle stream, void **arguments,
              void **) {
  const std::lock_guard<std::mutex> lock(guard);
  if (const Result failed = state()) return failed;
  const bool hit = failure.hits(current_device());
  if (hit && strcmp(failure.what, "lost") != 0) return OUT_OF_RESOURCES;
  issue(stream, [=, kernel = emulated_kernel(*static_cast<const std::string *>(function), arguments)] { run_emulated(gx, bx, shared, kernel); });
  current_device().lost = current_device().lost || hit;
  return 0;
}

Result error_name(Result result, const char **out) {
  *out = result == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS" : result == OUT_OF_RESOURCES ? "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES" : "CUDA_ERROR";
  return 0;
}

// Small, so that tests cross them.
constexpr uint32_t WINDOW = 8;
constexpr uint64_t STAGE_BYTES = 1u << 20;

}  // namespace

const Found &find_driver() {
  static const Driver driver = {init,        count,      device_of,  retain,    release, current, push, pop,         load,   function,   allocate, free_memory, allocate_host, free_host,
                                upload,      download,   new_stream, free_stream, new_event, free_event, record, wait, synchronize, launch, error_name, nullptr,  WINDOW,      STAGE_BYTES};
  static const Found found = {&driver, true, "", 0};
  return found;
}

}  // namespace gpu
}  // namespace sk

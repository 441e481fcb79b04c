#include "staging.hpp"

#include <cstring>

#include "../errors.hpp"
#include "../sketch.h"

namespace sk {
namespace {

using gpu::Address;
using gpu::check;

constexpr unsigned NON_BLOCKING = 1, SLEEPING_WITHOUT_TIMES = 1 | 2;

template <typename T>
int allocate_device(const gpu::Driver &driver, uint64_t bytes, T **out) {
  Address address = 0;
  if (const int code = check(driver.allocate(&address, bytes), "cuMemAlloc")) return code;
  *out = static_cast<T *>(gpu::pointer(address));
  return SK_OK;
}

template <typename T>
int allocate_host(const gpu::Driver &driver, uint64_t bytes, T **out) {
  return check(driver.allocate_host(reinterpret_cast<void **>(out), bytes, 0), "cuMemHostAlloc");
}

Address address_of(const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); }

void free_stage(const gpu::Driver &driver, const Stage &stage) {
  if (stage.done != nullptr) driver.free_event(stage.done);
  if (stage.stream != nullptr) driver.free_stream(stage.stream);
  if (stage.partial != nullptr) driver.free(address_of(stage.partial));
  if (stage.device != nullptr) driver.free(address_of(stage.device));
  if (stage.host != nullptr) driver.free_host(stage.host);
}

}  // namespace

int Staging::open(uint32_t ordinal, uint32_t k, std::shared_ptr<Staging> *out) {
  uint32_t count = 0;
  const gpu::Driver *driver;
  if (const int code = gpu::device_count(&count)) return code;
  if (const int code = gpu::started(&driver)) return code;
  if (ordinal >= count) return fail(SK_CUDA, "expected a device below %u, found device %u", count, ordinal);
  std::shared_ptr<Staging> staging(new Staging(*driver, ordinal, k));
  if (const int code = staging->retain()) return code;
  const Current current(*staging);
  if (const int code = current.code()) return code;
  if (const int code = staging->allocate()) return code;
  *out = staging;
  return SK_OK;
}

int Staging::retain() {
  if (const int code = check(driver_->device(&device_, static_cast<int>(ordinal_)), "cuDeviceGet")) return code;
  return check(driver_->retain(&context_, device_), "cuDevicePrimaryCtxRetain");
}

int Staging::allocate() {
  for (Stage &stage : stages_)
    if (const int code = allocate_stage(stage)) return code;
  if (const int code = allocate_host(*driver_, k_ * sizeof(double), &totals_host_)) return code;
  return allocate_device(*driver_, k_ * sizeof(double), &totals_device_);
}

int Staging::allocate_stage(Stage &stage) {
  const uint64_t bytes = table_bytes() + driver_->stage_bytes;
  if (const int code = allocate_host(*driver_, bytes, &stage.host)) return code;
  if (const int code = allocate_device(*driver_, bytes, &stage.device)) return code;
  if (const int code = allocate_device(*driver_, uint64_t{driver_->window} * k_ * sizeof(float), &stage.partial)) return code;
  if (const int code = check(driver_->new_stream(&stage.stream, NON_BLOCKING), "cuStreamCreate")) return code;
  return check(driver_->new_event(&stage.done, SLEEPING_WITHOUT_TIMES), "cuEventCreate");
}

Staging::~Staging() {
  if (context_ == nullptr) return;
  {
    const Current current(*this);
    if (current.code() == SK_OK) {
      drain();
      for (const Stage &stage : stages_) free_stage(*driver_, stage);
      if (totals_device_ != nullptr) driver_->free(address_of(totals_device_));
      if (totals_host_ != nullptr) driver_->free_host(totals_host_);
    }
  }
  gpu::forget(context_);
  driver_->release(device_);
}

void Staging::drain() const {
  for (const Stage &stage : stages_)
    if (stage.done != nullptr && driver_->record(stage.done, stage.stream) == 0) driver_->synchronize(stage.done);
}

int Staging::begin(const double *acc) {
  memcpy(totals_host_, acc, k_ * sizeof(double));
  return gpu::upload(totals_device_, totals_host_, k_ * sizeof(double), stages_[0].stream);
}

int Staging::finish(const Stage &last) {
  if (const int code = check(driver_->download(totals_host_, address_of(totals_device_), k_ * sizeof(double), last.stream), "cuMemcpyDtoHAsync")) return code;
  if (const int code = check(driver_->record(last.done, last.stream), "cuEventRecord")) return code;
  return wait(last);
}

}  // namespace sk

// A bound device: its primary context and its memory, allocated once. Two stages take turns: one is filled by the host
// while the other is uploaded and summed.
#pragma once
#include <memory>

#include "gpu.hpp"

namespace sk {

struct Stage {
  char *host = nullptr;     // pinned: the table of parts, then their tiles
  char *device = nullptr;   // the same, there
  float *partial = nullptr; // k sums per part
  gpu::Handle stream = nullptr, done = nullptr;

  CudaPart *table(char *memory) const { return reinterpret_cast<CudaPart *>(memory); }
};

class Staging {
 public:
  static int open(uint32_t ordinal, uint32_t k, std::shared_ptr<Staging> *out);
  Staging(const Staging &) = delete;
  Staging &operator=(const Staging &) = delete;
  ~Staging();

  const gpu::Driver &driver() const { return *driver_; }
  uint32_t ordinal() const { return ordinal_; }
  uint64_t table_bytes() const { return driver_->window * sizeof(CudaPart); }
  const Stage &stage(size_t turn) const { return stages_[turn % 2]; }
  // Totals start as `acc` and come back into `totals`.
  int begin(const double *acc);
  int finish(const Stage &last);
  const double *totals() const { return totals_host_; }
  double *totals_device() const { return totals_device_; }
  // Waits until the stage's memory is free again.
  int wait(const Stage &stage) const { return gpu::check(driver_->synchronize(stage.done), "cuEventSynchronize"); }
  // Afterwards nothing under way touches the memory that the next call fills.
  void drain() const;

 private:
  friend class Current;
  Staging(const gpu::Driver &driver, uint32_t ordinal, uint32_t k) : driver_(&driver), ordinal_(ordinal), k_(k) {}
  int retain();
  int allocate();
  int allocate_stage(Stage &stage);

  const gpu::Driver *driver_;
  uint32_t ordinal_, k_;
  int device_ = 0;
  gpu::Handle context_ = nullptr;
  Stage stages_[2];
  double *totals_host_ = nullptr, *totals_device_ = nullptr;
};

// Makes the device's context current on this thread while it lives.
class Current {
 public:
  explicit Current(const Staging &staging) : driver_(staging.driver()), code_(gpu::check(driver_.push(staging.context_), "cuCtxPushCurrent")) {}
  Current(const Current &) = delete;
  Current &operator=(const Current &) = delete;
  ~Current() {
    gpu::Handle popped;
    if (code_ == 0) driver_.pop(&popped);
  }
  int code() const { return code_; }

 private:
  const gpu::Driver &driver_;
  int code_;
};

}  // namespace sk

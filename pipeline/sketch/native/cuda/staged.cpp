#include "staged.hpp"

#include <cstring>
#include <string>

#include "../engine.hpp"
#include "../errors.hpp"
#include "../floats.hpp"
#include "../modes.hpp"
#include "staging.hpp"

namespace sk {
namespace {

// Parts that go up together, and where each part's tiles lie behind the table.
struct Chunk {
  std::vector<Part> parts;
  std::vector<uint64_t> at;
  uint64_t bytes = 0;

  bool fits(const Part &part, const gpu::Driver &driver) const {
    return parts.size() < driver.window && bytes + bytes_of(part) <= driver.stage_bytes;
  }
  void put(const Part &part) {
    parts.push_back(part);
    at.push_back(bytes);
    bytes += bytes_of(part);
  }
  static uint64_t bytes_of(const Part &part) { return part.tiles() * TILE * width_of(part.dtype()); }
};

class Source {
 public:
  explicit Source(const std::vector<Run> &runs) : parts_(runs), more_(parts_.take(&next_)) {}
  // An empty chunk: there are no more.
  Chunk take(const gpu::Driver &driver) {
    Chunk chunk;
    for (; more_ && chunk.fits(next_, driver); more_ = parts_.take(&next_)) chunk.put(next_);
    return chunk;
  }

 private:
  Parts parts_;
  Part next_ = {};
  bool more_;
};

CudaPart staged_part(const Part &part, const char *tiles) {
  const uint64_t start = part.first_tile() * TILE, count = part.tiles() * TILE;
  return {tiles, start, start + count, start, count, count, count, part.run->key};
}

void fill(const sk_ctx &ctx, const Chunk &chunk, const Stage &stage, uint64_t table_bytes, sk_stats *stats) {
  std::vector<PartSums> measured(chunk.parts.size());
  on_threads(ctx, chunk.parts.size(), [&](size_t i, Scratch &scratch) {
    stage.table(stage.host)[i] = staged_part(chunk.parts[i], stage.device + table_bytes + chunk.at[i]);
    stage_part(ctx, chunk.parts[i], scratch, stats != nullptr, stage.host + table_bytes + chunk.at[i], measured[i]);
  });
  if (stats == nullptr) return;
  for (size_t i = 0; i < chunk.parts.size(); i++) fold_measure(chunk.parts[i], measured[i], *stats);
}

// Parts of one dtype go out in one launch.
int sum_chunk(const sk_ctx &ctx, const Chunk &chunk, const Stage &stage) {
  const size_t n = chunk.parts.size();
  for (size_t at = 0; at < n;) {
    size_t end = at;
    while (end < n && chunk.parts[end].dtype() == chunk.parts[at].dtype()) end++;
    const CudaPart *parts = stage.table(stage.device) + at;
    float *sums = stage.partial + at * ctx.shape.k;
    if (const int code = gpu::sum_parts(ctx.shape.k, ctx.shape.s, chunk.parts[at].dtype(), parts, static_cast<uint32_t>(end - at), sums, stage.stream))
      return code;
    at = end;
  }
  return SK_OK;
}

// `before`: the stage whose sums must have been added first; null for the first chunk.
int send(const sk_ctx &ctx, Staging &device, const Chunk &chunk, const Stage &stage, const Stage *before) {
  const gpu::Driver &driver = device.driver();
  if (const int code = gpu::upload(stage.device, stage.host, device.table_bytes() + chunk.bytes, stage.stream)) return code;
  if (const int code = sum_chunk(ctx, chunk, stage)) return code;
  if (before != nullptr)
    if (const int code = gpu::check(driver.wait(stage.stream, before->done, 0), "cuStreamWaitEvent")) return code;
  const uint32_t n = static_cast<uint32_t>(chunk.parts.size());
  if (const int code = gpu::fold(stage.partial, 0, n, ctx.shape.k, device.totals_device(), stage.stream)) return code;
  return gpu::check(driver.record(stage.done, stage.stream), "cuEventRecord");
}

int add_chunks(const sk_ctx &ctx, Staging &device, const double *acc, sk_stats *stats, const std::vector<Run> &runs) {
  Source source(runs);
  const Stage *before = nullptr;
  if (const int code = device.begin(acc)) return code;
  for (size_t turn = 0;; turn++) {
    const Stage &stage = device.stage(turn);
    const Chunk chunk = source.take(device.driver());
    if (chunk.parts.empty()) return device.finish(before != nullptr ? *before : stage);
    if (const int code = device.wait(stage)) return code;
    fill(ctx, chunk, stage, device.table_bytes(), stats);
    if (const int code = send(ctx, device, chunk, stage, before)) return code;
    before = &stage;
  }
}

// Drains the device however its scope is left.
struct Drained {
  const Staging &device;
  ~Drained() { device.drain(); }
};

// What failed, and on which device.
int named(uint32_t ordinal, int code) { return code == SK_OK ? code : fail(code, "cuda:%u: %s", ordinal, std::string(sk_last_error()).c_str()); }

int add_on(const sk_ctx &ctx, Staging &device, double *acc, sk_stats *stats, const std::vector<Run> &runs) {
  const Modes modes;
  const Current current(device);
  if (const int code = current.code()) return code;
  const Drained drained{device};
  sk_stats measured = stats != nullptr ? *stats : sk_stats{};
  if (const int code = add_chunks(ctx, device, acc, stats != nullptr ? &measured : nullptr, runs)) return code;
  memcpy(acc, device.totals(), ctx.shape.k * sizeof(double));
  if (stats != nullptr) *stats = measured;
  return SK_OK;
}

// More than a segment of every dtype, on the device and here.
int check_bits(sk_ctx &ctx) {
  std::vector<float> wide(SEGMENT + TILE + 5);
  std::vector<uint16_t> narrow(wide.size());
  for (uint32_t i = 0; i < wide.size(); i++) {
    wide[i] = static_cast<float>(static_cast<int32_t>(fmix32(i))) * 0x1p-31f;
    narrow[i] = static_cast<uint16_t>(fmix32(i) & 0xbfff);
  }
  std::vector<Run> runs(3);
  for (uint32_t dtype = 0; dtype < 3; dtype++) {
    const void *values = dtype == SK_F32 ? static_cast<const void *>(wide.data()) : narrow.data();
    const sk_piece piece = {values, 0, 0, wide.size(), 0, 0, dtype, SK_HOST};
    if (const int code = make_run(ctx, Key{7, 9 + dtype}, piece, nullptr, nullptr, 0, dtype, &runs[dtype])) return code;
  }
  std::vector<double> there(ctx.shape.k), here(ctx.shape.k);
  if (const int code = add_on(ctx, *ctx.device, there.data(), nullptr, runs)) return code;
  std::shared_ptr<Staging> device;
  device.swap(ctx.device);
  const int code = add_runs(ctx, here.data(), nullptr, runs);
  device.swap(ctx.device);
  if (code != SK_OK) return code;
  return memcmp(there.data(), here.data(), here.size() * sizeof(double)) == 0 ? SK_OK : fail(SK_CUDA, "wrong bits: the device's sums are not the processor's");
}

}  // namespace

int bind_device(sk_ctx &ctx, uint32_t ordinal) {
  std::shared_ptr<Staging> before = ctx.device;
  int code = Staging::open(ordinal, ctx.shape.k, &ctx.device);
  if (code == SK_OK) code = check_bits(ctx);
  if (code != SK_OK) ctx.device = before;
  return named(ordinal, code);
}

int add_staged(const sk_ctx &ctx, double *acc, sk_stats *stats, const std::vector<Run> &runs) {
  return named(ctx.device->ordinal(), add_on(ctx, *ctx.device, acc, stats, runs));
}

}  // namespace sk

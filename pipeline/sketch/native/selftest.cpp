// The golden hashes of SPEC.md on every kernel this processor has.
#include <vector>

#include "context.hpp"
#include "errors.hpp"
#include "sha256.hpp"

namespace sk {
namespace {

struct Golden {
  uint32_t k, s;
  const char *sha;
};

const Golden GOLDENS[] = {
    {512, 4, "34ae0730b6b9920a0a08b291d7f73b81d38cf48acdf6791706075b6ba9b6beb1"},
    {512, 2, "8ed9493d67c44eba42b00b15d286a42babe6eeb2e5102447cf67703a48478ca0"},
    {4096, 2, "abb66ecd1f4df5584f67c5d658d5a2a228b3a609eb8459e303b66dd7e58e496c"},
    {4096, 4, "f7d1c2e13be7eeb8920da5c95b3fc2e7f4ed8c076a778255f33af5b46889aaf1"},
    {8192, 2, "d772a8202910b85628ee75fa9ab1203156210c044e9a26b4e3d8d1c5e02df671"},
    {8192, 4, "038d89179d03d3f1960ba4549ab7494e8158ab30f56952821d8e315e7b547fc8"},
};

std::vector<float> golden_input() {
  std::vector<float> values(96 * TILE);
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<float>(static_cast<int32_t>(static_cast<uint32_t>(i) * 2654435761u)) * 0x1p-31f;
  return values;
}

// What is wrong with a kernel: empty, or its first wrong golden.
std::string fault(const Kernel &kernel, const std::vector<float> &values) {
  for (const Golden &golden : GOLDENS) {
    sk_ctx ctx = {{SK_ABI, SK_ALGO, 0, golden.k, golden.s, 1, kernel.isa}, {golden.k, golden.s, TILE * golden.s / golden.k}, &kernel, {}, {}};
    ctx.scratch.emplace_back(new Scratch());
    std::vector<Run> runs(1);
    const sk_piece piece = {values.data(), 0, 0, values.size(), 0, 0, SK_F32, SK_HOST};
    std::vector<double> acc(golden.k);
    if (make_run(ctx, Key{7, 9}, piece, nullptr, nullptr, 0, 0, &runs[0]) || add_runs(ctx, acc.data(), nullptr, runs)) return sk_last_error();
    const std::string found = sha256_hex(acc.data(), acc.size() * sizeof(double));
    if (found != golden.sha)
      return std::string(kernel.name) + " at k=" + std::to_string(golden.k) + " s=" + std::to_string(golden.s) + " (sha256 " + found.substr(0, 16) +
             ", expected " + std::string(golden.sha).substr(0, 16) + ")";
  }
  return "";
}

}  // namespace

int selftest() {
  const std::vector<float> values = golden_input();
  const Kernel *here[4];
  const size_t n = kernels_here(here, 4);
  std::string faults;
  for (size_t i = 0; i < n; i++) {
    const std::string found = fault(*here[i], values);
    if (!found.empty()) faults += (faults.empty() ? "" : ", ") + found;
  }
  return faults.empty() ? SK_OK : fail(SK_SELFTEST, "wrong bits: %s", faults.c_str());
}

}  // namespace sk

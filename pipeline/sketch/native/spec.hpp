// The specification's integers (SPEC.md), shared by every kernel, host and device. Everything here is `static`:
// each translation unit keeps its own copy, so one built for AVX-512 never leaks into another.
#pragma once
#include <cstddef>
#include <cstdint>
#ifdef __CUDACC__
#define SK_BOTH __host__ __device__
#else
#define SK_BOTH
#endif

namespace sk {

constexpr uint32_t BLOCK = 64;           // lanes that share a slot
constexpr uint32_t TILE = 4096;          // 64 blocks
constexpr uint64_t SEGMENT = 32 * TILE;  // summed in fp32
constexpr uint32_t TAG_WORDS = 0x53414d32u, TAG_SLOTS = 0x53414d31u, GOLDEN = 0x9E3779B9u;

struct Key {
  uint32_t k0, k1;
};

static inline uint64_t mix64(uint64_t value) {
  uint64_t z = value + 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

static inline uint64_t name_hash(const char *utf8, size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ static_cast<unsigned char>(utf8[i])) * 0x100000001b3ull;
  return hash;
}

static inline Key tensor_key(uint64_t seed, uint64_t hash) {
  const uint64_t key = mix64(mix64(seed) ^ hash);
  return {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
}

SK_BOTH static inline uint32_t fmix32(uint32_t h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

SK_BOTH static inline void philox(uint32_t c[4], Key key) {
  for (int round = 0; round < 10; round++) {
    const uint64_t a = static_cast<uint64_t>(c[0]) * 0xD2511F53u, b = static_cast<uint64_t>(c[2]) * 0xCD9E8D57u;
    c[0] = static_cast<uint32_t>(b >> 32) ^ c[1] ^ key.k0;
    c[1] = static_cast<uint32_t>(b);
    c[2] = static_cast<uint32_t>(a >> 32) ^ c[3] ^ key.k1;
    c[3] = static_cast<uint32_t>(a);
    key.k0 += 0x9E3779B9u;
    key.k1 += 0xBB67AE85u;
  }
}

// Four words that seed the tile's sign and lane words.
SK_BOTH static inline void tile_words(uint64_t tile, Key key, uint32_t out[4]) {
  out[0] = static_cast<uint32_t>(tile);
  out[1] = static_cast<uint32_t>(tile >> 32);
  out[2] = 0;
  out[3] = TAG_WORDS;
  philox(out, key);
}

// Two words per copy for the slot permutation; this gives copies 2*pair and 2*pair + 1.
SK_BOTH static inline void slot_words(uint64_t tile, Key key, uint32_t pair, uint32_t out[4]) {
  out[0] = static_cast<uint32_t>(tile);
  out[1] = static_cast<uint32_t>(tile >> 32);
  out[2] = 64 + pair;
  out[3] = TAG_SLOTS;
  philox(out, key);
}

SK_BOTH static inline uint32_t block_in_slot(uint32_t x, uint32_t p, uint32_t q) {
  x = (x * ((p & 63) | 1) + (p >> 6)) & 63;
  x ^= x >> 3;
  x = (x * (((p >> 12) & 63) | 1) + (p >> 18)) & 63;
  x ^= x >> 3;
  x = (x * ((q & 63) | 1) + (q >> 6)) & 63;
  x ^= x >> 3;
  return (x * (((q >> 12) & 63) | 1) + (q >> 18)) & 63;
}

// Where the six mask bits of copy r sit in its word (word 2 for r < 5, word 3 after).
SK_BOTH static inline uint32_t lane_shift(uint32_t r) { return 6 * (r < 5 ? r : r - 5); }

}  // namespace sk

// Reads gradients from safetensors files: mapped, headers checked before any value is touched.
#include "safetensors.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "errors.hpp"
#include "floats.hpp"
#include "json.hpp"

namespace sk {
namespace {

constexpr uint64_t LONGEST_HEADER = 100u << 20;

class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping &&other) noexcept : data_(other.data_), bytes_(other.bytes_) { other.data_ = nullptr; }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;
  ~Mapping() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }
  const char *data() const { return static_cast<const char *>(data_); }
  uint64_t bytes() const { return bytes_; }

  int open(const char *path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail(SK_FILE, "%s: cannot open: %s", path, strerror(errno));
    struct stat status;
    const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    bytes_ = regular ? static_cast<uint64_t>(status.st_size) : 0;
    if (bytes_ >= 8) {
      void *mapped = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
      if (mapped != MAP_FAILED) data_ = mapped;
    }
    close(file);
    if (!regular) return fail(SK_FILE, "%s: not a regular file", path);
    if (bytes_ < 8) return fail(SK_FORMAT, "%s: header: expected 8 bytes of length, found %llu bytes", path, static_cast<unsigned long long>(bytes_));
    if (data_ == nullptr) return fail(SK_FILE, "%s: cannot map: %s", path, strerror(errno));
    madvise(data_, bytes_, MADV_SEQUENTIAL);
    return SK_OK;
  }

 private:
  void *data_ = nullptr;
  uint64_t bytes_ = 0;
};

struct Tensor {
  std::string name;
  sk_piece piece;
  uint64_t full;  // elements of the whole tensor
  uint64_t begin, end;
};

struct File {
  std::string path;
  Mapping mapping;
  std::vector<Tensor> tensors;  // by ascending name

  const Tensor *find(const std::string &name) const {
    const auto at = std::lower_bound(tensors.begin(), tensors.end(), name, [](const Tensor &t, const std::string &n) { return t.name < n; });
    return at != tensors.end() && at->name == name ? &*at : nullptr;
  }
};

int wrong(const File &file, const std::string &field, const std::string &expected) {
  return fail(SK_FORMAT, "%s: %s: expected %s", file.path.c_str(), field.c_str(), expected.c_str());
}

bool product(const Json *shape, uint64_t *out) {
  if (shape == nullptr || shape->kind != Json::ARRAY) return false;
  *out = 1;
  for (const Json &item : shape->items) {
    uint64_t side;
    if (!item.to_integer(&side) || __builtin_mul_overflow(*out, side, out)) return false;
  }
  return true;
}

int read_tensor(const File &file, const char *data, uint64_t data_bytes, const std::string &name, const Json &entry, Tensor *out) {
  const std::string field = "tensor '" + name + "'";
  const Json *dtype = entry.find("dtype"), *offsets = entry.find("data_offsets");
  static const char *const dtypes[] = {"F32", "BF16", "F16"};
  uint32_t code = 0;
  while (code < 3 && (dtype == nullptr || dtype->text != dtypes[code])) code++;
  if (code == 3) return wrong(file, field + ".dtype", "F32, BF16 or F16, found " + (dtype ? dtype->text : "nothing"));
  uint64_t count;
  if (!product(entry.find("shape"), &count)) return wrong(file, field + ".shape", "a list of sizes");
  const bool pair = offsets != nullptr && offsets->items.size() == 2 && offsets->items[0].to_integer(&out->begin) && offsets->items[1].to_integer(&out->end);
  if (!pair || out->begin > out->end || out->end > data_bytes) return wrong(file, field + ".data_offsets", "a range inside the file");
  if ((out->end - out->begin) / width_of(code) != count || (out->end - out->begin) % width_of(code) != 0)
    return wrong(file, field + ".data_offsets", "as many bytes as shape and dtype say");
  out->name = name;
  out->full = count;
  out->piece = {data + out->begin, name_hash(name.data(), name.size()), 0, count, 0, 0, code, SK_HOST};
  return SK_OK;
}

int read_cut(const File &file, const Json &cut, Tensor *tensor) {
  const std::string field = "__metadata__.pieces['" + tensor->name + "']";
  sk_piece &piece = tensor->piece;
  const auto integer = [&](const char *key, uint64_t *to) {
    const Json *value = cut.find(key);
    return value == nullptr || value->to_integer(to);
  };
  if (!integer("offset", &piece.offset)) return wrong(file, field + ".offset", "an element index");
  if (!integer("row_len", &piece.row_len) || !integer("row_stride", &piece.row_stride)) return wrong(file, field + ".row_len, row_stride", "element counts");
  if (!product(cut.find("full_shape"), &tensor->full)) return wrong(file, field + ".full_shape", "a list of sizes");
  uint64_t end = piece.count;
  if (piece.row_len != 0 && piece.row_len < piece.count) {
    const uint64_t rows = (piece.count + piece.row_len - 1) / piece.row_len;
    if (piece.row_stride < piece.row_len || __builtin_mul_overflow(rows - 1, piece.row_stride, &end))
      return wrong(file, field + ".row_stride", "at least row_len");
    end += piece.count - (rows - 1) * piece.row_len;
  }
  if (piece.count != 0 && (__builtin_add_overflow(end, piece.offset, &end) || end > tensor->full))
    return wrong(file, field + ".offset", "a piece inside full_shape");
  return SK_OK;
}

int read_cuts(File &file, const Json &metadata) {
  const Json *pieces = metadata.find("pieces");
  if (pieces == nullptr) return SK_OK;
  Json cuts;
  std::string why;
  if (!parse_json(pieces->text.data(), pieces->text.size(), &cuts, &why) || cuts.kind != Json::OBJECT)
    return wrong(file, "__metadata__.pieces", "a JSON object in a string, found: " + why);
  for (const auto &cut : cuts.members) {
    Tensor *tensor = const_cast<Tensor *>(file.find(cut.first));
    if (tensor == nullptr) return wrong(file, "__metadata__.pieces", "tensors of this file, found '" + cut.first + "'");
    if (const int code = read_cut(file, cut.second, tensor)) return code;
  }
  return SK_OK;
}

int read_metadata(File &file, const Json *metadata) {
  if (metadata == nullptr) return SK_OK;
  if (metadata->kind != Json::OBJECT) return wrong(file, "__metadata__", "an object");
  for (const auto &member : metadata->members)
    if (member.second.kind != Json::STRING) return wrong(file, "__metadata__." + member.first, "a string");
  const Json *contract = metadata->find("sk.contract");
  if (contract != nullptr && contract->text != "socratic-grad/1") return wrong(file, "__metadata__.sk.contract", "socratic-grad/1, found " + contract->text);
  return read_cuts(file, *metadata);
}

int check_no_holes(const File &file, uint64_t data_bytes) {
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (const Tensor &tensor : file.tensors) ranges.emplace_back(tensor.begin, tensor.end);
  std::sort(ranges.begin(), ranges.end());
  uint64_t at = 0;
  for (const auto &range : ranges) {
    if (range.first != at) return wrong(file, "data_offsets", "tensors one after another, found a gap or an overlap at byte " + std::to_string(at));
    at = range.second;
  }
  if (at != data_bytes) return wrong(file, "data", std::to_string(at) + " bytes, found " + std::to_string(data_bytes));
  return SK_OK;
}

int read_file(const char *path, File *file) {
  file->path = path;
  if (const int code = file->mapping.open(path)) return code;
  uint64_t length = 0;
  for (int i = 7; i >= 0; i--) length = length << 8 | static_cast<unsigned char>(file->mapping.data()[i]);
  if (length > LONGEST_HEADER || length > file->mapping.bytes() - 8) return wrong(*file, "header", "a length inside the file, found " + std::to_string(length));
  Json header;
  std::string why;
  if (!parse_json(file->mapping.data() + 8, length, &header, &why) || header.kind != Json::OBJECT) return wrong(*file, "header", "a JSON object: " + why);
  const char *data = file->mapping.data() + 8 + length;
  const uint64_t data_bytes = file->mapping.bytes() - 8 - length;
  for (const auto &member : header.members) {
    if (member.first == "__metadata__") continue;
    file->tensors.emplace_back();
    if (const int code = read_tensor(*file, data, data_bytes, member.first, member.second, &file->tensors.back())) return code;
  }
  std::sort(file->tensors.begin(), file->tensors.end(), [](const Tensor &a, const Tensor &b) { return a.name < b.name; });
  if (const int code = check_no_holes(*file, data_bytes)) return code;
  return read_metadata(*file, header.find("__metadata__"));
}

// References of one tensor: whole tensors of the same name and size in every reference file.
int find_refs(const File &file, const Tensor &tensor, const std::vector<File> &others, sk_ref *out) {
  for (size_t r = 0; r < others.size(); r++) {
    const Tensor *other = others[r].find(tensor.name);
    if (other == nullptr) return wrong(others[r], "tensor '" + tensor.name + "'", "to be there: " + file.path + " has it");
    if (other->full != tensor.full || other->piece.count != other->full)
      return wrong(others[r], "tensor '" + tensor.name + "'", "a whole tensor of " + std::to_string(tensor.full) + " values");
    out[r] = {other->piece.ptr, 0, other->full, other->piece.dtype, 0};
  }
  return SK_OK;
}

}  // namespace

int add_safetensors(sk_ctx &ctx, double *acc, sk_stats *stats, const char *path, const char *const *ref_paths, size_t nref) {
  File file;
  if (const int code = read_file(path, &file)) return code;
  std::vector<File> others(nref);
  for (size_t r = 0; r < nref; r++)
    if (const int code = read_file(ref_paths[r], &others[r])) return code;
  std::vector<sk_ref> refs(file.tensors.size() * nref);
  std::vector<Run> runs(file.tensors.size());
  for (size_t i = 0; i < runs.size(); i++) {
    const Tensor &tensor = file.tensors[i];
    if (const int code = find_refs(file, tensor, others, refs.data() + i * nref)) return code;
    const Key key = tensor_key(ctx.cfg.seed, tensor.piece.name_hash);
    if (const int code = make_run(ctx, key, tensor.piece, nullptr, refs.data() + i * nref, nref, i, &runs[i])) return code;
  }
  return add_runs(ctx, acc, stats, runs);
}

}  // namespace sk

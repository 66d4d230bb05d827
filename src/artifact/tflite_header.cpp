#include <algorithm>
#include <cstring>

#include "artifact/readers.h"
#include "base/work_count.h"

namespace modelport {

namespace {

// Field numbers of LiteRT's schema.fbs, in the order of the tables' declarations.
constexpr size_t kModelSubgraphs = 2, kModelDescription = 3, kModelBuffers = 4;
constexpr size_t kBufferData = 0, kBufferOffset = 1, kBufferSize = 2;
constexpr size_t kGraphTensors = 0, kGraphInputs = 1, kGraphOutputs = 2;
constexpr size_t kTensorShape = 0, kTensorType = 1, kTensorName = 3, kTensorShapeSignature = 7;

constexpr std::string_view kIdentifier = "TFL3";
constexpr uint64_t kIdentifierOffset = 4;
constexpr uint32_t kMaxValues = 4096;
constexpr uint32_t kMaxRank = 64;
constexpr uint32_t kMaxText = 65536;
constexpr uint32_t kMaxBuffers = 1 << 20;

/// TensorType, by its number.
constexpr std::string_view kTensorTypes[] = {
    "float32", "float16",    "int32",  "uint8",    "int64",   "string", "bool",   "int16", "complex64", "int8",
    "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4",  "bfloat16"};

/// Where a table, vector or string begins.
using Position = uint64_t;

/// A flatbuffer read by its own offsets (flatbuffers.dev, "Internals"); every read is checked against the file.
class Flatbuffer {
 public:
  explicit Flatbuffer(std::span<const std::byte> file) : file_(file), text_left_(kTextPerByte * file.size()) {}

  template <class T>
  Result<T> value(Position at) const {
    count_work();
    if (at > file_.size() || file_.size() - at < sizeof(T))
      return fail(ErrorCode::kDamaged, "offset {} leads beyond the file's {} bytes", at, file_.size());
    T read;
    std::memcpy(&read, file_.data() + at, sizeof read);
    return read;
  }
  /// What the offset at this position leads to.
  Result<Position> follow(Position at) const {
    TRY(offset, value<uint32_t>(at));
    return at + offset;
  }
  /// Where a field of a table lies; 0 where it has its default.
  Result<Position> field(Position table, size_t number) const {
    TRY(back, value<int32_t>(table));
    const auto vtable = static_cast<int64_t>(table) - back;
    if (vtable < 0) return fail(ErrorCode::kDamaged, "the table at {} has no vtable", table);
    TRY(size, value<uint16_t>(static_cast<Position>(vtable)));
    const uint64_t slot = 4 + 2 * number;
    if (slot + 2 > size) return Position{0};
    TRY(offset, value<uint16_t>(static_cast<Position>(vtable) + slot));
    return offset == 0 ? Position{0} : table + offset;
  }
  /// The vector, string or table in a field; 0 where it is absent.
  Result<Position> child(Position table, size_t number) const {
    TRY(at, field(table, number));
    return at == 0 ? Result<Position>(Position{0}) : follow(at);
  }
  /// Texts may be shared; together they are bounded by the file.
  Result<std::string> text(Position at) {
    TRY(length, value<uint32_t>(at));
    if (length > kMaxText) return fail(ErrorCode::kHostile, "a text of {} bytes at {}", length, at);
    if (file_.size() - at - 4 < length) return fail(ErrorCode::kDamaged, "the text at {} leads beyond the file", at);
    if (length > text_left_) return fail(ErrorCode::kHostile, "the text at {} is used over and over", at);
    text_left_ -= length;
    count_work(length);
    return std::string(reinterpret_cast<const char*>(file_.data()) + at + 4, length);
  }
  Result<std::vector<int64_t>> integers(Position at, uint32_t most) const {
    std::vector<int64_t> numbers;
    TRY(length, value<uint32_t>(at));
    if (length > most) return fail(ErrorCode::kHostile, "a list of {} numbers at {}, at most {}", length, at, most);
    for (uint32_t i = 0; i < length; ++i) {
      TRY(number, value<int32_t>(at + 4 + uint64_t{4} * i));
      numbers.push_back(number);
    }
    return numbers;
  }
  Status check_extent(uint64_t offset, uint64_t size) const {
    if (offset <= file_.size() && file_.size() - offset >= size) return {};
    return fail(ErrorCode::kDamaged, "weights of {} bytes at {} lead beyond the file's {} bytes", size, offset,
                file_.size());
  }
  Result<uint32_t> length(Position vector) const { return value<uint32_t>(vector); }
  /// The table at this place of a vector of tables.
  Result<Position> element(Position vector, uint64_t index) const {
    TRY(length, value<uint32_t>(vector));
    if (index >= length) return fail(ErrorCode::kDamaged, "element {} of the {} at {}", index, length, vector);
    return follow(vector + 4 + 4 * index);
  }

 private:
  static constexpr uint64_t kTextPerByte = 4;

  std::span<const std::byte> file_;
  uint64_t text_left_;
};

Result<DeclaredTensor> read_tensor(Flatbuffer& file, Position table) {
  DeclaredTensor tensor;
  TRY(name, file.child(table, kTensorName));
  if (name != 0) {
    TRY(text, file.text(name));
    tensor.name = std::move(text);
  }
  TRY(type_at, file.field(table, kTensorType));
  uint8_t type = 0;
  if (type_at != 0) {
    TRY(number, file.value<uint8_t>(type_at));
    type = number;
  }
  tensor.dtype = type < std::size(kTensorTypes) ? std::string(kTensorTypes[type]) : fmt::format("type {}", type);
  // The signature has -1 where the shape has the size that the file was made with.
  for (const size_t number : {kTensorShapeSignature, kTensorShape}) {
    TRY(shape, file.child(table, number));
    if (shape == 0 || tensor.dims) continue;
    TRY(sizes, file.integers(shape, kMaxRank));
    if (number == kTensorShapeSignature && sizes.empty()) continue;
    if (std::ranges::any_of(sizes, [](int64_t size) { return size < kDynamicSize; }))
      return fail(ErrorCode::kDamaged, "{} has a negative size", tensor.name);
    tensor.dims = std::move(sizes);
  }
  return tensor;
}

Result<std::vector<DeclaredTensor>> read_tensors(Flatbuffer& file, Position graph, size_t which) {
  std::vector<DeclaredTensor> tensors;
  TRY(list, file.child(graph, which));
  if (list == 0) return tensors;
  TRY(numbers, file.integers(list, kMaxValues));
  TRY(all, file.child(graph, kGraphTensors));
  if (all == 0) return fail(ErrorCode::kDamaged, "the subgraph has no tensors");
  for (const int64_t number : numbers) {
    if (number < 0) return fail(ErrorCode::kDamaged, "tensor {} is an input or output", number);
    TRY(table, file.element(all, static_cast<uint64_t>(number)));
    TRY(tensor, read_tensor(file, table));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// Whether every buffer lies in the file: inside the flatbuffer, or behind it where it is told by offset and size.
Status check_buffers(const Flatbuffer& file, Position model) {
  TRY(buffers, file.child(model, kModelBuffers));
  if (buffers == 0) return {};
  TRY(count, file.length(buffers));
  if (count > kMaxBuffers) return fail(ErrorCode::kHostile, "{} buffers, at most {}", count, kMaxBuffers);
  for (uint32_t i = 0; i < count; ++i) {
    TRY(buffer, file.element(buffers, i));
    TRY(data, file.child(buffer, kBufferData));
    if (data != 0) {
      TRY(length, file.length(data));
      CHECK_OK(file.check_extent(data + sizeof length, length));
    }
    TRY(offset_at, file.field(buffer, kBufferOffset));
    TRY(size_at, file.field(buffer, kBufferSize));
    if (offset_at == 0 || size_at == 0) continue;
    TRY(offset, file.value<uint64_t>(offset_at));
    TRY(size, file.value<uint64_t>(size_at));
    CHECK_OK(file.check_extent(offset, size));
  }
  return {};
}

}  // namespace

Result<ArtifactHeader> read_tflite_header(std::span<const std::byte> bytes) {
  Flatbuffer file(bytes);
  if (bytes.size() < kIdentifierOffset + kIdentifier.size() ||
      std::memcmp(bytes.data() + kIdentifierOffset, kIdentifier.data(), kIdentifier.size()) != 0)
    return fail(ErrorCode::kDamaged, "it is no TFLite model: bytes 4 to 7 are not \"TFL3\"");
  ArtifactHeader header;
  TRY(model, file.follow(0));
  TRY(description, file.child(model, kModelDescription));
  if (description != 0) {
    TRY(text, file.text(description));
    header.facts.emplace_back("description", std::move(text));
  }
  TRY(graphs, file.child(model, kModelSubgraphs));
  if (graphs == 0) return fail(ErrorCode::kDamaged, "the model has no subgraphs");
  TRY(graph, file.element(graphs, 0));
  TRY(inputs, read_tensors(file, graph, kGraphInputs));
  TRY(outputs, read_tensors(file, graph, kGraphOutputs));
  if (outputs.empty()) return fail(ErrorCode::kDamaged, "the model has no outputs");
  CHECK_OK(check_buffers(file, model));
  header.inputs = std::move(inputs);
  header.outputs = std::move(outputs);
  return header;
}

}  // namespace modelport

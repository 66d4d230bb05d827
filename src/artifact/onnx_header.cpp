#include <algorithm>
#include <set>
#include <utility>

#include "artifact/protobuf.h"
#include "artifact/readers.h"
#include "base/work_count.h"

namespace modelport {

namespace {

// Field numbers of onnx.proto3.
constexpr uint32_t kModelIrVersion = 1, kModelGraph = 7, kModelMetadata = 14;
constexpr uint32_t kModelProducer = 2, kModelProducerVersion = 3;
constexpr uint32_t kGraphInitializer = 5, kGraphInput = 11, kGraphOutput = 12;
constexpr uint32_t kTensorName = 8, kTensorExternalData = 13;
constexpr uint32_t kEntryKey = 1, kEntryValue = 2;
constexpr uint32_t kValueName = 1, kValueType = 2;
constexpr uint32_t kTypeTensor = 1, kTensorElementType = 1, kTensorShape = 2;
constexpr uint32_t kShapeDimension = 1, kDimensionSize = 1;

constexpr size_t kMaxValues = 4096;
constexpr size_t kMaxRank = 64;

struct ElementType {
  int64_t number;  ///< TensorProto.DataType
  std::string_view name;
};
constexpr ElementType kElementTypes[] = {
    {1, "float32"}, {2, "uint8"}, {3, "int8"},     {4, "uint16"},   {5, "int16"},   {6, "int32"},   {7, "int64"},
    {8, "string"},  {9, "bool"},  {10, "float16"}, {11, "float64"}, {12, "uint32"}, {13, "uint64"}, {16, "bfloat16"},
};

std::string element_type(int64_t number) {
  const auto row = std::ranges::find(kElementTypes, number, &ElementType::number);
  return row == std::end(kElementTypes) ? fmt::format("type {}", number) : std::string(row->name);
}

/// Calls `use` with every field of the message in `field`.
template <class Use>
Status each_field(const ProtobufField& field, Use use) {
  TRY(reader, ProtobufReader::inside(field));
  while (!reader.at_end()) {
    TRY(inner, reader.next());
    CHECK_OK(use(inner));
  }
  return {};
}

Result<std::pair<std::string, std::string>> read_entry(const ProtobufField& field) {
  std::pair<std::string, std::string> entry;
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number != kEntryKey && inner.number != kEntryValue) return {};
    TRY(text, inner.as_text());
    (inner.number == kEntryKey ? entry.first : entry.second) = std::move(text);
    return {};
  }));
  return entry;
}

Result<int64_t> read_dimension(const ProtobufField& field) {
  int64_t size = kDynamicSize;
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number != kDimensionSize) return {};
    TRY(value, inner.as_integer());
    size = value;
    return {};
  }));
  if (size < kDynamicSize) return fail(ErrorCode::kDamaged, "a dimension of {} at byte {}", size, field.offset);
  return size;
}

Status read_tensor_type(const ProtobufField& field, DeclaredTensor& tensor) {
  return each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number == kTensorElementType) {
      TRY(number, inner.as_integer());
      tensor.dtype = element_type(number);
    }
    if (inner.number != kTensorShape) return {};
    tensor.dims.emplace();
    return each_field(inner, [&](const ProtobufField& dimension) -> Status {
      if (dimension.number != kShapeDimension) return {};
      TRY(size, read_dimension(dimension));
      tensor.dims->push_back(size);
      if (tensor.dims->size() > kMaxRank)
        return fail(ErrorCode::kHostile, "more than {} dimensions at byte {}", kMaxRank, inner.offset);
      return {};
    });
  });
}

Status read_value(const ProtobufField& field, std::vector<DeclaredTensor>& values) {
  if (values.size() >= kMaxValues) return fail(ErrorCode::kHostile, "more than {} inputs or outputs", kMaxValues);
  DeclaredTensor tensor;
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number == kValueName) {
      TRY(name, inner.as_text());
      tensor.name = std::move(name);
    }
    if (inner.number != kValueType) return {};
    return each_field(inner, [&](const ProtobufField& type) -> Status {
      return type.number == kTypeTensor ? read_tensor_type(type, tensor) : Status();
    });
  }));
  values.push_back(std::move(tensor));
  return {};
}

/// What is kept of the initializers: their names (older files list them among the inputs) and the files they lie in.
struct Initializers {
  std::set<std::string, CountedOrder> names, files;

  Status read(const ProtobufField& field) {
    return each_field(field, [&](const ProtobufField& inner) -> Status {
      if (inner.number == kTensorName) {
        TRY(name, inner.as_text());
        names.insert(std::move(name));
      }
      if (inner.number == kTensorExternalData) {
        TRY(entry, read_entry(inner));
        if (entry.first == "location" && files.size() < kMaxValues) files.insert(std::move(entry.second));
      }
      return {};
    });
  }
};

}  // namespace

Result<ArtifactHeader> read_onnx_header(std::span<const std::byte> file) {
  ArtifactHeader header;
  Initializers initializers;
  bool has_version = false;
  bool has_graph = false;
  ProtobufReader model(file);
  while (!model.at_end()) {
    TRY(field, model.next());
    has_version = has_version || field.number == kModelIrVersion;
    if (field.number == kModelProducer || field.number == kModelProducerVersion) {
      TRY(text, field.as_text());
      header.facts.emplace_back(field.number == kModelProducer ? "producer_name" : "producer_version", std::move(text));
    } else if (field.number == kModelMetadata && header.facts.size() < kMaxValues) {
      TRY(entry, read_entry(field));
      header.facts.push_back(std::move(entry));
    }
    if (field.number != kModelGraph) continue;
    has_graph = true;
    CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
      if (inner.number == kGraphInitializer) return initializers.read(inner);
      if (inner.number == kGraphInput) return read_value(inner, header.inputs);
      return inner.number == kGraphOutput ? read_value(inner, header.outputs) : Status();
    }));
  }
  if (!has_version || !has_graph) return fail(ErrorCode::kDamaged, "it is no ONNX model: no graph or no IR version");
  std::erase_if(header.inputs, [&](const DeclaredTensor& input) { return initializers.names.contains(input.name); });
  if (header.outputs.empty()) return fail(ErrorCode::kDamaged, "the graph has no outputs");
  header.companions.assign(initializers.files.begin(), initializers.files.end());
  return header;
}

}  // namespace modelport

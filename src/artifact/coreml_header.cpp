#include <algorithm>
#include <nlohmann/json.hpp>

#include "artifact/protobuf.h"
#include "artifact/readers.h"
#include "base/json.h"

namespace modelport {

namespace {

// Field numbers of coremltools' Model.proto and FeatureTypes.proto.
constexpr uint32_t kModelVersion = 1, kModelDescription = 2;
constexpr uint32_t kDescriptionInput = 1, kDescriptionOutput = 10, kDescriptionMetadata = 100;
constexpr uint32_t kMetadataUserDefined = 100, kEntryKey = 1, kEntryValue = 2;
constexpr uint32_t kFeatureName = 1, kFeatureType = 3;
constexpr uint32_t kTypeImage = 4, kTypeArray = 5;
constexpr uint32_t kImageWidth = 1, kImageHeight = 2, kImageColors = 3, kImageSizes = 21, kImageRange = 31;
constexpr uint32_t kArrayShape = 1, kArrayType = 2, kArrayShapes = 21, kArrayRange = 31;
constexpr uint32_t kRangeSizes = 1, kSizeLower = 1, kSizeUpper = 2;

constexpr size_t kMaxValues = 4096;
constexpr size_t kMaxRank = 64;

struct ArrayType {
  int64_t number;  ///< ArrayFeatureType.ArrayDataType
  std::string_view name;
};
constexpr ArrayType kArrayTypes[] = {
    {65568, "float32"}, {65600, "float64"}, {65552, "float16"}, {131104, "int32"}, {131080, "int8"}};

/// ImageFeatureType.ColorSpace of one channel.
constexpr int64_t kGrayscale = 10, kGrayscaleFloat16 = 40;

template <class Use>
Status each_field(const ProtobufField& field, Use use) {
  TRY(reader, ProtobufReader::inside(field));
  while (!reader.at_end()) {
    TRY(inner, reader.next());
    CHECK_OK(use(inner));
  }
  return {};
}

/// Pixels of CoreML's own image type are declared without an element type.
Status read_image(const ProtobufField& field, DeclaredTensor& tensor) {
  int64_t width = kDynamicSize, height = kDynamicSize, channels = 3;
  bool flexible = false;
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    flexible = flexible || inner.number == kImageSizes || inner.number == kImageRange;
    if (inner.number != kImageWidth && inner.number != kImageHeight && inner.number != kImageColors) return {};
    TRY(value, inner.as_integer());
    if (inner.number == kImageWidth) width = value;
    if (inner.number == kImageHeight) height = value;
    if (inner.number == kImageColors && (value == kGrayscale || value == kGrayscaleFloat16)) channels = 1;
    return {};
  }));
  if (flexible) width = height = kDynamicSize;
  if (width < kDynamicSize || height < kDynamicSize)
    return fail(ErrorCode::kDamaged, "an image of {}x{} at byte {}", width, height, field.offset);
  tensor.dims = {height, width, channels};
  return {};
}

/// Sets to dynamic what a range leaves open.
Status apply_range(const ProtobufField& field, std::vector<int64_t>& dims) {
  size_t axis = 0;
  return each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number != kRangeSizes) return {};
    int64_t lower = 0, upper = 0;
    CHECK_OK(each_field(inner, [&](const ProtobufField& bound) -> Status {
      if (bound.number != kSizeLower && bound.number != kSizeUpper) return {};
      TRY(value, bound.as_integer());
      (bound.number == kSizeLower ? lower : upper) = value;
      return {};
    }));
    if (axis < dims.size() && lower != upper) dims[axis] = kDynamicSize;
    ++axis;
    return {};
  });
}

Status read_array(const ProtobufField& field, DeclaredTensor& tensor) {
  std::vector<int64_t> dims;
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number == kArrayShape) return inner.append_integers(dims);
    if (inner.number != kArrayType) return {};
    TRY(number, inner.as_integer());
    const auto row = std::ranges::find(kArrayTypes, number, &ArrayType::number);
    tensor.dtype = row == std::end(kArrayTypes) ? fmt::format("type {}", number) : std::string(row->name);
    return {};
  }));
  if (dims.size() > kMaxRank || std::ranges::any_of(dims, [](int64_t size) { return size < 0; }))
    return fail(ErrorCode::kDamaged, "an impossible shape at byte {}", field.offset);
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number == kArrayShapes) std::ranges::fill(dims, kDynamicSize);
    return inner.number == kArrayRange ? apply_range(inner, dims) : Status();
  }));
  // Outputs of ML programs often declare none.
  if (!dims.empty()) tensor.dims = std::move(dims);
  return {};
}

Status read_feature(const ProtobufField& field, std::vector<DeclaredTensor>& features) {
  if (features.size() >= kMaxValues) return fail(ErrorCode::kHostile, "more than {} inputs or outputs", kMaxValues);
  DeclaredTensor tensor;
  CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number == kFeatureName) {
      TRY(name, inner.as_text());
      tensor.name = std::move(name);
    }
    if (inner.number != kFeatureType) return {};
    return each_field(inner, [&](const ProtobufField& type) -> Status {
      if (type.number == kTypeImage) return read_image(type, tensor);
      return type.number == kTypeArray ? read_array(type, tensor) : Status();
    });
  }));
  features.push_back(std::move(tensor));
  return {};
}

Status read_metadata(const ProtobufField& field, ArtifactHeader& header) {
  return each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number != kMetadataUserDefined || header.facts.size() >= kMaxValues) return {};
    std::string key, value;
    CHECK_OK(each_field(inner, [&](const ProtobufField& part) -> Status {
      if (part.number != kEntryKey && part.number != kEntryValue) return {};
      TRY(text, part.as_text());
      (part.number == kEntryKey ? key : value) = std::move(text);
      return {};
    }));
    header.facts.emplace_back(std::move(key), std::move(value));
    return {};
  });
}

}  // namespace

Result<ArtifactHeader> read_coreml_spec(std::span<const std::byte> spec) {
  ArtifactHeader header;
  bool has_version = false;
  ProtobufReader model(spec);
  while (!model.at_end()) {
    TRY(field, model.next());
    has_version = has_version || field.number == kModelVersion;
    if (field.number != kModelDescription) continue;
    CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
      if (inner.number == kDescriptionInput) return read_feature(inner, header.inputs);
      if (inner.number == kDescriptionOutput) return read_feature(inner, header.outputs);
      return inner.number == kDescriptionMetadata ? read_metadata(inner, header) : Status();
    }));
  }
  if (!has_version || header.outputs.empty())
    return fail(ErrorCode::kDamaged, "it is no CoreML model: no specification version or no outputs");
  return header;
}

Result<std::string> read_coreml_manifest(std::string_view text) {
  TRY(manifest, parse_json(text, ErrorCode::kDamaged));
  const Json::json_pointer root("/rootModelIdentifier");
  if (!manifest.is_object() || !manifest.contains(root) || !manifest[root].is_string())
    return fail(ErrorCode::kDamaged, "no rootModelIdentifier");
  const auto entries = manifest.find("itemInfoEntries");
  const std::string identifier = manifest[root].get<std::string>();
  if (entries == manifest.end() || !entries->is_object() || !entries->contains(identifier))
    return fail(ErrorCode::kDamaged, "itemInfoEntries has no {}", identifier);
  const Json& entry = (*entries)[identifier];
  if (!entry.is_object() || !entry.contains("path") || !entry["path"].is_string())
    return fail(ErrorCode::kDamaged, "the root model has no path");
  return "Data/" + entry["path"].get<std::string>();
}

}  // namespace modelport

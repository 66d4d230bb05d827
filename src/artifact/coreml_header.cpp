#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "artifact/protobuf.h"
#include "artifact/readers.h"
#include "base/json.h"
#include "base/work_count.h"

namespace modelport {

namespace {

// Field numbers of coremltools' Model.proto and FeatureTypes.proto.
constexpr uint32_t kModelVersion = 1, kModelDescription = 2;
constexpr uint32_t kDescriptionInput = 1, kDescriptionOutput = 10, kDescriptionMetadata = 100;
constexpr uint32_t kMetadataUserDefined = 100, kEntryKey = 1, kEntryValue = 2;
constexpr uint32_t kFeatureName = 1, kFeatureType = 3;
constexpr uint32_t kTypeImage = 4, kTypeArray = 5;
/// Numbers, texts, dictionaries and sequences: a classifier's label and the probabilities by label.
constexpr uint32_t kTypeOthers[] = {1, 2, 3, 6, 7};
constexpr uint32_t kShapesShape = 1, kShapeSizes = 1;
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

/// Sets to dynamic where the enumerated shapes differ.
Status apply_shapes(const ProtobufField& field, std::vector<int64_t>& dims) {
  return each_field(field, [&](const ProtobufField& inner) -> Status {
    if (inner.number != kShapesShape) return {};
    std::vector<int64_t> sizes;
    CHECK_OK(each_field(inner, [&](const ProtobufField& part) -> Status {
      return part.number == kShapeSizes ? part.append_integers(sizes) : Status();
    }));
    if (sizes.size() != dims.size())
      return fail(ErrorCode::kDamaged, "shapes of several ranks at byte {}", inner.offset);
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] != sizes[i]) dims[i] = kDynamicSize;
    }
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
    if (inner.number == kArrayShapes) return apply_shapes(inner, dims);
    return inner.number == kArrayRange ? apply_range(inner, dims) : Status();
  }));
  // Outputs of ML programs often declare none.
  if (!dims.empty()) tensor.dims = std::move(dims);
  return {};
}

/// Whether features are all arrays and pictures is told by `others`.
Status read_feature(const ProtobufField& field, std::vector<DeclaredTensor>& features, bool& others) {
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
      others = others || std::ranges::find(kTypeOthers, type.number) != std::end(kTypeOthers);
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
  bool has_version = false, other_inputs = false, other_outputs = false;
  ProtobufReader model(spec);
  while (!model.at_end()) {
    TRY(field, model.next());
    has_version = has_version || field.number == kModelVersion;
    if (field.number != kModelDescription) continue;
    CHECK_OK(each_field(field, [&](const ProtobufField& inner) -> Status {
      if (inner.number == kDescriptionInput) return read_feature(inner, header.inputs, other_inputs);
      if (inner.number == kDescriptionOutput) return read_feature(inner, header.outputs, other_outputs);
      return inner.number == kDescriptionMetadata ? read_metadata(inner, header) : Status();
    }));
  }
  if (!has_version || header.outputs.empty())
    return fail(ErrorCode::kDamaged, "it is no CoreML model: no specification version or no outputs");
  // The tensor behind a dictionary of probabilities is declared nowhere.
  if (other_outputs) header.outputs.clear();
  return header;
}

std::vector<std::string> coreml_weight_files(std::span<const std::byte> spec) {
  constexpr std::string_view kPrefix = "@model_path/";
  constexpr size_t kMostFiles = 64;
  const std::string_view text(reinterpret_cast<const char*>(spec.data()), spec.size());
  std::vector<std::string> files;
  for (size_t at = text.find(kPrefix); at != std::string_view::npos; at = text.find(kPrefix, at)) {
    at += kPrefix.size();
    size_t end = at;
    while (end < text.size() && text[end] > ' ' && text[end] < '\x7f') ++end;
    const std::string name(text.substr(at, end - at));
    count_work(name.size());
    at = end;
    const bool is_known = std::ranges::find(files, name) != files.end();
    if (!is_known && !name.empty() && name.find("..") == std::string::npos && files.size() < kMostFiles)
      files.push_back(name);
  }
  return files;
}

Status check_coreml_weights(std::span<const std::byte> file) {
  // coremltools' mlmodel/src/MILBlob/Blob/StorageFormat.hpp: a header, then each blob behind its own, all at 64 bytes.
  constexpr uint64_t kAlignment = 64;
  constexpr uint32_t kSentinel = 0xDEADBEEF, kKnownVersion = 2;
  struct StorageHeader {
    uint32_t count, version;
  } storage{};
  struct BlobHeader {
    uint32_t sentinel, type;
    uint64_t size, offset;
  } blob{};
  if (file.size() < kAlignment) return fail(ErrorCode::kDamaged, "{} bytes are no file of weights", file.size());
  std::memcpy(&storage, file.data(), sizeof storage);
  if (storage.version != kKnownVersion) return {};
  uint64_t at = kAlignment;
  for (uint32_t i = 0; i < storage.count; ++i) {
    const auto damaged = [&](std::string_view what) {
      return fail(ErrorCode::kDamaged, "{} of blob {} of {} is not within the {} bytes", what, i, storage.count,
                  file.size());
    };
    if (at > file.size() || file.size() - at < kAlignment) return damaged("the header");
    std::memcpy(&blob, file.data() + at, sizeof blob);
    if (blob.sentinel != kSentinel) return fail(ErrorCode::kDamaged, "no blob begins at byte {}", at);
    count_work();
    if (blob.offset < at + kAlignment || blob.offset > file.size() || file.size() - blob.offset < blob.size)
      return damaged("the end");
    at = (blob.offset + blob.size + kAlignment - 1) / kAlignment * kAlignment;
  }
  return {};
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

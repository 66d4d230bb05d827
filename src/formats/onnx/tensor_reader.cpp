#include "formats/onnx/tensor_reader.h"

#include <cstring>

#include "base/work_count.h"

namespace modelport::onnx {

namespace {

using namespace layout;

/// Beyond any honest tensor; keeps the product of sizes within what is worth checking.
constexpr size_t kMaxRank = 16;

/// The fields of one TensorProto, as they come.
struct TensorFields {
  std::string name;
  Shape dims;
  int64_t data_type = 0;
  std::optional<std::span<const std::byte>> raw;
  std::vector<std::byte> converted;
  uint32_t converted_field = 0;
};

void append_bytes(std::vector<std::byte>& out, uint64_t value, int64_t count) {
  count_work(static_cast<uint64_t>(count));
  for (int64_t i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

/// One element or a packed list of a typed field, as the little-endian bytes of the tensor's dtype.
Status append_typed(const WireField& field, TensorFields& tensor) {
  tensor.converted_field = field.number;
  const bool fixed = field.number == tensor::kFloatData || field.number == tensor::kDoubleData;
  if (fixed) {
    const uint64_t width = field.number == tensor::kFloatData ? 4 : 8;
    if (field.type == WireType::kFixed32 || field.type == WireType::kFixed64) {
      append_bytes(tensor.converted, field.integer, field.type == WireType::kFixed32 ? 4 : 8);
      return {};
    }
    TRY(bytes, field.as_bytes("packed floats"));
    if (bytes.size() % width != 0) {
      return fail(ErrorCode::kDamaged, "packed floats at offset {} end inside an element", field.offset);
    }
    count_work(bytes.size());
    tensor.converted.insert(tensor.converted.end(), bytes.begin(), bytes.end());
    return {};
  }
  std::vector<int64_t> values;
  CHECK_OK(field.append_ints("packed integers", values));
  const auto dtype = dtype_of_code(static_cast<uint64_t>(tensor.data_type));
  if (!dtype)
    return fail(ErrorCode::kDamaged, "a tensor lists its elements before its type at offset {}", field.offset);
  for (const int64_t value : values) append_bytes(tensor.converted, static_cast<uint64_t>(value), dtype_bytes(*dtype));
  return {};
}

/// Which typed list the standard gives to a dtype; 0 when only raw_data may hold it.
uint32_t list_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return tensor::kFloatData;
    case DType::kFloat64:
      return tensor::kDoubleData;
    case DType::kInt64:
      return tensor::kInt64Data;
    case DType::kInt32:
    case DType::kInt16:
    case DType::kInt8:
    case DType::kUInt16:
    case DType::kUInt8:
    case DType::kBool:
    case DType::kFloat16:
    case DType::kBFloat16:
      return tensor::kInt32Data;
    default:
      return 0;
  }
}

Result<OnnxInitializer> assemble(TensorFields fields, uint64_t begin, std::shared_ptr<const void> owner) {
  const auto dtype = dtype_of_code(static_cast<uint64_t>(fields.data_type));
  if (!dtype) {
    return fail(ErrorCode::kUnsupportedModel, "tensor '{}' at offset {} has the ONNX element type {}", fields.name,
                begin, fields.data_type);
  }
  if (fields.dims.size() > kMaxRank) {
    return fail(ErrorCode::kDamaged, "tensor '{}' at offset {} has {} axes", fields.name, begin, fields.dims.size());
  }
  const auto count = element_count(fields.dims);
  const std::span<const std::byte> held = fields.raw ? *fields.raw : std::span<const std::byte>(fields.converted);
  const auto expected = static_cast<uint64_t>(dtype_bytes(*dtype));
  if (!count || held.size() % expected != 0 || held.size() / expected != static_cast<uint64_t>(*count)) {
    return fail(ErrorCode::kDamaged, "tensor '{}' at offset {} declares {}{} and holds {} bytes", fields.name, begin,
                dtype_name(*dtype), shape_text(fields.dims), held.size());
  }
  if (!fields.raw && !fields.converted.empty() && fields.converted_field != list_of(*dtype)) {
    return fail(ErrorCode::kDamaged, "tensor '{}' at offset {} keeps {} elements in field {}", fields.name, begin,
                dtype_name(*dtype), fields.converted_field);
  }
  if (!fields.raw) {
    Tensor tensor = Tensor::from_bytes(*dtype, std::move(fields.dims), std::move(fields.converted));
    return OnnxInitializer{fields.name, WeightRecipe::source(std::move(tensor), fields.name)};
  }
  std::vector<int64_t> strides = contiguous_strides(fields.dims);
  TRY(tensor, Tensor::view(*dtype, std::move(fields.dims), std::move(strides), 0, held, std::move(owner)));
  return OnnxInitializer{fields.name, WeightRecipe::source(std::move(tensor), fields.name)};
}

}  // namespace

Result<OnnxInitializer> read_tensor(WireReader reader, std::shared_ptr<const void> owner,
                                    Status (*skip_unknown)(const WireField& field, std::string_view message)) {
  const uint64_t begin = reader.offset();
  TensorFields fields;
  while (!reader.at_end()) {
    TRY(field, reader.next());
    switch (field.number) {
      case tensor::kDims:
        CHECK_OK(field.append_ints("TensorProto.dims", fields.dims));
        break;
      case tensor::kDataType: {
        TRY(code, field.as_int("TensorProto.data_type"));
        fields.data_type = code;
        break;
      }
      case tensor::kName: {
        TRY(name, field.as_text("TensorProto.name"));
        fields.name = std::move(name);
        break;
      }
      case tensor::kRawData: {
        TRY(raw, field.as_bytes("TensorProto.raw_data"));
        fields.raw = raw;
        break;
      }
      case tensor::kFloatData:
      case tensor::kInt32Data:
      case tensor::kInt64Data:
      case tensor::kDoubleData:
        CHECK_OK(append_typed(field, fields));
        break;
      case tensor::kExternalData:
        return fail(ErrorCode::kUnsupportedModel, "tensor '{}' at offset {} keeps its elements in another file",
                    fields.name, begin);
      default:
        CHECK_OK(skip_unknown(field, "TensorProto"));
    }
  }
  return assemble(std::move(fields), begin, std::move(owner));
}

}  // namespace modelport::onnx

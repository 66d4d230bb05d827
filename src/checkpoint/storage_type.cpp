#include "checkpoint/storage_type.h"

namespace modelport {
namespace {

struct StorageRow {
  std::string_view name;
  DType dtype;
};

constexpr StorageRow kStorages[] = {
    {"DoubleStorage", DType::kFloat64},
    {"FloatStorage", DType::kFloat32},
    {"HalfStorage", DType::kFloat16},
    {"BFloat16Storage", DType::kBFloat16},
    {"LongStorage", DType::kInt64},
    {"IntStorage", DType::kInt32},
    {"ShortStorage", DType::kInt16},
    {"CharStorage", DType::kInt8},
    {"ByteStorage", DType::kUInt8},
    {"BoolStorage", DType::kBool},
    {"ComplexFloatStorage", DType::kComplex64},
    {"ComplexDoubleStorage", DType::kComplex128},
    // Quantised storages hold plain integers; their tensors are rebuilt as inert objects only.
    {"QInt8Storage", DType::kInt8},
    {"QUInt8Storage", DType::kUInt8},
    {"QInt32Storage", DType::kInt32},
};

struct DtypeAlias {
  std::string_view name;
  DType dtype;
};

constexpr DtypeAlias kDtypeAliases[] = {
    {"double", DType::kFloat64}, {"float", DType::kFloat32}, {"half", DType::kFloat16},
    {"long", DType::kInt64},     {"int", DType::kInt32},     {"short", DType::kInt16},
};

}  // namespace

std::optional<DType> storage_dtype(const PickleGlobal& type) {
  if (type.module != "torch" && type.module != "torch.cuda") return std::nullopt;
  for (const StorageRow& row : kStorages) {
    if (row.name == type.name) return row.dtype;
  }
  return std::nullopt;
}

bool is_untyped_storage(const PickleGlobal& type) {
  return (type.module == "torch.storage" || type.module == "torch") && type.name == "UntypedStorage";
}

std::optional<DType> dtype_from_global(const PickleGlobal& global) {
  if (global.module != "torch") return std::nullopt;
  for (const DtypeAlias& row : kDtypeAliases) {
    if (row.name == global.name) return row.dtype;
  }
  return dtype_from_name(global.name);
}

}  // namespace modelport

#include "checkpoint/safetensors.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "base/checked.h"
#include "base/work_count.h"
#include "checkpoint/safetensors_header.h"

namespace modelport {
namespace {

constexpr uint64_t kLongestHeader = 100'000'000;

struct DtypeRow {
  std::string_view code;
  DType dtype;
};

constexpr DtypeRow kDtypeRows[] = {
    {"F64", DType::kFloat64},   {"F32", DType::kFloat32},        {"F16", DType::kFloat16},
    {"BF16", DType::kBFloat16}, {"F8_E4M3", DType::kFloat8E4M3}, {"F8_E5M2", DType::kFloat8E5M2},
    {"I64", DType::kInt64},     {"I32", DType::kInt32},          {"I16", DType::kInt16},
    {"I8", DType::kInt8},       {"U64", DType::kUInt64},         {"U32", DType::kUInt32},
    {"U16", DType::kUInt16},    {"U8", DType::kUInt8},           {"BOOL", DType::kBool},
    {"C64", DType::kComplex64},
};

Result<Tensor> read_tensor(const SafetensorsEntry& entry, std::span<const std::byte> buffer,
                           std::shared_ptr<const void> owner) {
  const auto bad = [&](std::string_view what) { return fail(ErrorCode::kDamaged, "safetensors header: {}", what); };
  const auto row = std::ranges::find(kDtypeRows, *entry.dtype, &DtypeRow::code);
  if (row == std::end(kDtypeRows)) {
    return fail(ErrorCode::kUnsupportedModel, "safetensors: element type {:?} is not read", *entry.dtype);
  }
  Shape shape;
  for (const uint64_t size : *entry.shape) {
    const auto checked = checked_cast<int64_t>(size);
    if (!checked) return bad("a size does not fit 63 bits");
    shape.push_back(*checked);
  }
  if (entry.data_offsets->size() != 2) return bad("data_offsets are not two numbers");
  const uint64_t begin = (*entry.data_offsets)[0];
  const uint64_t end = (*entry.data_offsets)[1];
  if (begin > end || end > buffer.size()) {
    return bad(fmt::format("bytes {} to {} are outside the {} of the file", begin, end, buffer.size()));
  }
  const auto count = element_count(shape);
  const auto size = count ? checked_multiply(*count, dtype_bytes(row->dtype)) : std::nullopt;
  if (!size || static_cast<uint64_t>(*size) != end - begin) {
    return bad(fmt::format("shape {} of {} does not fill bytes {} to {}", shape_text(shape), row->code, begin, end));
  }
  auto strides = contiguous_strides(shape);
  return Tensor::view(row->dtype, std::move(shape), std::move(strides), 0, buffer.subspan(begin, end - begin),
                      std::move(owner));
}

Status check_no_holes(const std::vector<SafetensorsEntry>& entries, uint64_t buffer_size) {
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : entries) order.push_back(&entry);
  std::ranges::sort(order, [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    count_work();
    return *a->data_offsets < *b->data_offsets;
  });
  uint64_t expected = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->data_offsets->front() != expected) {
      return fail(ErrorCode::kDamaged, "safetensors: {} begins at byte {} of the data, the one before it ends at {}",
                  entry->name, entry->data_offsets->front(), expected);
    }
    expected = entry->data_offsets->back();
  }
  if (expected != buffer_size) {
    return fail(ErrorCode::kDamaged, "safetensors: the tensors end at byte {} of the data, the file at {}", expected,
                buffer_size);
  }
  return {};
}

}  // namespace

Result<SafetensorsFile> read_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                         PickleArena& arena) {
  uint64_t header_size = 0;
  if (bytes.size() < sizeof(header_size)) {
    return fail(ErrorCode::kDamaged, "safetensors: {} bytes hold no header", bytes.size());
  }
  std::memcpy(&header_size, bytes.data(), sizeof(header_size));
  const auto rest = bytes.subspan(sizeof(header_size));
  if (header_size > kLongestHeader || header_size > rest.size()) {
    return fail(ErrorCode::kDamaged, "safetensors, byte 0: a header of {} bytes is declared, {} follow", header_size,
                rest.size());
  }
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), header_size);
  if (!text.starts_with('{'))
    return fail(ErrorCode::kDamaged, "safetensors, byte 8: the header does not begin with '{{'");
  const auto buffer = rest.subspan(header_size);
  TRY(header, parse_safetensors_header(text));

  PickleDict* root = arena.new_dict();
  for (const SafetensorsEntry& entry : header.entries) {
    TRY(tensor, read_tensor(entry, buffer, owner).in(entry.name));
    root->set(PickleValue::text(PickleKind::kString, arena.new_text(entry.name)),
              PickleValue::tensor(arena.new_tensor({std::move(tensor), PickleTensor::Role::kTensor})));
  }
  CHECK_OK(check_no_holes(header.entries, buffer.size()));
  return SafetensorsFile{PickleValue::dict(root), std::move(header.metadata)};
}

}  // namespace modelport

#include "formats/onnx/raise/raise.h"

#include <array>
#include <utility>

#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

namespace {

/// Rows by OnnxOpType.
template <size_t... I>
constexpr auto raise_table(std::index_sequence<I...>) {
  return std::array{&raise<static_cast<OnnxOpType>(I)>...};
}
constexpr auto kRaise = raise_table(std::make_index_sequence<kOnnxOpCount>());

/// A declared output must be what the nodes give: dtype, rank, and every size that is declared as a number.
Status require_declared_type(const OnnxValueInfo& declared, const ValueType& type) {
  bool same = declared.dtype == type.dtype && declared.shape.size() == type.shape.size();
  for (size_t axis = 0; same && axis < type.shape.size(); ++axis) {
    const auto* number = std::get_if<int64_t>(&declared.shape[axis]);
    same = number != nullptr ? type.shape[axis] == Dim(*number) : !type.shape[axis].is_constant();
  }
  if (same) return {};
  return fail(ErrorCode::kDamaged, "the output '{}' is declared as {} and the nodes give {}{}", declared.name,
              print_type(declared), dtype_name(type.dtype), shape_text(type.shape));
}

}  // namespace

Result<Graph> raise_onnx(const OnnxModel& model, std::span<const std::string> probes) {
  TRY(raising, Raising::begin(model));
  GraphBuilder& builder = raising.builder();
  for (const OnnxNode& node : model.nodes) {
    raising.enter(node);
    builder.set_path(node.name);
    CHECK_OK(kRaise[static_cast<size_t>(node.type)](raising));
    if (builder.error()) return *builder.error();
  }
  for (const OnnxValueInfo& output : model.outputs) {
    TRY(value, raising.named(output.name));
    CHECK_OK(require_declared_type(output, builder.type(value)));
    builder.output(output.name, value);
  }
  for (const std::string& probe : probes) {
    TRY(value, raising.named(probe));
    builder.probe(probe, value);
  }
  return std::move(builder).finish();
}

}  // namespace modelport::onnx

#include "ops/graph_builder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "graph/text.h"

namespace modelport {

namespace {

std::string location_text(const std::source_location& where) {
  std::string_view file = where.file_name();
  if (const size_t slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return fmt::format("{}:{}", file, where.line());
}

size_t output_count(const Op& op) {
  return std::visit(
      [](const auto& attributes) -> size_t {
        if constexpr (requires { attributes.output_count(); }) return attributes.output_count();
        return 1;
      },
      op);
}

Result<std::vector<ValueType>> infer(const Op& op, std::span<const ValueType> inputs) {
  const OpInfo& info = op_info(op);
  const auto count = static_cast<int>(inputs.size());
  if (count < info.min_inputs || (info.max_inputs >= 0 && count > info.max_inputs)) {
    return fail(ErrorCode::kInternal, "{} does not take {} operands", op_name(op), count);
  }
  return info.infer(op, inputs).in(std::string(op_name(op)));
}

std::vector<ValueId> with_optional(std::vector<ValueId> inputs, std::optional<ValueId> last) {
  if (last) inputs.push_back(*last);
  return inputs;
}

}  // namespace

ValueId GraphBuilder::input(std::string name, ValueType type) {
  const ValueId id{static_cast<uint32_t>(graph_.values.size())};
  graph_.values.push_back({std::move(type), std::nullopt});
  graph_.inputs.push_back({std::move(name), id});
  return id;
}

ValueId GraphBuilder::constant(WeightRecipe recipe) {
  const ValueId id{static_cast<uint32_t>(graph_.values.size())};
  ValueType type{recipe.dtype(), symbolic(recipe.shape())};
  graph_.values.push_back({std::move(type), std::move(recipe)});
  return id;
}

ValueId GraphBuilder::scalar(double value) { return floats({}, {static_cast<float>(value)}); }

ValueId GraphBuilder::floats(Shape shape, std::vector<float> values) {
  return constant(WeightRecipe::source(Tensor::from_floats(std::move(shape), std::move(values)), "literal"));
}

std::vector<ValueId> GraphBuilder::placeholders(const Op& op) {
  std::vector<ValueId> values;
  for (size_t i = 0; i < output_count(op); ++i) {
    values.push_back(ValueId(static_cast<uint32_t>(graph_.values.size())));
    graph_.values.push_back({});
  }
  return values;
}

std::vector<ValueId> GraphBuilder::emit(Op op, std::vector<ValueId> inputs, Location where) {
  if (error_) return placeholders(op);
  std::vector<ValueType> types;
  types.reserve(inputs.size());
  for (const ValueId input : inputs) types.push_back(type(input));
  auto inferred = infer(op, types);
  if (!inferred) {
    Error error = std::move(inferred).error().in(location_text(where));
    fail(path_.empty() ? std::move(error) : std::move(error).in(path_));
    return placeholders(op);
  }
  std::vector<ValueId> outputs;
  for (ValueType& output : *inferred) {
    outputs.push_back(ValueId(static_cast<uint32_t>(graph_.values.size())));
    graph_.values.push_back({std::move(output), std::nullopt});
  }
  graph_.nodes.push_back({std::move(op), std::move(inputs), outputs, path_, numerics_});
  return outputs;
}

ValueId GraphBuilder::conv(ValueId x, ValueId weight, std::optional<ValueId> bias, Conv attributes, Location where) {
  return emit(attributes, with_optional({x, weight}, bias), where)[0];
}
ValueId GraphBuilder::batch_norm(ValueId x, ValueId scale, ValueId bias, ValueId mean, ValueId variance, double epsilon,
                                 Location where) {
  return emit(BatchNorm{epsilon}, {x, scale, bias, mean, variance}, where)[0];
}
ValueId GraphBuilder::max_pool(ValueId x, MaxPool attributes, Location where) {
  return emit(attributes, {x}, where)[0];
}
ValueId GraphBuilder::layer_norm(ValueId x, ValueId scale, ValueId bias, LayerNorm attributes, Location where) {
  return emit(attributes, {x, scale, bias}, where)[0];
}
ValueId GraphBuilder::reduce_mean(ValueId x, std::vector<int64_t> axes, Location where) {
  return emit(ReduceMean{std::move(axes)}, {x}, where)[0];
}
ValueId GraphBuilder::matmul(ValueId a, ValueId b, Location where) { return emit(MatMul{}, {a, b}, where)[0]; }
ValueId GraphBuilder::linear(ValueId x, ValueId weight, std::optional<ValueId> bias, Location where) {
  return emit(Linear{}, with_optional({x, weight}, bias), where)[0];
}
ValueId GraphBuilder::attention(ValueId q, ValueId k, ValueId v, double scale, Location where) {
  return emit(Attention{scale}, {q, k, v}, where)[0];
}
ValueId GraphBuilder::softmax(ValueId x, int64_t axis, Location where) { return emit(Softmax{axis}, {x}, where)[0]; }
ValueId GraphBuilder::add(ValueId a, ValueId b, Location where) { return emit(Add{}, {a, b}, where)[0]; }
ValueId GraphBuilder::sub(ValueId a, ValueId b, Location where) { return emit(Sub{}, {a, b}, where)[0]; }
ValueId GraphBuilder::mul(ValueId a, ValueId b, Location where) { return emit(Mul{}, {a, b}, where)[0]; }
ValueId GraphBuilder::div(ValueId a, ValueId b, Location where) { return emit(Div{}, {a, b}, where)[0]; }
ValueId GraphBuilder::unary(Op op, ValueId x, Location where) { return emit(std::move(op), {x}, where)[0]; }
ValueId GraphBuilder::cast(ValueId x, DType to, Location where) { return emit(Cast{to}, {x}, where)[0]; }
ValueId GraphBuilder::concat(std::vector<ValueId> parts, int64_t axis, Location where) {
  return emit(Concat{axis}, std::move(parts), where)[0];
}
std::vector<ValueId> GraphBuilder::split(ValueId x, int64_t axis, std::vector<Dim> sizes, Location where) {
  return emit(Split{axis, std::move(sizes)}, {x}, where);
}
ValueId GraphBuilder::slice(ValueId x, int64_t axis, Dim begin, Dim end, Location where) {
  return emit(Slice{axis, std::move(begin), std::move(end)}, {x}, where)[0];
}
ValueId GraphBuilder::permute(ValueId x, std::vector<int64_t> permutation, Location where) {
  return emit(Permute{std::move(permutation)}, {x}, where)[0];
}
ValueId GraphBuilder::split_axis(ValueId x, int64_t axis, std::vector<Dim> sizes, Location where) {
  return emit(SplitAxis{axis, std::move(sizes)}, {x}, where)[0];
}
ValueId GraphBuilder::merge_axes(ValueId x, int64_t axis, int64_t count, Location where) {
  return emit(MergeAxes{axis, count}, {x}, where)[0];
}
ValueId GraphBuilder::reshape(ValueId x, SymbolicShape shape, Location where) {
  return emit(Reshape{std::move(shape)}, {x}, where)[0];
}
ValueId GraphBuilder::expand(ValueId x, SymbolicShape shape, Location where) {
  return emit(Expand{std::move(shape)}, {x}, where)[0];
}
ValueId GraphBuilder::range(Dim size, DType dtype, Location where) {
  return emit(Range{std::move(size), dtype}, {}, where)[0];
}
ValueId GraphBuilder::gather(ValueId x, ValueId indices, int64_t axis, Location where) {
  return emit(Gather{axis}, {x, indices}, where)[0];
}
ValueId GraphBuilder::pad(ValueId x, Pad attributes, Location where) { return emit(attributes, {x}, where)[0]; }
ValueId GraphBuilder::resize(ValueId x, Resize attributes, Location where) {
  return emit(std::move(attributes), {x}, where)[0];
}
ValueId GraphBuilder::conv_transpose(ValueId x, ValueId weight, std::optional<ValueId> bias, ConvTranspose attributes,
                                     Location where) {
  return emit(attributes, with_optional({x, weight}, bias), where)[0];
}
ValueId GraphBuilder::average_pool(ValueId x, AveragePool attributes, Location where) {
  return emit(attributes, {x}, where)[0];
}
ValueId GraphBuilder::reduce_max(ValueId x, std::vector<int64_t> axes, Location where) {
  return emit(ReduceMax{std::move(axes)}, {x}, where)[0];
}
ValueId GraphBuilder::reduce_sum(ValueId x, std::vector<int64_t> axes, Location where) {
  return emit(ReduceSum{std::move(axes)}, {x}, where)[0];
}
ValueId GraphBuilder::less(ValueId a, ValueId b, Location where) { return emit(Less{}, {a, b}, where)[0]; }
ValueId GraphBuilder::where(ValueId condition, ValueId a, ValueId b, Location location) {
  return emit(Where{}, {condition, a, b}, location)[0];
}
ValueId GraphBuilder::gather_elements(ValueId x, ValueId indices, int64_t axis, Location where) {
  return emit(GatherElements{axis}, {x, indices}, where)[0];
}
ValueId GraphBuilder::grid_sample(ValueId x, ValueId grid, Location where) {
  return emit(GridSample{}, {x, grid}, where)[0];
}
GraphBuilder::Top GraphBuilder::topk(ValueId x, int64_t axis, Dim k, Location where) {
  const std::vector<ValueId> both = emit(TopK{axis, std::move(k)}, {x}, where);
  return {both[0], both[1]};
}

Dim GraphBuilder::dim(ValueId value, size_t axis) const {
  const SymbolicShape& sizes = shape(value);
  return axis < sizes.size() ? sizes[axis] : Dim(1);
}

void GraphBuilder::output(std::string name, ValueId value) {
  const auto same = std::ranges::find(graph_.outputs, name, &NamedValue::name);
  if (same != graph_.outputs.end()) {
    same->value = value;
  } else {
    graph_.outputs.push_back({std::move(name), value});
  }
}
void GraphBuilder::probe(std::string name, ValueId value) { graph_.probes.push_back({std::move(name), value}); }

std::string GraphBuilder::set_path(std::string path) { return std::exchange(path_, std::move(path)); }
Numerics GraphBuilder::set_numerics(Numerics numerics) { return std::exchange(numerics_, numerics); }

void GraphBuilder::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

Result<Graph> GraphBuilder::finish() && {
  if (error_) return *std::move(error_);
  CHECK_OK(verify_structure(graph_));
  return std::move(graph_);
}

}  // namespace modelport

#include <span>

#include "kernels/thread_pool.h"
#include "ops/rewriter.h"
#include "ops/verify_types.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Results beyond this many elements stay computed at run time: an artifact should not grow for them.
constexpr int64_t kMaxFoldedElements = int64_t{1} << 20;

bool small_and_fixed(const Graph& graph, const Node& node) {
  for (const ValueId output : node.outputs) {
    int64_t count = 1;
    for (const Dim& size : graph[output].type.shape) {
      if (!size.is_constant()) return false;
      count *= *size.constant();
    }
    if (count > kMaxFoldedElements) return false;
  }
  return true;
}

Tensor from_doubles(Shape shape, std::span<const double> values) {
  const auto bytes = std::as_bytes(values);
  return Tensor::from_bytes(DType::kFloat64, std::move(shape), {bytes.begin(), bytes.end()});
}

/// Storage of one operand or result: floats as double, everything else as int64, as Array wants them. What is folded is
/// rounded to its dtype once, when it is written, as other weights are.
struct Storage {
  std::vector<double> floats;
  std::vector<int64_t> integers;
  Array array;

  Storage(DType dtype, Shape shape) : array{dtype, std::move(shape), nullptr} {
    const auto count = static_cast<size_t>(array.size());
    if (is_float(dtype)) {
      floats.resize(count);
      array.data = floats.data();
    } else {
      integers.resize(count);
      array.data = integers.data();
    }
  }
  void read(const WeightRecipe& recipe) {
    if (is_float(array.dtype)) {
      recipe.read(0, std::span<double>(floats));
    } else {
      recipe.read(0, std::span<int64_t>(integers));
    }
  }
  WeightRecipe recipe(const std::string& name) && {
    Shape shape = array.shape;
    const DType dtype = array.dtype;
    Tensor tensor = is_float(dtype) ? from_doubles(std::move(shape), floats)
                                    : Tensor::from_int64s(std::move(shape), std::move(integers));
    const DType held = tensor.dtype();
    const WeightRecipe recipe = WeightRecipe::source(std::move(tensor), name);
    return held == dtype ? recipe : recipe.convert(dtype);
  }
};

Shape constant_shape(const SymbolicShape& shape) {
  Shape sizes;
  for (const Dim& size : shape) sizes.push_back(*size.constant());
  return sizes;
}

std::vector<WeightRecipe> fold(const GraphBuilder& builder, const Graph& source, const Node& node,
                               const std::vector<ValueId>& inputs, ThreadPool& pool) {
  std::vector<Storage> operands, results;
  operands.reserve(inputs.size());
  results.reserve(node.outputs.size());
  std::vector<Array> in, out;
  for (const ValueId input : inputs) {
    const Value& value = builder.graph()[input];
    operands.emplace_back(value.type.dtype, value.constant->shape()).read(*value.constant);
    in.push_back(operands.back().array);
  }
  for (const ValueId output : node.outputs) {
    const ValueType& type = source[output].type;
    out.push_back(results.emplace_back(type.dtype, constant_shape(type.shape)).array);
  }
  op_info(node.op).evaluate(node.op, {in, out, EvaluationPrecision::kFloat64, pool});
  std::vector<WeightRecipe> recipes;
  for (Storage& result : results) recipes.push_back(std::move(result).recipe(node.path));
  return recipes;
}

}  // namespace

Result<Graph> fold_constants(const Graph& graph, PassContext&) {
  ThreadPool pool(1);
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    Node node = graph[id];
    GraphBuilder& builder = rewriter.builder();
    const std::vector<ValueId> inputs = rewriter.map(node.inputs);
    for (const ValueId input : inputs) {
      if (!builder.graph()[input].constant) return Rewriter::Action::kCopy;
    }
    if (!small_and_fixed(graph, node)) return Rewriter::Action::kCopy;
    const auto fixed = concrete(node.op, {});
    if (!fixed) return Rewriter::Action::kCopy;
    node.op = *fixed;
    const std::vector<WeightRecipe> recipes = fold(builder, graph, node, inputs, pool);
    for (size_t i = 0; i < recipes.size(); ++i) rewriter.replace(node.outputs[i], builder.constant(recipes[i]));
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport

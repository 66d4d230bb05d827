#include "mutations.h"

#include <algorithm>
#include <functional>

#include "graph/text.h"
#include "ops/verify_types.h"

namespace modelport {

namespace {

/// Collects the changes of one node; those that do not type-check are dropped.
class Collector {
 public:
  Collector(const Graph& graph, NodeId id) : graph_(graph), id_(id) {}

  void change(const std::string& what, const std::function<void(Graph&, Node&)>& edit) {
    Mutant mutant{graph_[id_].path + " " + std::string(op_name(graph_[id_].op)), what, graph_};
    edit(mutant.graph, mutant.graph[id_]);
    if (verify_graph(mutant.graph)) mutants_.push_back(std::move(mutant));
  }

  /// The node's constant operand becomes another recipe.
  void change_constant(const std::string& what, size_t operand,
                       const std::function<WeightRecipe(const WeightRecipe&)>& edit) {
    const Value& value = graph_[graph_[id_].inputs[operand]];
    if (!value.constant) return;
    change(what, [&](Graph& graph, Node& node) {
      node.inputs[operand] = static_cast<ValueId>(graph.values.size());
      graph.values.push_back({value.type, edit(*value.constant)});
    });
  }

  const Node& node() const { return graph_[id_]; }
  bool is_constant(size_t operand) const { return graph_[node().inputs[operand]].constant.has_value(); }
  const ValueType& type(ValueId value) const { return graph_[value].type; }
  std::vector<Mutant> take() && { return std::move(mutants_); }

 private:
  const Graph& graph_;
  NodeId id_;
  std::vector<Mutant> mutants_;
};

WeightRecipe scaled(const WeightRecipe& recipe, double factor) {
  std::vector<float> values = recipe.to_floats();
  for (float& value : values) value = static_cast<float>(value * factor);
  return WeightRecipe::source(Tensor::from_floats(recipe.shape(), std::move(values)), "scaled").convert(recipe.dtype());
}

/// The first two slices along axis 0 change places.
WeightRecipe first_two_swapped(const WeightRecipe& recipe) {
  const int64_t size = recipe.shape()[0];
  return WeightRecipe::concat({recipe.slice(0, 1, 2), recipe.slice(0, 0, 1), recipe.slice(0, 2, size)}, 0);
}

void swap_channels(Collector& c, size_t operand) {
  const ValueType& type = c.type(c.node().inputs[operand]);
  if (type.shape.empty() || !type.shape[0].constant() || *type.shape[0].constant() < 2) return;
  c.change_constant("two output channels swapped", operand, first_two_swapped);
}

void drop_bias(Collector& c) {
  if (c.node().inputs.size() == 3) c.change("bias dropped", [](Graph&, Node& node) { node.inputs.pop_back(); });
}

struct Mutate {
  Collector& c;

  void operator()(const Conv& conv) const {
    swap_channels(c, 1);
    drop_bias(c);
    if (conv.pads[0] > 0)
      c.change("padding shifted down", [](Graph&, Node& node) {
        auto& p = std::get<Conv>(node.op).pads;
        ++p[0], --p[2];
      });
    if (conv.pads[1] > 0)
      c.change("padding shifted right", [](Graph&, Node& node) {
        auto& p = std::get<Conv>(node.op).pads;
        ++p[1], --p[3];
      });
    if (conv.dilations[0] > 1 || conv.pads[0] > 0) {
      c.change("dilated by one more", [](Graph& graph, Node& node) {
        auto& attributes = std::get<Conv>(node.op);
        const int64_t extra = *graph[node.inputs[1]].type.shape[2].constant() - 1;
        for (const size_t side : {0, 1, 2, 3}) attributes.pads[side] += extra / 2;
        ++attributes.dilations[0], ++attributes.dilations[1];
      });
    }
  }
  void operator()(const BatchNorm&) const {
    c.change("epsilon times ten", [](Graph&, Node& node) { std::get<BatchNorm>(node.op).epsilon *= 10; });
    c.change("scale and bias swapped", [](Graph&, Node& node) { std::swap(node.inputs[1], node.inputs[2]); });
    c.change("mean and variance swapped", [](Graph&, Node& node) { std::swap(node.inputs[3], node.inputs[4]); });
    swap_channels(c, 3);
    c.change("left out", [](Graph&, Node& node) { node.op = LeakyRelu{1.0}, node.inputs.resize(1); });
  }
  void operator()(const MaxPool& pool) const {
    if (pool.kernel[0] > 2) {
      c.change("window two smaller", [](Graph&, Node& node) {
        auto& attributes = std::get<MaxPool>(node.op);
        for (int64_t& size : attributes.kernel) size -= 2;
        for (int64_t& pad : attributes.pads) --pad;
      });
    }
    c.change("left out", [](Graph&, Node& node) { node.op = LeakyRelu{1.0}; });
  }
  void operator()(const Silu&) const { activation(Relu{}, "Relu"), activation(HardSwish{}, "HardSwish"), left_out(); }
  void operator()(const Relu&) const { activation(Silu{}, "Silu"), left_out(); }
  void operator()(const LeakyRelu&) const {
    c.change("slope doubled", [](Graph&, Node& node) { std::get<LeakyRelu>(node.op).slope *= 2; });
    left_out();
  }
  void operator()(const Sigmoid&) const { activation(HardSigmoid{}, "HardSigmoid"), left_out(); }
  void operator()(const Gelu& gelu) const {
    activation(Gelu{gelu.form == GeluForm::kErf ? GeluForm::kTanh : GeluForm::kErf}, "the other form");
    left_out();
  }
  void operator()(const Softmax& softmax) const {
    const auto rank = static_cast<int64_t>(c.type(c.node().inputs[0]).shape.size());
    c.change("along another axis",
             [&](Graph&, Node& node) { std::get<Softmax>(node.op).axis = (softmax.axis + 1) % rank; });
    left_out();
  }
  void operator()(const Add&) const { binary(Sub{}, "subtracts"); }
  void operator()(const Sub&) const { binary(Add{}, "adds"); }
  void operator()(const Mul&) const { binary(Div{}, "divides"); }
  void operator()(const Div&) const { binary(Mul{}, "multiplies"); }
  void operator()(const Concat&) const {
    for (size_t i = 1; i < c.node().inputs.size(); ++i) {
      if (c.node().inputs[i] == c.node().inputs[i - 1]) continue;
      c.change(fmt::format("parts {} and {} swapped", i - 1, i),
               [i](Graph&, Node& node) { std::swap(node.inputs[i - 1], node.inputs[i]); });
    }
  }
  void operator()(const Split&) const {
    for (size_t i = 1; i < c.node().outputs.size(); ++i) {
      c.change(fmt::format("parts {} and {} swapped", i - 1, i),
               [i](Graph&, Node& node) { std::swap(node.outputs[i - 1], node.outputs[i]); });
    }
  }
  void operator()(const Slice& slice) const {
    c.change("one later", [&](Graph&, Node& node) {
      node.op = Slice{slice.axis, slice.begin + Dim(1), slice.end + Dim(1)};
    });
    if (slice.begin.constant().value_or(0) > 0) {
      c.change("one earlier", [&](Graph&, Node& node) {
        node.op = Slice{slice.axis, slice.begin - Dim(1), slice.end - Dim(1)};
      });
    }
  }
  void operator()(const Permute&) const {
    const auto rank = static_cast<int64_t>(c.type(c.node().outputs[0]).shape.size());
    for (int64_t i = 1; i < rank; ++i) {
      // Two axes of size 1 may change places.
      const SymbolicShape& shape = c.type(c.node().outputs[0]).shape;
      if (shape[static_cast<size_t>(i)] == Dim(1) && shape[static_cast<size_t>(i - 1)] == Dim(1)) continue;
      c.change(fmt::format("axes {} and {} swapped", i - 1, i), [i](Graph&, Node& node) {
        auto& axes = std::get<Permute>(node.op).permutation;
        std::swap(axes[static_cast<size_t>(i - 1)], axes[static_cast<size_t>(i)]);
      });
    }
  }
  void operator()(const Resize& resize) const {
    if (resize.mode == ResizeMode::kLinear) {
      c.change("nearest", [&](Graph&, Node& node) { node.op = Resize{resize.height, resize.width}; });
      c.change("corners aligned",
               [](Graph&, Node& node) { std::get<Resize>(node.op).coordinates = ResizeCoordinates::kAlignCorners; });
      return;
    }
    c.change("bilinear", [&](Graph&, Node& node) {
      node.op = Resize{resize.height, resize.width, ResizeMode::kLinear, ResizeCoordinates::kHalfPixel};
    });
  }
  void operator()(const Linear&) const { swap_channels(c, 1), drop_bias(c); }
  void operator()(const LayerNorm&) const {
    c.change("epsilon times ten", [](Graph&, Node& node) { std::get<LayerNorm>(node.op).epsilon *= 10; });
    c.change("scale and bias swapped", [](Graph&, Node& node) { std::swap(node.inputs[1], node.inputs[2]); });
  }
  void operator()(const Attention&) const {
    c.change("scale doubled", [](Graph&, Node& node) { std::get<Attention>(node.op).scale *= 2; });
    c.change("query and key swapped", [](Graph&, Node& node) { std::swap(node.inputs[0], node.inputs[1]); });
  }
  void operator()(const MatMul&) const {
    c.change("operands swapped", [](Graph&, Node& node) { std::swap(node.inputs[0], node.inputs[1]); });
  }
  /// The others only move or broadcast elements; a changed attribute changes a shape, and the graph no longer types.
  template <class Other>
  void operator()(const Other&) const {}

 private:
  void activation(Op op, const std::string& name) const {
    c.change("replaced by " + name, [&](Graph&, Node& node) { node.op = op; });
  }
  void left_out() const {
    c.change("left out", [](Graph&, Node& node) { node.op = LeakyRelu{1.0}; });
  }
  void binary(Op op, const std::string& what) const {
    c.change(what + " instead", [&](Graph&, Node& node) { node.op = op; });
    const bool ordered = std::holds_alternative<Sub>(c.node().op) || std::holds_alternative<Div>(c.node().op);
    if (ordered) c.change("operands swapped", [](Graph&, Node& node) { std::swap(node.inputs[0], node.inputs[1]); });
    for (const size_t operand : {0, 1}) {
      c.change_constant("constant 1 % larger", operand,
                        [](const WeightRecipe& recipe) { return scaled(recipe, 1.01); });
    }
  }
};

}  // namespace

std::vector<Mutant> mutants_of(const Graph& graph, NodeId node) {
  Collector collector(graph, node);
  std::visit(Mutate{collector}, graph[node].op);
  return std::move(collector).take();
}

}  // namespace modelport

#pragma once

#include <map>
#include <optional>
#include <set>

#include "formats/constant_pool.h"
#include "formats/torchscript/lower/size_arithmetic.h"
#include "formats/torchscript/torch_model.h"

namespace modelport::torchscript {

/// Collects the statements of forward while a legal graph is walked in order. Locals are called after the module paths
/// of the checkpoint, "model_0_conv", and the graph's inputs and outputs by their own names; buffers
/// "model_0_conv_weight".
class Lowering {
 public:
  using Expression = TorchExpression;
  using Keywords = std::vector<std::pair<std::string, TorchExpression>>;

  /// Declares the parameters.
  Lowering(const Graph& graph, TorchModel& model);

  const Graph& graph() const { return graph_; }
  const ValueType& type(ValueId value) const { return graph_[value].type; }
  const SymbolicShape& shape(ValueId value) const { return graph_[value].type.shape; }

  /// The path that names what is emitted from now on.
  void set_path(std::string path) { path_ = std::move(path); }

  /// What holds a value: a local, or a buffer for a constant, called after the operand's role on first use.
  Expression value(ValueId value, std::string_view role = "constant");
  std::vector<Expression> values(const std::vector<ValueId>& values);
  /// The same for the second operand of arithmetic: a constant of rank 0 is a literal.
  Expression operand(ValueId value);

  /// The statement that computes a graph node's outputs.
  void node(const Node& node, std::string function, std::vector<Expression> arguments, Keywords keywords = {});
  /// The statement that computes one of a node's outputs.
  void output(ValueId output, std::string function, std::vector<Expression> arguments);
  /// Locals for the inner values that a function of several gives.
  std::vector<Expression> inner_parts(size_t count, std::string function, std::vector<Expression> arguments,
                                      Keywords keywords = {});
  /// A local that is called after `name`.
  Expression local(std::string_view name, Expression value);
  /// A local for an inner value.
  Expression inner(std::string function, std::vector<Expression> arguments, Keywords keywords = {});

  /// A size: a literal, or a local of int arithmetic on the inputs' sizes, computed once.
  Result<Expression> size(const Dim& dim) { return sizes_.size(dim); }
  Result<Expression> sizes(const std::vector<Dim>& dims);
  /// The sizes for torch.reshape: -1 where only one is not constant.
  Result<Expression> reshape_target(const SymbolicShape& to);

  /// A dtype in code. The graph's own float type is that of a tensor at hand, so that .half() and .float() carry over;
  /// any other is its number.
  Expression dtype(DType dtype);
  /// The device that everything is on.
  Expression device();

  /// The class has the method of nms_code.h.
  void require_suppression() { model_.code.suppression = TorchCode::Suppression::kPresent; }

  /// What forward returns, and the probes.
  void finish();

 private:
  std::string unique(std::string name);
  std::string local_name(std::string_view function);
  /// What the local that holds a node's output is called: by its own name where it has one, else after `function`.
  std::string output_name(ValueId output, std::string_view function);
  Expression assign(std::string name, Expression value);
  /// The first tensor of the graph's own float type: an input, or a buffer.
  Expression any_float();

  const Graph& graph_;
  TorchModel& model_;
  ConstantPool pool_;
  std::map<std::pair<size_t, DType>, size_t> storages_;  ///< By number of the pool, and the type it is viewed as.
  std::string path_;
  std::set<std::string> used_;
  std::map<std::string, int> next_suffix_;
  std::vector<std::optional<Expression>> expressions_;
  std::map<ValueId, std::string> output_names_;
  SizeLowering<EmitSizes> sizes_;
  std::optional<Expression> dtype_, device_;
  DType float_type_;
};

/// Emits the statements of a graph node. One specialisation for every operator of NativeOperators (torch_op.h). Source
/// of the forms: aten/src/ATen/native/native_functions.yaml of torch 1.13 and 2.13, which agree in every schema used
/// here.
template <class Operator>
Status emit(const Node& node, Lowering& to);

}  // namespace modelport::torchscript

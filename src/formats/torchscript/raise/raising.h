#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "formats/torchscript/torch_model.h"
#include "ops/graph_builder.h"

namespace modelport::torchscript {

/// What an expression of the code stands for: a value of the graph, an int (a literal or a size), or another literal.
struct TorchRaised {
  struct None {};
  struct Device {};
  using List = std::vector<TorchRaised>;
  std::variant<None, ValueId, Dim, double, bool, std::string, DType, Device, List> value;
};

/// A call being raised: its arguments in terms of the graph. What an argument is not is kUnsupportedModel naming the
/// function.
class TorchCall {
 public:
  TorchCall(GraphBuilder& builder, const TorchExpression& call, TorchRaised::List arguments,
            std::map<std::string, TorchRaised> keywords)
      : builder_(builder), call_(call), arguments_(std::move(arguments)), keywords_(std::move(keywords)) {}

  GraphBuilder& builder() { return builder_; }
  const std::string& function() const { return call_.text; }
  size_t count() const { return arguments_.size(); }
  /// Exactly so many arguments by position, and no other keywords than these.
  Status require(size_t count, std::initializer_list<std::string_view> keywords = {}) const;

  bool is_tensor(size_t index) const { return holds<ValueId>(index); }
  bool is_none(size_t index) const { return holds<TorchRaised::None>(index); }
  Result<ValueId> tensor(size_t index) const;
  /// A tensor, or nothing for None.
  Result<std::optional<ValueId>> optional_tensor(size_t index) const;
  /// A tensor, or a number as a constant of the type of `like`.
  Result<ValueId> operand(size_t index, ValueId like);
  Result<Dim> size(size_t index) const;
  Result<std::vector<Dim>> sizes(size_t index) const;
  Result<int64_t> integer(size_t index) const;
  Result<std::vector<int64_t>> integers(size_t index) const;
  /// A list of two.
  Result<Size2> pair(size_t index) const;
  /// An int, as an axis of a value of this rank.
  Result<int64_t> axis(size_t index, size_t rank) const;
  /// A list of axes, sorted.
  Result<std::vector<int64_t>> axes(size_t index, size_t rank) const;
  Result<double> number(size_t index) const;
  Result<std::vector<double>> numbers(size_t index) const;
  Result<bool> truth(size_t index) const;
  Result<std::vector<ValueId>> tensors(size_t index) const;
  /// A dtype: of a tensor, or torch's number of one.
  Result<DType> dtype(size_t index) const;
  Result<DType> dtype_keyword(std::string_view name) const;
  Result<bool> truth_keyword(std::string_view name) const;
  /// An int, as an axis of a value of this rank.
  Result<int64_t> axis_keyword(std::string_view name, size_t rank) const;
  /// A keyword's text; "" where it is absent.
  Result<std::string> text_keyword(std::string_view name) const;

  Error unsupported(std::string_view what) const;

 private:
  template <class T>
  bool holds(size_t index) const {
    return index < arguments_.size() && std::holds_alternative<T>(arguments_[index].value);
  }
  template <class T>
  Result<T> get(size_t index, std::string_view what) const;
  Result<DType> as_dtype(const TorchRaised& value) const;
  Result<int64_t> as_axis(int64_t number, size_t rank) const;
  const TorchRaised* keyword(std::string_view name) const;

  GraphBuilder& builder_;
  const TorchExpression& call_;
  TorchRaised::List arguments_;
  std::map<std::string, TorchRaised> keywords_;
};

/// What a function of torch gives, by its schema in native_functions.yaml: one value, or a list of them.
struct RaiseRow {
  std::string_view function;  ///< "torch.conv2d"
  Result<TorchRaised> (*raise)(TorchCall& call);
};

/// The rows at the end of each file of this folder.
std::span<const RaiseRow> convolution_rows();
std::span<const RaiseRow> elementwise_rows();
std::span<const RaiseRow> matrix_rows();
std::span<const RaiseRow> selection_rows();
std::span<const RaiseRow> size_rows();
std::span<const RaiseRow> structure_rows();

}  // namespace modelport::torchscript

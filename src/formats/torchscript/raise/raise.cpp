#include "formats/torchscript/raise/raise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/torchscript/raise/raising.h"

namespace modelport::torchscript {

namespace {

const RaiseRow* find_row(std::string_view function) {
  for (const auto rows :
       {convolution_rows(), elementwise_rows(), matrix_rows(), selection_rows(), size_rows(), structure_rows()}) {
    const auto row = std::ranges::find(rows, function, &RaiseRow::function);
    if (row != rows.end()) return &*row;
  }
  return nullptr;
}

/// Evaluates the code's expressions in terms of the graph.
class CodeRaising {
 public:
  explicit CodeRaising(const TorchModel& model) : model_(model) {
    for (size_t i = 0; i < model.inputs.size(); ++i) {
      const TorchInput& input = model.inputs[i];
      locals_[model.code.parameters[i]] = {builder_.input(input.name, {input.dtype, input.shape})};
    }
  }

  GraphBuilder& builder() { return builder_; }

  Status run(const TorchStatement& statement) {
    builder_.set_path(statement.targets[0]);
    TRY(value, raise(statement.value));
    if (builder_.error()) return *builder_.error();
    if (statement.targets.size() == 1) {
      locals_[statement.targets[0]] = std::move(value);
      return {};
    }
    auto* parts = std::get_if<TorchRaised::List>(&value.value);
    if (parts == nullptr || parts->size() != statement.targets.size())
      return fail(ErrorCode::kDamaged, "it gives not as many values as are assigned").in(statement.targets[0]);
    for (size_t i = 0; i < parts->size(); ++i) locals_[statement.targets[i]] = std::move((*parts)[i]);
    return {};
  }

  Result<ValueId> tensor(const TorchExpression& expression) {
    TRY(value, raise(expression));
    const ValueId* id = std::get_if<ValueId>(&value.value);
    if (id == nullptr) return fail(ErrorCode::kDamaged, "'{}' is no tensor", print_torch_expression(expression));
    return *id;
  }

 private:
  Result<TorchRaised> raise(const TorchExpression& expression) {
    using Kind = TorchExpression::Kind;
    switch (expression.kind) {
      case Kind::kName:
        return local(expression.text);
      case Kind::kBuffer:
        return buffer(expression.text);
      case Kind::kInteger:
        return TorchRaised{Dim(expression.integer)};
      case Kind::kFloat:
        return TorchRaised{expression.number};
      case Kind::kBool:
        return TorchRaised{expression.integer != 0};
      case Kind::kNone:
        return TorchRaised{};
      case Kind::kString:
        return TorchRaised{expression.text};
      case Kind::kList: {
        TRY(items, raise_all(expression.items));
        return TorchRaised{std::move(items)};
      }
      case Kind::kCall:
        return call(expression);
    }
    return TorchRaised{};
  }

  Result<TorchRaised::List> raise_all(const std::vector<TorchExpression>& expressions) {
    TorchRaised::List all;
    for (const TorchExpression& each : expressions) {
      TRY(value, raise(each));
      all.push_back(std::move(value));
    }
    return all;
  }

  Result<TorchRaised> local(const std::string& name) {
    const auto found = locals_.find(name);
    if (found == locals_.end()) return fail(ErrorCode::kDamaged, "'{}' is used before it is assigned", name);
    return found->second;
  }

  Result<TorchRaised> buffer(const std::string& name) {
    if (const auto found = buffers_.find(name); found != buffers_.end()) return TorchRaised{found->second};
    const auto found = std::ranges::find(model_.buffers, name, &TorchBuffer::name);
    if (found == model_.buffers.end()) return fail(ErrorCode::kDamaged, "the class has no attribute '{}'", name);
    return TorchRaised{buffers_[name] = builder_.constant(found->data)};
  }

  Result<TorchRaised> call(const TorchExpression& expression) {
    const RaiseRow* row = find_row(expression.text);
    if (row == nullptr) return fail(ErrorCode::kUnsupportedModel, "{} is not read", expression.text);
    TRY(arguments, raise_all(expression.items));
    std::map<std::string, TorchRaised> keywords;
    for (const auto& [name, value] : expression.keywords) {
      TRY(raised, raise(value));
      keywords[name] = std::move(raised);
    }
    TorchCall call(builder_, expression, std::move(arguments), std::move(keywords));
    return row->raise(call);
  }

  const TorchModel& model_;
  GraphBuilder builder_;
  std::map<std::string, TorchRaised> locals_;
  std::map<std::string, ValueId> buffers_;
};

}  // namespace

Result<Graph> raise_torch(const TorchModel& model, std::span<const std::string> probes) {
  CodeRaising raising(model);
  GraphBuilder& builder = raising.builder();
  for (const TorchStatement& statement : model.code.statements) CHECK_OK(raising.run(statement));
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    TRY(value, raising.tensor(model.code.results[i]));
    builder.output(model.outputs[i], value);
  }
  for (const std::string& probe : probes) {
    const auto output = std::ranges::find(model.outputs, probe);
    const bool is_output = output != model.outputs.end();
    const TorchExpression expression = is_output
                                           ? model.code.results[static_cast<size_t>(output - model.outputs.begin())]
                                       : probe.starts_with("self.") ? TorchExpression::buffer(probe.substr(5))
                                                                    : TorchExpression::name(probe);
    TRY(value, raising.tensor(expression));
    builder.probe(is_output ? probe + "/probe" : probe, value);
  }
  return std::move(builder).finish();
}

}  // namespace modelport::torchscript

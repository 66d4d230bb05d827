#include "formats/torchscript/raise/raise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/torchscript/nms_code.h"
#include "formats/torchscript/raise/raise_functions.h"

namespace modelport::torchscript {

namespace {

template <class T>
Result<TorchRaised> plain(TorchCall& call) {
  return from_torch::unary(call, T{});
}

struct Row {
  std::string_view function;
  RaiseFunction raise;
};

namespace of = from_torch;
constexpr std::array kRows = {
    Row{"torch.conv2d", of::conv2d},
    Row{"torch.conv_transpose2d", of::conv_transpose2d},
    Row{"torch.batch_norm", of::batch_norm},
    Row{"torch.max_pool2d", of::max_pool2d},
    Row{"torch.avg_pool2d", of::avg_pool2d},
    Row{"torch.constant_pad_nd", of::constant_pad_nd},
    Row{"torch.reflection_pad2d", of::reflection_pad2d},
    Row{"torch.replication_pad2d", of::replication_pad2d},
    Row{"torch.upsample_nearest2d", of::upsample_nearest2d},
    Row{"torch.upsample_bilinear2d", of::upsample_bilinear2d},
    Row{"torch.add", of::add},
    Row{"torch.sub", of::sub},
    Row{"torch.mul", of::mul},
    Row{"torch.div", of::div},
    Row{"torch.pow", of::pow},
    Row{"torch.lt", of::lt},
    Row{"torch.logical_and", of::logical_and},
    Row{"torch.where", of::where},
    Row{"torch.relu", plain<Relu>},
    Row{"torch.leaky_relu", of::leaky_relu},
    Row{"torch.elu", of::elu},
    Row{"torch.clamp", of::clamp},
    Row{"torch.sigmoid", plain<Sigmoid>},
    Row{"torch.silu", plain<Silu>},
    Row{"torch.hardsigmoid", plain<HardSigmoid>},
    Row{"torch.hardswish", plain<HardSwish>},
    Row{"torch.tanh", plain<Tanh>},
    Row{"torch.exp", plain<Exp>},
    Row{"torch.log", plain<Log>},
    Row{"torch.sin", plain<Sin>},
    Row{"torch.cos", plain<Cos>},
    Row{"torch.sqrt", plain<Sqrt>},
    Row{"torch.erf", plain<Erf>},
    Row{"torch.softplus", plain<Softplus>},
    Row{"torch.mish", plain<Mish>},
    Row{"torch.gelu", of::gelu},
    Row{"torch.to", of::to},
    Row{"torch.matmul", of::matmul},
    Row{"torch.linear", of::linear},
    Row{"torch.layer_norm", of::layer_norm},
    Row{"torch.softmax", of::softmax},
    Row{"torch.mean", of::mean},
    Row{"torch.amax", of::amax},
    Row{"torch.sum", of::sum},
    Row{"torch.arange", of::arange},
    Row{"torch.cat", of::cat},
    Row{"torch.expand", of::expand},
    Row{"torch.index_select", of::index_select},
    Row{"torch.permute", of::permute},
    Row{"torch.reshape", of::reshape},
    Row{"torch.slice", of::slice},
    Row{"torch.split_with_sizes", of::split_with_sizes},
    Row{"torch.size", of::size},
    Row{"torch.floordiv", of::floordiv},
    Row{"ops.prim.min", of::prim_min},
    Row{"ops.prim.max", of::prim_max},
    Row{"ops.prim.dtype", of::prim_dtype},
    Row{"ops.prim.device", of::prim_device},
    Row{"torch.topk", of::topk},
    Row{"torch.sort", of::sort},
    Row{"torch.gather", of::gather},
    Row{"torch.grid_sampler", of::grid_sampler},
    Row{kTorchNmsFunction, of::non_max_suppression},
};

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
    const auto row = std::ranges::find(kRows, expression.text, &Row::function);
    if (row == kRows.end()) return fail(ErrorCode::kUnsupportedModel, "{} is not read", expression.text);
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

#include "formats/onnx/lower/lower.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/legalize.h"
#include "formats/onnx/layout.h"
#include "formats/onnx/lower/lowering.h"
#include "graph/attributes.h"

namespace modelport::onnx {

namespace {

using namespace layout;

constexpr auto kEmit =
    rows_of<Status (*)(const Node&, Lowering&)>(NativeOperators(), []<class Operator>() { return &emit<Operator>; });

Result<int64_t> ir_version_for(const OnnxOptions& options) {
  const int64_t opset = options.opset_version;
  if (opset < kOldestOpset || opset > kNewestOpset) {
    Error error = fail(ErrorCode::kInvalidArgument, "opset_version {} is not written", opset);
    error.hint = fmt::format("{} to {}", kOldestOpset, kNewestOpset);
    return error;
  }
  const int64_t lowest = lowest_ir_version(opset);
  const int64_t version = options.ir_version.value_or(lowest);
  if (version < lowest || version > kNewestIrVersion) {
    Error error = fail(ErrorCode::kInvalidArgument, "ir_version {} cannot carry opset {}", version, opset);
    error.hint = fmt::format("{} to {}", lowest, kNewestIrVersion);
    return error;
  }
  return version;
}

/// "anchors" for the A of a layout such as NCA; sizes without a word of their own are told by output and axis.
std::string parameter_name(const IoSpec* spec, const std::string& value, size_t axis) {
  const char letter = spec != nullptr && axis < spec->layout.size() ? spec->layout[axis] : ' ';
  if (letter == 'A') return "anchors";
  if (letter == 'H') return value + "_height";
  if (letter == 'W') return value + "_width";
  return fmt::format("{}_axis{}", value, axis);
}

OnnxValueInfo declare(const Graph& graph, const std::string& name, ValueId value, const IoSpec* spec) {
  OnnxValueInfo info{name, graph[value].type.dtype, {}};
  const SymbolicShape& shape = graph[value].type.shape;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (const auto constant = shape[axis].constant()) {
      info.shape.emplace_back(*constant);
      continue;
    }
    const auto is_size_of_input = [&](const NamedValue& input) {
      const SymbolicShape& sizes = graph[input.value].type.shape;
      return std::find(sizes.begin(), sizes.end(), shape[axis]) != sizes.end();
    };
    const bool of_input = std::any_of(graph.inputs.begin(), graph.inputs.end(), is_size_of_input);
    info.shape.emplace_back(of_input ? size_parameter(shape[axis]) : parameter_name(spec, name, axis));
  }
  return info;
}

/// A reader finds the symbol behind "height" from the stride in the metadata.
Status require_stride(const Graph& graph, OnnxModel& model) {
  for (const NamedValue& input : graph.inputs) {
    for (const Dim& size : graph[input.value].type.shape) {
      if (size.is_constant()) continue;
      if (size_parameter(size).empty()) {
        return fail(ErrorCode::kInternal, "the size {} of input '{}' is not a multiple of one symbol", size.text(),
                    input.name);
      }
      const int64_t factor = size.terms()[0].coefficient;
      if (factor == 1) continue;
      const auto entry = std::find_if(model.metadata_props.begin(), model.metadata_props.end(),
                                      [](const auto& each) { return each.first == "stride"; });
      if (entry == model.metadata_props.end()) {
        model.metadata_props.emplace_back("stride", fmt::format("{}", factor));
      } else if (entry->second != fmt::format("{}", factor)) {
        return fail(ErrorCode::kInternal, "input '{}' varies in steps of {} and the metadata says stride {}",
                    input.name, factor, entry->second);
      }
    }
  }
  return {};
}

const IoSpec* spec_of(const std::vector<IoSpec>& specs, size_t index) {
  return index < specs.size() ? &specs[index] : nullptr;
}

}  // namespace

Result<Graph> legalize_onnx(const Graph& graph, int64_t opset) {
  return legalize(graph, {"ONNX", versions_of(NativeOperators()), opset});
}

Result<std::shared_ptr<const OnnxModel>> lower_onnx(const SourceModel& source, const Graph& graph,
                                                    const OnnxOptions& options) {
  TRY(ir_version, ir_version_for(options));
  TRY(legal, legalize_onnx(graph, options.opset_version));
  round_attributes(legal);
  auto model = std::make_shared<OnnxModel>();
  model->ir_version = ir_version;
  model->opset = options.opset_version;
  model->producer_name = "modelport";
  model->producer_version = MODELPORT_VERSION;
  model->metadata_props = source.facts.framework_metadata;
  model->graph_name = source.facts.model_name.empty() ? "model" : source.facts.model_name;
  CHECK_OK(require_stride(legal, *model));

  Lowering lowering(legal, options.opset_version, *model);
  for (const Node& node : legal.nodes) {
    lowering.set_path(node.path);
    CHECK_OK(kEmit[node.op.index()](node, lowering));
  }
  lowering.finish_outputs();
  for (size_t i = 0; i < legal.inputs.size(); ++i) {
    model->inputs.push_back(declare(legal, legal.inputs[i].name, legal.inputs[i].value, spec_of(source.inputs, i)));
  }
  for (size_t i = 0; i < legal.outputs.size(); ++i) {
    model->outputs.push_back(declare(legal, legal.outputs[i].name, legal.outputs[i].value, spec_of(source.outputs, i)));
  }
  for (const NamedValue& probe : legal.probes) {
    model->probes.push_back(declare(legal, lowering.name(probe.value), probe.value, nullptr));
  }
  return std::shared_ptr<const OnnxModel>(std::move(model));
}

}  // namespace modelport::onnx

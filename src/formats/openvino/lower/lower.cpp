#include "formats/openvino/lower/lower.h"

#include "formats/legalize.h"
#include "formats/openvino/layout.h"
#include "formats/openvino/lower/lowering.h"
#include "formats/openvino/lower/model_info.h"
#include "graph/attributes.h"

namespace modelport::openvino {

namespace {

constexpr auto kEmit =
    rows_of<Status (*)(const Node&, Lowering&)>(NativeOperators(), []<class Operator>() { return &emit<Operator>; });

Status require_element_types(const Graph& graph) {
  for (const Value& value : graph.values) {
    if (layout::element_type(value.type.dtype)) continue;
    return fail(ErrorCode::kInvalidArgument, "OpenVINO has no {}", dtype_name(value.type.dtype));
  }
  return {};
}

}  // namespace

Result<Graph> legalize_openvino(const Graph& graph) {
  return legalize(graph, {"OpenVINO", versions_of(NativeOperators())});
}

Result<std::shared_ptr<const OpenvinoModel>> lower_openvino(const SourceModel& source, const Graph& graph) {
  TRY(legal, legalize_openvino(graph));
  round_attributes(legal);
  CHECK_OK(require_element_types(legal));
  auto model = std::make_shared<OpenvinoModel>();
  model->name = source.facts.model_name.empty() ? "model" : source.facts.model_name;
  model->info = model_info(source, legal);
  Lowering lowering(legal, *model);
  for (const Node& node : legal.nodes) {
    lowering.set_path(node.path);
    CHECK_OK(kEmit[node.op.index()](node, lowering));
  }
  lowering.finish();
  return std::shared_ptr<const OpenvinoModel>(std::move(model));
}

}  // namespace modelport::openvino

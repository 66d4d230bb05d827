#include "formats/torchscript/lower/lower.h"

#include "formats/legalize.h"
#include "formats/torchscript/layout.h"
#include "formats/torchscript/lower/config_json.h"
#include "formats/torchscript/lower/lowering.h"
#include "formats/torchscript/torch_op.h"
#include "graph/attributes.h"

namespace modelport::torchscript {

namespace {

constexpr auto kEmit =
    rows_of<Status (*)(const Node&, Lowering&)>(NativeOperators(), []<class Operator>() { return &emit<Operator>; });

Status require_scalar_types(const Graph& graph) {
  for (const Value& value : graph.values) {
    if (layout::scalar_type(value.type.dtype)) continue;
    return fail(ErrorCode::kInvalidArgument, "TorchScript has no {}", dtype_name(value.type.dtype));
  }
  return {};
}

}  // namespace

Result<Graph> legalize_torch(const Graph& graph) {
  return legalize(graph, {"TorchScript", versions_of(NativeOperators())});
}

Result<std::shared_ptr<const TorchModel>> lower_torch(const SourceModel& source, const Graph& graph) {
  TRY(legal, legalize_torch(graph));
  round_attributes(legal);
  CHECK_OK(require_scalar_types(legal));
  auto model = std::make_shared<TorchModel>();
  model->config = config_json(source.facts.framework_metadata);
  Lowering lowering(legal, *model);
  for (const Node& node : legal.nodes) {
    lowering.set_path(node.path);
    CHECK_OK(kEmit[node.op.index()](node, lowering));
  }
  lowering.finish();
  return std::shared_ptr<const TorchModel>(std::move(model));
}

}  // namespace modelport::torchscript

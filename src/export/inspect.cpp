#include "export/inspect.h"

#include <map>

#include "export/export_options.h"
#include "export/foretell.h"
#include "graph/text.h"

namespace modelport {

namespace {

Json values_json(const SourceModel& model, const std::vector<IoSpec>& specs, const std::vector<NamedValue>& values) {
  Json list = Json::array();
  for (size_t i = 0; i < specs.size(); ++i) {
    const ValueType& type = model.graph[values[i].value].type;
    Json shape = Json::array();
    for (const Dim& size : type.shape) shape.push_back(size.is_constant() ? Json(*size.constant()) : Json(size.text()));
    list.push_back(
        {{"name", specs[i].name}, {"dtype", dtype_name(type.dtype)}, {"layout", specs[i].layout}, {"shape", shape}});
  }
  return list;
}

Json model_json(const SourceModel& model) {
  std::map<std::string, int64_t> operators;
  for (const Node& node : model.graph.nodes) ++operators[std::string(op_name(node.op))];
  Json report = {{"framework", model.facts.framework},
                 {"framework_version", model.facts.framework_version},
                 {"model_name", model.facts.model_name},
                 {"task_type", task_name(model.facts.task)},
                 {"source_task", model.facts.source_task},
                 {"class_names", model.facts.class_names},
                 {"stride", model.facts.stride},
                 {"inputs", values_json(model, model.inputs, model.graph.inputs)},
                 {"outputs", values_json(model, model.outputs, model.graph.outputs)},
                 {"nodes", model.graph.nodes.size()},
                 {"operators", operators}};
  if (!model.notes.empty()) report["notes"] = model.notes;
  return report;
}

}  // namespace

Result<Inspection> inspect_translation(const Trainer& trainer, const std::string& checkpoint_path,
                                       const std::string& export_config) {
  const FormatRow* format = &default_format();
  TRY(options, parse_export_config(export_config, trainer, {&format, 1}));
  const Foretold foretold = foretell_export(trainer, checkpoint_path, *format->format, options.front());
  Inspection inspection{{{"checkpoint", checkpoint_path}, {"exportable", foretold.outcome ? "yes" : "no"}},
                        foretold.outcome};
  if (!foretold.outcome) inspection.report["reason"] = foretold.outcome.error().text();
  if (foretold.model) inspection.report.update(model_json(*foretold.model));
  return inspection;
}

}  // namespace modelport

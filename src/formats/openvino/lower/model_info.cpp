#include "formats/openvino/lower/model_info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace modelport::openvino {

namespace {

constexpr double kDefaultIou = 0.7;
constexpr int64_t kDefaultPadValue = 114;

std::string labels(const std::vector<std::string>& names) {
  std::vector<std::string> words = names;
  for (std::string& word : words) std::replace(word.begin(), word.end(), ' ', '_');
  return fmt::format("{}", fmt::join(words, " "));
}

OpenvinoInfo model_api(const SourceModel& source, const Graph& graph) {
  const ModelFacts& facts = source.facts;
  const auto takes_floats = [&](const NamedValue& input) { return is_float(graph[input.value].type.dtype); };
  const bool scaled_outside = std::all_of(graph.inputs.begin(), graph.inputs.end(), takes_floats);
  OpenvinoInfo info{"model_info", "", {}};
  const auto entry = [&](std::string name, std::string value) {
    info.children.push_back({std::move(name), std::move(value), {}});
  };
  const double iou = facts.detection ? facts.detection->iou_threshold : kDefaultIou;
  entry("iou_threshold", fmt::format("{:g}", iou));
  entry("labels", labels(facts.class_names));
  entry("model_type", facts.model_type);
  entry("pad_value", fmt::format("{}", facts.preprocessing.pad_value.value_or(kDefaultPadValue)));
  if (facts.preprocessing.resize == ResizePolicy::kLetterbox) entry("resize_type", "fit_to_window_letterbox");
  // Where scaling and colour order are inside the graph, nothing is left to do outside.
  entry("reverse_input_channels", scaled_outside ? "YES" : "NO");
  entry("scale_values", scaled_outside ? "255" : "1");
  return info;
}

}  // namespace

std::vector<OpenvinoInfo> model_info(const SourceModel& source, const Graph& graph) {
  std::vector<OpenvinoInfo> info;
  if (!source.facts.model_type.empty()) info.push_back(model_api(source, graph));
  OpenvinoInfo own{"modelport", "", {}};
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const SymbolicShape& shape = graph[graph.inputs[i].value].type.shape;
    if (std::all_of(shape.begin(), shape.end(), [](const Dim& size) { return size.is_constant(); })) continue;
    own.children.push_back({fmt::format("input{}", i), shape_text(shape), {}});
  }
  own.children.push_back({"version", MODELPORT_VERSION, {}});
  info.push_back(std::move(own));
  return info;
}

}  // namespace modelport::openvino

#include "formats/openvino/openvino_format.h"

#include <array>

#include "formats/openvino/identical.h"
#include "formats/openvino/layout.h"
#include "formats/openvino/lower/lower.h"
#include "formats/openvino/raise/raise.h"
#include "formats/openvino/reader.h"
#include "formats/openvino/writer.h"

namespace modelport::openvino {

namespace {

const OpenvinoModel& as_openvino(const LoweredModel& lowered) { return dynamic_cast<const OpenvinoModel&>(lowered); }

Result<Graph> legalize(const Graph& graph, const FormatOptions&) { return legalize_openvino(graph); }

Result<std::shared_ptr<const LoweredModel>> lower(const SourceModel& source, const Graph& graph, const FormatOptions&) {
  TRY(model, lower_openvino(source, graph));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status write(const LoweredModel& lowered, std::span<ArtifactSink* const> sinks) {
  const OpenvinoModel& model = as_openvino(lowered);
  CHECK_OK(write_openvino_weights(model, *sinks[1]));
  const std::string xml = openvino_xml(model, ProbeResults::kLeaveOut);
  return sinks[0]->append(std::as_bytes(std::span(xml)));
}

Result<std::shared_ptr<const LoweredModel>> read_back(const std::string& path) {
  TRY(model, read_openvino_file(path));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status require_identical(const LoweredModel& written, const LoweredModel& read) {
  return require_identical_openvino(as_openvino(written), as_openvino(read));
}

Result<Graph> raise(const LoweredModel& read, std::span<const std::string> probes) {
  return raise_openvino(as_openvino(read), probes);
}

std::vector<std::string> probe_names(const LoweredModel& lowered) {
  const OpenvinoModel& model = as_openvino(lowered);
  std::vector<std::string> names;
  for (const OpenvinoSource& probe : model.probes) names.push_back(value_name(model, probe));
  return names;
}

Result<std::vector<std::byte>> twin(const LoweredModel& lowered, const std::string&) {
  const std::string xml = openvino_xml(as_openvino(lowered), ProbeResults::kDeclare);
  const auto bytes = std::as_bytes(std::span(xml));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

constexpr std::array<std::string_view, 4> kPrepare = {"append_class_map", "merge_reshapes", "legalize", "to_half"};

}  // namespace

const Format& format() {
  using namespace layout;
  static const Format kFormat{"openvino",
                              {kModelFile, kWeightsFile},
                              "OpenVINO",
                              {},
                              {.weights = DType::kFloat16, .arithmetic = DType::kFloat32},
                              kPrepare,
                              FrameworkEntries::kBeside,
                              legalize,
                              lower,
                              write,
                              read_back,
                              require_identical,
                              raise,
                              probe_names,
                              twin};
  return kFormat;
}

}  // namespace modelport::openvino

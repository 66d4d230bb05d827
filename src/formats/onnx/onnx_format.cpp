#include "formats/onnx/onnx_format.h"

#include <array>

#include "formats/onnx/identical.h"
#include "formats/onnx/lower/lower.h"
#include "formats/onnx/options.h"
#include "formats/onnx/raise/raise.h"
#include "formats/onnx/reader.h"
#include "formats/onnx/writer.h"
#include "io/mapped_file.h"

namespace modelport::onnx {

namespace {

const OnnxModel& as_onnx(const LoweredModel& lowered) { return dynamic_cast<const OnnxModel&>(lowered); }

Result<Graph> legalize(const Graph& graph, const FormatOptions& options) {
  return legalize_onnx(graph, options.as<OnnxOptions>().opset_version);
}

Result<std::shared_ptr<const LoweredModel>> lower(const SourceModel& source, const Graph& graph,
                                                  const FormatOptions& options) {
  TRY(model, lower_onnx(source, graph, options.as<OnnxOptions>()));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status write(const LoweredModel& lowered, std::span<ArtifactSink* const> sinks) {
  return write_onnx(as_onnx(lowered), *sinks[0]);
}

Result<std::shared_ptr<const LoweredModel>> read_back(const std::string& path) {
  TRY(model, read_onnx_file(path, UnknownFields::kRefuse));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status require_identical(const LoweredModel& written, const LoweredModel& read) {
  return require_identical_onnx(as_onnx(written), as_onnx(read));
}

Result<Graph> raise(const LoweredModel& read, std::span<const std::string> probes) {
  return raise_onnx(as_onnx(read), probes);
}

std::vector<std::string> probe_names(const LoweredModel& lowered) {
  std::vector<std::string> names;
  for (const OnnxValueInfo& probe : as_onnx(lowered).probes) names.push_back(probe.name);
  return names;
}

Result<std::vector<std::byte>> twin(const LoweredModel& lowered, const std::string& path) {
  TRY(file, MappedFile::open(path));
  const std::vector<std::byte> suffix = onnx_twin_suffix(as_onnx(lowered));
  std::vector<std::byte> bytes;
  bytes.reserve(file->bytes().size() + suffix.size());
  bytes.insert(bytes.end(), file->bytes().begin(), file->bytes().end());
  bytes.insert(bytes.end(), suffix.begin(), suffix.end());
  return bytes;
}

constexpr std::array<std::string_view, 4> kPrepare = {"append_class_map", "merge_reshapes", "legalize", "to_half"};

}  // namespace

const Format& format() {
  static const Format kFormat{"onnx",
                              {"model.onnx"},
                              "ONNX Runtime",
                              onnx_options(),
                              Precision{.weights = DType::kFloat16, .arithmetic = DType::kFloat16},
                              kPrepare,
                              FrameworkEntries::kInside,
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

}  // namespace modelport::onnx

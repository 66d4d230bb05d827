#include "formats/onnx/onnx_format.h"

#include "formats/onnx/identical.h"
#include "formats/onnx/lower/lower.h"
#include "formats/onnx/raise/raise.h"
#include "formats/onnx/reader.h"
#include "formats/onnx/writer.h"

namespace modelport {

namespace {

const OnnxModel& as_onnx(const LoweredModel& lowered) { return dynamic_cast<const OnnxModel&>(lowered); }

Result<std::shared_ptr<const LoweredModel>> lower(const SourceModel& source, const Graph& graph,
                                                  const FormatOptions& options) {
  TRY(model, lower_onnx(source, graph, options));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status write(const LoweredModel& lowered, ArtifactSink& sink) { return write_onnx(as_onnx(lowered), sink); }

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

Result<Format::Twin> twin(const LoweredModel& lowered) { return onnx_twin(as_onnx(lowered)); }

}  // namespace

const Format& onnx_format() {
  static const Format kFormat{"onnx",    {"model.onnx"},    "ONNX Runtime", lower, write,
                              read_back, require_identical, raise,          twin};
  return kFormat;
}

}  // namespace modelport

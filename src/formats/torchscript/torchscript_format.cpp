#include "formats/torchscript/torchscript_format.h"

#include <array>

#include "formats/torchscript/layout.h"
#include "formats/torchscript/lower/lower.h"
#include "formats/torchscript/raise/raise.h"
#include "formats/torchscript/reader.h"
#include "formats/torchscript/writer.h"

namespace modelport::torchscript {

namespace {

const TorchModel& as_torch(const LoweredModel& lowered) { return dynamic_cast<const TorchModel&>(lowered); }

Result<Graph> legalize(const Graph& graph, const FormatOptions&) { return legalize_torch(graph); }

Result<std::shared_ptr<const LoweredModel>> lower(const SourceModel& source, const Graph& graph, const FormatOptions&) {
  TRY(model, lower_torch(source, graph));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status write(const LoweredModel& lowered, std::span<ArtifactSink* const> sinks) {
  return write_torch(as_torch(lowered), *sinks[0]);
}

Result<std::shared_ptr<const LoweredModel>> read_back(const std::string& path) {
  TRY(file, MappedFile::open(path));
  TRY(model, read_torch(std::move(file)));
  return std::shared_ptr<const LoweredModel>(std::move(model));
}

Status require_identical(const LoweredModel& written, const LoweredModel& read) {
  return require_identical_torch(as_torch(written), as_torch(read));
}

Result<Graph> raise(const LoweredModel& read, std::span<const std::string> probes) {
  return raise_torch(as_torch(read), probes);
}

std::vector<std::string> probe_names(const LoweredModel& lowered) {
  const TorchModel& model = as_torch(lowered);
  std::vector<std::string> names;
  for (const TorchExpression& probe : model.probes) names.push_back(torch_value_name(model, probe));
  return names;
}

Result<std::vector<std::byte>> twin(const LoweredModel& lowered, const std::string& path) {
  return torch_archive_with_code(path, torch_twin_code(as_torch(lowered)));
}

constexpr std::array<std::string_view, 3> kPrepare = {"merge_reshapes", "legalize", "to_half"};

}  // namespace

const Format& format() {
  static const Format kFormat{"torchscript",
                              {layout::kFile},
                              "torch",
                              {},
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

}  // namespace modelport::torchscript

#pragma once

#include <any>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "source/export_option.h"
#include "source/precision.h"
#include "source/side_file.h"
#include "source/source_model.h"

namespace modelport {

/// A model in a format's own closed node types, between lowering and bytes. Each format derives one.
class LoweredModel {
 public:
  virtual ~LoweredModel() = default;
};

/// The values of one format's own options, already validated: a struct of that format (onnx::OnnxOptions), which every
/// reader names. Made empty, they are that struct's defaults.
class FormatOptions {
 public:
  FormatOptions() = default;
  template <class Own>
  requires(!std::same_as<Own, FormatOptions>) FormatOptions(Own own) : own_(std::move(own)) {}

  template <class Own>
  const Own& as() const {
    static const Own kDefaults;
    return own_.has_value() ? *std::any_cast<Own>(&own_) : kDefaults;
  }
  template <class Own>
  Own& as() {
    if (!own_.has_value()) own_.emplace<Own>();
    return *std::any_cast<Own>(&own_);
  }

 private:
  std::any own_;
};

/// The place of an option's value, for its row (source/export_option.h).
template <class Own, class Value>
auto of_format(Value Own::*member) {
  return [member](auto& options) -> auto& { return options.template as<Own>().*member; };
}

/// Where an artifact's bytes go. Implemented by the publisher; errors are kUnwritable.
class ArtifactSink {
 public:
  virtual ~ArtifactSink() = default;
  virtual Status append(std::span<const std::byte> bytes) = 0;
};

/// One row per output format.
struct Format {
  std::string_view name;                ///< The convention's name: "onnx".
  std::vector<std::string_view> files;  ///< What it writes, the model first: {"model.xml", "model.bin"}.
  std::string_view native_engine;       ///< "ONNX Runtime"
  std::span<const ExportOption<FormatOptions>> options;  ///< Those that it alone reads.
  Precision half;                                        ///< What `half` means here.
  std::span<const std::string_view> prepare;  ///< The passes behind those of every format, in order, by name.
  FrameworkEntries entries;

  /// The graph with every operator that this format has no node for decomposed; lower() does the same first. The errors
  /// of lower(). What the pass "legalize" does.
  Result<Graph> (*legalize)(const Graph& graph, const FormatOptions& options);
  /// The graph (simplified, concrete or symbolic sizes) as this format's nodes, attributes as files hold them
  /// (graph/attributes.h). kUnsupportedFormat-free: what cannot be
  /// held is kInvalidArgument naming the operator, the option that would help and the module path.
  Result<std::shared_ptr<const LoweredModel>> (*lower)(const SourceModel& model, const Graph& graph,
                                                       const FormatOptions& options);
  /// Streams the files, one sink for each of `files`; weights are converted from their recipes while being written.
  Status (*write)(const LoweredModel& lowered, std::span<ArtifactSink* const> sinks);
  /// Reads written files back into the same node types, with bounds on everything; weights stay views of mapped files.
  /// `path` is the first file's; the others lie beside it, where companion_path() says.
  Result<std::shared_ptr<const LoweredModel>> (*read_back)(const std::string& path);
  /// kValidationFailed naming the first difference: nodes, attributes, names, types, every byte of every weight.
  Status (*require_identical)(const LoweredModel& written, const LoweredModel& read);
  /// What the file computes, from the format's specification, not from lower(). Values of the file named in `probes`
  /// become the graph's probes.
  Result<Graph> (*raise)(const LoweredModel& read, std::span<const std::string> probes);
  /// The values of the file that hold the model's probes, in the order of SourceModel::probes.
  std::vector<std::string> (*probe_names)(const LoweredModel& lowered);
  /// The first file's content as its twin has it: the same model with the probes as further outputs, in that order;
  /// those that are outputs already, or were named before, not once more. Only that differs from the file at `path`;
  /// the others are shared.
  Result<std::vector<std::byte>> (*twin)(const LoweredModel& lowered, const std::string& path);
};

/// Where the companion `file` ("model.bin") of a format's first file lies: `path` with first_file's name replaced by
/// it, whatever stands before that name (".modelport-new-model.xml").
std::string companion_path(const std::string& path, std::string_view first_file, std::string_view file);

}  // namespace modelport

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace modelport {

/// The size of a dimension that an artifact leaves open.
inline constexpr int64_t kDynamicSize = -1;

/// An input or output as the artifact declares it.
struct DeclaredTensor {
  std::string name;
  std::string dtype;  ///< As metadata.json writes it: "float32"; empty where nothing is declared.
  std::optional<std::vector<int64_t>> dims;  ///< kDynamicSize where it may vary; nothing where no shape is declared.
};

/// What an artifact's header says, without its weights.
struct ArtifactHeader {
  std::vector<DeclaredTensor> inputs, outputs;
  /// What its producer noted, as name and text: ONNX metadata_props, OpenVINO rt_info, TorchScript's config.txt ...
  std::vector<std::pair<std::string, std::string>> facts;
  /// Names of further files that it needs beside it.
  std::vector<std::string> companions;
  /// Bytes that its weights file must have at least; 0 where it has none of its own.
  uint64_t companion_bytes = 0;
  /// Whether the format can be read at all: a TensorRT plan is recognised, no more.
  enum class Depth { kDeclarations, kRecognised } depth = Depth::kDeclarations;

  /// The text of a fact; empty where it is not given.
  std::string_view fact(std::string_view name) const;
};

/// The class names that a producer noted, in the order of their numbers.
struct RecordedClasses {
  std::vector<std::string> names;
  /// OpenVINO's labels have underscores in place of spaces.
  enum class Spelling { kExact, kUnderscores } spelling = Spelling::kExact;

  bool agree_with(const std::vector<std::string>& names) const;
};
/// Nothing where it noted none, or in a way that is not understood.
std::optional<RecordedClasses> recorded_classes(const ArtifactHeader& header);

/// The task that a producer noted, in its own words ("detect", "segment", "obb" ...); empty where it noted none.
std::string recorded_task(const ArtifactHeader& header);

}  // namespace modelport

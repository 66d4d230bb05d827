#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "artifact/export_directory.h"
#include "artifact/header.h"

namespace modelport {

// One reader per format, each bounded: sizes are checked before they are believed, nesting has a limit, nothing is
// executed and no weight is read. Errors are kDamaged, or kHostile where only a crafted file does it; all say where.

/// ModelProto of onnx.proto3: graph inputs that are no initializers, outputs, metadata_props, external data.
Result<ArtifactHeader> read_onnx_header(std::span<const std::byte> file);
/// Model of LiteRT's schema.fbs ("TFL3"): inputs and outputs of the first subgraph.
Result<ArtifactHeader> read_tflite_header(std::span<const std::byte> file);
/// OpenVINO IR 10 or 11: Parameters, Results, constants' extent, rt_info.
Result<ArtifactHeader> read_openvino_header(std::span<const std::byte> xml);
/// torch.jit archive: the arguments of the top class's forward; types and shapes only where its producer noted them.
Result<ArtifactHeader> read_torchscript_header(std::span<const std::byte> file);
/// Model of coremltools' Model.proto, from inside a package.
Result<ArtifactHeader> read_coreml_spec(std::span<const std::byte> spec);
/// Files of weights that a model inside a package names: "weights/weight.bin", relative to the model's folder.
std::vector<std::string> coreml_weight_files(std::span<const std::byte> spec);
/// A file of weights in Core ML's blob format: kDamaged where a blob does not lie in it. Other versions are not judged.
Status check_coreml_weights(std::span<const std::byte> file);
/// Where Manifest.json of a package says that its model lies, relative to the package.
Result<std::string> read_coreml_manifest(std::string_view manifest);
/// A plan begins with "ftrt", after a length and JSON where Ultralytics wrote it.
Result<ArtifactHeader> recognise_tensorrt(std::span<const std::byte> file);

/// One row per format of the convention.
struct ArtifactFormat {
  std::string_view name;       ///< "onnx"
  std::string_view artifact;   ///< What lies in output_dir: "model.onnx".
  std::string_view companion;  ///< The second file, "model.bin"; empty for most.
  DirectoryEntry::Kind kind;   ///< Of the artifact.
  Result<ArtifactHeader> (*read)(const ExportDirectory& directory);
  std::string_view folder_ending;  ///< Of a folder that is named after the checkpoint: "best_onnx".
};
std::span<const ArtifactFormat> artifact_formats();
/// The row of this name; null where the convention has none.
const ArtifactFormat* find_artifact_format(std::string_view name);
/// The row whose artifacts have this file's extension (".onnx"); null where there is none.
const ArtifactFormat* artifact_format_of(const std::string& path);
/// ".onnx"
std::string extension_of(const ArtifactFormat& format);

}  // namespace modelport

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtimes/engine.h"
#include "vision/prediction.h"

namespace modelport {

/// One row per kind of artifact that can be run here, and its engine.
struct ArtifactEngine {
  std::string_view format;  ///< The convention's name: "onnx".
  Engine& (*engine)();
  enum class Inputs { kByName, kByPosition } inputs;
};
std::span<const ArtifactEngine> artifact_engines();

/// An artifact loaded in its engine, and what its metadata.json says of it.
struct ArtifactSession {
  ArtifactContract contract;
  std::string path;  ///< Of the first file.
  Engine* engine = nullptr;
  std::unique_ptr<EngineSession> session;
};

/// Opens `artifact`, a file of an export or its folder, with the metadata.json beside it and nothing else.
/// kNotFound, kInvalidArgument (metadata.json, or a kind of file that no engine here runs), kUnavailable with the
/// command that brings the engine.
Result<ArtifactSession> open_artifact(const std::string& artifact);

/// Runs the artifact on pictures of any size, as many at once as its batch holds, the last one repeated where they do
/// not fill it, and interprets the outputs. One prediction and its placement per picture.
struct PicturePrediction {
  Prediction prediction;
  Placement placement;
};
Result<std::vector<PicturePrediction>> predict_pictures(ArtifactSession& artifact, std::span<const Image> pictures);

}  // namespace modelport

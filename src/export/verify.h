#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "source/architecture.h"

namespace modelport {

/// An existing artifact, ours or anyone's, and what it is measured against.
struct VerifyRequest {
  std::string checkpoint_path;
  std::string artifact;             ///< The file, or the folder of an export.
  std::vector<std::string> images;  ///< Photographs; none: the deterministic image of reference/photo_like_input.h.
  std::string draw_directory;       ///< Empty: nothing is drawn.
};

/// What was measured, and whether every figure is within its limit.
struct VerifyReport {
  Json json;
  enum class Verdict { kAgrees, kDiffers } verdict = Verdict::kAgrees;
};

/// Runs the artifact in its engine and evaluates the unfolded graph of the checkpoint on the same pictures: figures by
/// channel group, with the limits of a proof, and what both see after suppression, side by side in drawings. The model
/// is built as metadata.json beside the artifact says; where there is none, at the size that the artifact declares,
/// with the head whose outputs have its shapes. kNotFound, kInvalidArgument for a kind of file that no engine here runs
/// or a model that cannot be its origin, kUnavailable where its engine is missing, kValidationFailed where it does not
/// run or its outputs have other shapes.
Result<VerifyReport> verify_artifact(const Trainer& trainer, const VerifyRequest& request);

}  // namespace modelport

#pragma once

#include "models/ultralytics/translation.h"
#include "source/architecture.h"

namespace modelport::ultralytics {

/// What the rows of the architecture table differ in.
struct TaskProfile {
  Task task;
  std::string_view source_task;  ///< "detect"
  std::string head;              ///< "Detect"
  /// How the framework's detection predictor fits an image into the input.
  ResizePolicy resize = ResizePolicy::kLetterbox;
  /// What the root hands to its layers beside the image, before they run; null: nothing.
  Status (*prepare)(Translation& t, const ModuleView& root) = nullptr;
};

/// Translates the checkpoint's module tree and reads its facts.
Result<SourceModel> build_model(const ModelSource& source, const BuildRequest& request, const TaskProfile& profile);

}  // namespace modelport::ultralytics

#pragma once

#include <string>
#include <vector>

#include "export/pipeline.h"

namespace modelport {

/// One export whose limits are held to the golden table and that faults of just over a limit are put into.
struct LimitCase {
  std::string checkpoint;  ///< Below tests/fixtures, or of the scaled models: without ".pt".
  std::string format;
  std::string settings;  ///< "half=true nms=true"; empty: at default options.

  /// "families/yolo26 onnx half=true".
  std::string name() const;
  std::string path() const;
  bool is_half() const;
  /// At 96x128.
  ExportTarget target(const std::string& output_dir) const;
};

/// Every fixture that exports without further options: "yolo11-sample", "families/yolo26"...
std::vector<std::string> fixture_checkpoints();

/// Every fixture in ONNX, at float32 and at float16; one of each task in the other formats; every head's other forms.
std::vector<LimitCase> limit_cases();

/// The models of tests/live/make_scaled.py in the directory that MODELPORT_SCALED names; none without it.
std::vector<LimitCase> scaled_limit_cases();

}  // namespace modelport

#pragma once

#include <functional>
#include <string>

#include "export/export_options.h"
#include "source/architecture.h"

namespace modelport {

struct ExportRequest {
  std::string checkpoint_path;
  std::string export_format;
  std::string output_dir;
  ExportOptions options;
};

/// Where a test may spoil what the pipeline made, to see the proof refuse it. Empty functions in every real export.
struct FaultInjection {
  std::function<void(Graph&)> after_passes;
  std::function<void(LoweredModel&)> after_lowering;
  std::function<void(const std::string& path)> after_writing;
};

/// The whole export, one named step a line: from a checkpoint to a proven, published artifact. On error nothing is
/// published and what the directory held before is still there.
Status run_export(const Trainer& trainer, const ExportRequest& request, const FaultInjection& faults = {});

}  // namespace modelport

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "export/export_options.h"
#include "source/architecture.h"

namespace modelport {

/// One format of an export, into a directory of its own.
struct ExportTarget {
  const FormatRow* format = nullptr;  ///< Available.
  std::string output_dir;
  ExportOptions options;
};

struct ExportRequest {
  std::string checkpoint_path;
  std::vector<ExportTarget> targets;
};

/// Where a test may spoil what the pipeline made, to see the proof refuse it. Empty functions in every real export.
struct FaultInjection {
  std::function<void(Graph&)> after_passes;
  std::function<void(LoweredModel&)> after_lowering;
  std::function<void(const std::string& path)> after_writing;
};

/// What became of each target, in order.
using Outcomes = std::vector<Status>;

/// The whole export, one named step a line: from a checkpoint to proven, published artifacts. The checkpoint is read
/// once, each model that the options ask for is built and evaluated once, and formats are written and proven side by
/// side. A target that fails publishes nothing, leaves what its directory held before, and does not stop the others.
/// `when_done` is called while all that was read is still in memory: a process that ends there saves tearing it down.
Outcomes run_export(const Trainer& trainer, const ExportRequest& request, const FaultInjection& faults = {},
                    const std::function<void(const Outcomes&)>& when_done = {});

}  // namespace modelport

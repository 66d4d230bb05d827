#pragma once

#include "models/ultralytics/translation.h"

/// What heads that predict boxes per cell have in common (ultralytics/nn/modules/head.py, Detect).
namespace modelport::ultralytics {

/// What such a head says of itself; every number that its layers repeat is checked against them.
struct DetectHead {
  int64_t class_count;
  int64_t bins;  ///< Of each side's distance distribution (`reg_max`).
  std::vector<double> strides;
};

/// Reads `nc`, `reg_max`, `stride` and checks `nl`. `no` is the caller's: heads guided by text compute it again.
Result<DetectHead> read_detect_head(const ModuleView& module, size_t levels);

/// One branch over all levels, [N, channels, A]: the layers of the ModuleList `name`, each applied to its level.
Result<ValueId> head_branch(Translation& t, const ModuleView& module, std::string_view name,
                            std::span<const ValueId> levels, int64_t channels);

/// Distributions [N, 4 bins, A] -> [N, 4, A]: x, y of the middle, width, height in input pixels.
Result<ValueId> decode_boxes(Translation& t, const ModuleView& module, const DetectHead& head, ValueId distributions,
                             std::span<const ValueId> levels);

/// Adds the output [N, 4 + classes + extra, A] of boxes, sigmoid(logits) and what the task adds, its probes and facts.
/// Returns it.
ValueId finish_detection(Translation& t, const DetectHead& head, ValueId boxes, ValueId logits,
                         std::optional<ValueId> extra = {});

}  // namespace modelport::ultralytics

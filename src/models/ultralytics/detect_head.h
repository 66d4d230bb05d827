#pragma once

#include "models/ultralytics/anchors.h"
#include "models/ultralytics/translation.h"

/// What heads that predict boxes per cell have in common (ultralytics/nn/modules/head.py, Detect).
namespace modelport::ultralytics {

/// Which of the two heads that were trained side by side is built.
enum class HeadBranch {
  kOneToMany,  ///< Many cells for an object: a consumer suppresses. Boxes as x, y of the middle, width, height.
  kOneToOne,   ///< One cell for an object: the best rows are selected inside. Boxes as x1, y1, x2, y2.
};

/// What such a head says of itself; every number that its layers repeat is checked against them.
struct DetectHead {
  int64_t class_count;
  int64_t bins;  ///< Of each side's distance distribution (`reg_max`).
  std::vector<double> strides;
  HeadBranch branch = HeadBranch::kOneToMany;

  /// The layers of this branch: "cv2", or "one2one_cv2".
  std::string layers(std::string_view name) const;
};

/// Reads `nc`, `reg_max`, `stride` and checks `nl`; chooses the branch that is asked for, or the one that fuse() has
/// left, and sets the other one's layers (by their names in the one-to-many branch: "cv2") aside. `no` is the caller's:
/// heads guided by text compute it again.
Result<DetectHead> read_detect_head(Translation& t, const ModuleView& module, size_t levels,
                                    std::span<const std::string_view> layers);

/// One branch over all levels, [N, channels, A]: the layers of the ModuleList `name`, each applied to its level.
Result<ValueId> head_branch(Translation& t, const ModuleView& module, std::string_view name,
                            std::span<const ValueId> levels, int64_t channels);

/// Distributions [N, 4 bins, A] -> boxes [N, 4, A] in input pixels, as the branch has them; with an angle [N, 1, A]
/// always middle, width, height of the turned box. In float32 whatever the rest is computed in.
Result<ValueId> decode_boxes(Translation& t, const ModuleView& module, const DetectHead& head, ValueId distributions,
                             std::span<const ValueId> levels, std::optional<ValueId> angle = {});

/// What a task adds to each box, [N, channels, A].
struct HeadExtra {
  std::string name;  ///< "keypoints": for metadata's output_layout.
  ValueId value;
  int64_t channels;
  /// Of the value's own channels, counted from 0; empty: none.
  std::vector<ChannelGroup> groups;
};

/// Adds output0, its probes and facts: [N, 4 + classes + extra, A] of boxes, sigmoid(logits) and what the task adds, or
/// in the one-to-one branch the best rows [N, D, 6 + extra] of box, score, class and the rest. Returns it.
ValueId finish_detection(Translation& t, const DetectHead& head, ValueId boxes, ValueId logits,
                         const std::optional<HeadExtra>& extra = {});

/// A further probe, [N, C, A].
void add_probe(Translation& t, std::string name, Role role, ValueId value);

}  // namespace modelport::ultralytics

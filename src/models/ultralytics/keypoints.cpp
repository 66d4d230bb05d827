#include "models/ultralytics/keypoints.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kCocoNames[] = {"nose",          "left_eye",       "right_eye",  "left_ear",    "right_ear",
                                           "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
                                           "right_wrist",   "left_hip",       "right_hip",  "left_knee",   "right_knee",
                                           "left_ankle",    "right_ankle"};
/// ultralytics/utils/plotting.py, Annotator.skeleton.
constexpr std::array<int64_t, 2> kCocoSkeleton[] = {{16, 14}, {14, 12}, {17, 15}, {15, 13}, {12, 13}, {6, 12}, {7, 13},
                                                    {6, 7},   {6, 8},   {7, 9},   {8, 10},  {9, 11},  {2, 3},  {1, 2},
                                                    {1, 3},   {2, 4},   {3, 5},   {4, 6},   {5, 7}};

/// `kpt_names`: a dict from class to names, of which the first class's are taken, or a list. Nothing when there is none
/// or it does not fit.
std::vector<std::string> saved_names(const PickleValue& value, size_t count) {
  const PickleDict* by_class = value.as_dict();
  const PickleValue& list = by_class && !by_class->entries.empty() ? by_class->entries.front().second : value;
  const std::vector<PickleValue>* items = list.as_sequence();
  std::vector<std::string> names;
  for (size_t i = 0; items && i < items->size(); ++i) {
    const auto text = (*items)[i].as_string();
    if (!text) return {};
    names.emplace_back(*text);
  }
  return names.size() == count ? names : std::vector<std::string>{};
}

}  // namespace

Status name_keypoints(const ModuleView& root, PoseFacts& pose, std::vector<std::string>& notes) {
  const auto count = static_cast<size_t>(pose.keypoint_shape[0]);
  const bool is_coco = count == std::size(kCocoNames);
  if (!root.is_none("kpt_names")) {
    TRY(value, root.attribute("kpt_names"));
    pose.keypoint_names = saved_names(value, count);
  }
  if (pose.keypoint_names.empty() && is_coco) pose.keypoint_names.assign(std::begin(kCocoNames), std::end(kCocoNames));
  if (is_coco) {
    pose.skeleton.assign(std::begin(kCocoSkeleton), std::end(kCocoSkeleton));
    return {};
  }
  if (pose.keypoint_names.empty()) {
    for (size_t i = 1; i <= count; ++i) pose.keypoint_names.push_back(fmt::format("keypoint_{}", i));
    notes.push_back(
        fmt::format("the checkpoint names none of its {} keypoints: they are numbered, without a skeleton", count));
  }
  return {};
}

}  // namespace modelport::ultralytics

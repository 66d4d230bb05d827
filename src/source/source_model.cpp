#include "source/source_model.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelport {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kImage:
      return "image";
    case Role::kBoxesPx:
      return "boxes_px";
    case Role::kScores:
      return "scores";
    case Role::kLogits:
      return "logits";
    case Role::kClassNumbers:
      return "class_numbers";
    case Role::kFeatures:
      return "features";
  }
  return "";
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::kPixels:
      return "input pixels";
    case Unit::kParts:
      return "parts of the input";
    case Unit::kPartsOfWidth:
      return "parts of the input's width";
    case Unit::kPartsOfHeight:
      return "parts of the input's height";
  }
  return "";
}

std::string_view fact_origin_name(FactOrigin origin) {
  switch (origin) {
    case FactOrigin::kCheckpoint:
      return "checkpoint";
    case FactOrigin::kFrameworkDefault:
      return "framework_default";
    case FactOrigin::kUser:
      return "user";
  }
  return "";
}

std::string_view task_name(Task task) {
  switch (task) {
    case Task::kDetection:
      return "detection";
    case Task::kClassification:
      return "classification";
    case Task::kSegmentation:
      return "segmentation";
    case Task::kPose:
      return "pose";
  }
  return "";
}

size_t image_position(const SourceModel& model) {
  const auto image = std::ranges::find(model.inputs, Role::kImage, &IoSpec::role);
  return static_cast<size_t>((image == model.inputs.end() ? model.inputs.begin() : image) - model.inputs.begin());
}

const ChannelGroup* find_coordinates(const SourceModel& model, std::string_view name) {
  if (model.outputs.empty()) return nullptr;
  const std::vector<ChannelGroup>& groups = model.outputs.front().groups;
  const auto found = std::ranges::find(groups, name, &ChannelGroup::name);
  return found == groups.end() || found->role != Role::kBoxesPx ? nullptr : &*found;
}

void set_image_size(SourceModel& model, int64_t height, int64_t width) {
  for (std::vector<IoSpec>* specs : {&model.outputs, &model.probes}) {
    for (IoSpec& spec : *specs) spec.image = {height, width};
  }
}

SymbolValues symbols_for(const SourceModel& model, int64_t batch, int64_t height, int64_t width) {
  const int64_t stride = model.facts.stride;
  return {{"batch", batch},
          {fmt::format("height/{}", stride), height / stride},
          {fmt::format("width/{}", stride), width / stride}};
}

SymbolicShape image_input_shape(const InputSizes& sizes, int64_t channels, int64_t stride) {
  const bool all = sizes.dynamic == DynamicAxes::kAll;
  const Dim batch = sizes.dynamic == DynamicAxes::kNone ? Dim(sizes.batch) : Dim::symbol("batch");
  const Dim height = all ? Dim(stride) * Dim::symbol(fmt::format("height/{}", stride)) : Dim(sizes.height);
  const Dim width = all ? Dim(stride) * Dim::symbol(fmt::format("width/{}", stride)) : Dim(sizes.width);
  return {batch, Dim(channels), height, width};
}

}  // namespace modelport

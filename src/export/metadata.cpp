#include "export/metadata.h"

#include <fmt/chrono.h>

#include <charconv>
#include <chrono>
#include <cstdlib>

#include "convention/check_export.h"
#include "convention/requirements.h"
#include "convention/schema.h"

namespace modelport {

namespace {

std::string created_at() {
  std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH")) {
    const std::string_view text = fixed;
    int64_t epoch = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), epoch);
    if (code == std::errc() && end == text.data() + text.size() && epoch >= 0 && epoch < int64_t{253402300800})
      seconds = epoch;
  }
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
}

std::string_view color_space_name(ColorSpace space) {
  switch (space) {
    case ColorSpace::kRgb:
      return "RGB";
    case ColorSpace::kBgr:
      return "BGR";
    case ColorSpace::kGray:
      return "GRAY";
    case ColorSpace::kMulti:
      return "MULTI";
  }
  return "";
}

std::string_view resize_policy_name(ResizePolicy policy) {
  switch (policy) {
    case ResizePolicy::kLetterbox:
      return "letterbox";
    case ResizePolicy::kStretch:
      return "stretch";
    case ResizePolicy::kShortestEdgeCenterCrop:
      return "shortest_edge_center_crop";
  }
  return "";
}

Json preprocessing_json(const SourceModel& model) {
  const Preprocessing& steps = model.facts.preprocessing;
  Json json = {{"mean", steps.mean},
               {"std", steps.std},
               {"color_space", color_space_name(steps.color_space)},
               {"resize_mode", resize_policy_name(steps.resize)},
               {"normalize", !steps.embedded},
               {"scale", 1.0 / 255.0},
               {"size", {model.sizes.height, model.sizes.width}},
               {"interpolation", steps.interpolation}};
  if (steps.crop_fraction) json["crop_fraction"] = *steps.crop_fraction;
  if (steps.pad_value) json["pad_value"] = *steps.pad_value;
  json["origin"] = fact_origin_name(steps.origin);
  return json;
}

/// What is left to do with the rows' further columns and with the other outputs.
void add_task_steps(const SourceModel& model, Json& json) {
  if (model.facts.task == Task::kSegmentation && model.facts.detection) {
    json["masks"] =
        "sigmoid(mask_coefficients x prototypes of output1), resized to the input, cropped to the box, kept above 0.5";
    json["mask_threshold"] = 0.5;
  }
  if (model.facts.pose) {
    const ChannelGroup* x = find_coordinates(model, "keypoints_x");
    const bool pixels = x == nullptr || x->unit == Unit::kPixels;
    json["keypoints"] =
        fmt::format("x, y in {}{}, keypoint after keypoint", unit_name(pixels ? Unit::kPixels : Unit::kParts),
                    model.facts.pose->keypoint_shape[1] == 3 ? " and visibility from 0 to 1" : "");
  }
  if (model.facts.detection && model.facts.detection->coordinate_format == "xywhr") {
    json["angle"] = "radians, clockwise in the image, of the side that width measures; the column named angle";
    json["overlap"] = "probabilistic intersection over union of turned boxes (arXiv 2106.06072)";
  }
  if (model.facts.preprocessing.resize == ResizePolicy::kLetterbox) {
    json["coordinates_of"] = "the letterboxed input: undo its scale and border to get to the image";
  }
}

Json postprocessing_json(const SourceModel& model, const BuildRequest& request) {
  if (model.facts.class_map) {
    Json json = {{"apply_nms", false},
                 {"nms_method", "none"},
                 {"coordinate_format", "none"},
                 {"scores", *model.facts.class_map},
                 {"output_layout", model.outputs[0].role == Role::kLogits ? "[batch, num_classes, height, width]"
                                                                          : "[batch, height, width]"}};
    add_task_steps(model, json);
    return json;
  }
  if (!model.facts.detection) {
    return {{"apply_nms", false},
            {"nms_method", "none"},
            {"coordinate_format", "none"},
            {"scores", model.outputs[0].role == Role::kLogits ? "logits: softmax not applied" : "softmax applied"}};
  }
  const DetectionFacts& facts = *model.facts.detection;
  const bool suppress = facts.suppression == Suppression::kByConsumer;
  const ChannelGroup* boxes = find_coordinates(model, "boxes");
  Json json = {{"apply_nms", suppress},
               {"nms_method", suppress ? "hard" : "none"},
               {"coordinate_format", facts.coordinate_format},
               {"coordinate_unit", unit_name(boxes != nullptr ? boxes->unit : Unit::kPixels)},
               {"scores", facts.scores},
               {"confidence_threshold", facts.confidence_threshold},
               {"iou_threshold", facts.iou_threshold},
               {"max_detections", facts.max_detections},
               {"class_agnostic", request.nms_classes == NmsClasses::kTogether},
               {"nms_inside", facts.suppression == Suppression::kInside},
               {"output_layout", facts.output_layout}};
  add_task_steps(model, json);
  return json;
}

/// Shape at the exported sizes.
Result<Shape> exported_shape(const SourceModel& model, const SymbolicShape& shape) {
  return evaluate_shape(shape, symbols_for(model, model.sizes.batch, model.sizes.height, model.sizes.width));
}

/// "boxes" where they are not in pixels, as the role's own name says.
std::string_view group_role(const ChannelGroup& group) {
  return group.role == Role::kBoxesPx && group.unit != Unit::kPixels ? "boxes" : role_name(group.role);
}

Result<Json> io_json(const SourceModel& model, const std::vector<IoSpec>& specs,
                     const std::vector<NamedValue>& values) {
  Json list = Json::array();
  for (size_t i = 0; i < specs.size(); ++i) {
    const ValueType& type = model.graph[values[i].value].type;
    TRY(shape, exported_shape(model, type.shape));
    Json dynamic = Json::array();
    for (size_t axis = 0; axis < type.shape.size(); ++axis) {
      if (!type.shape[axis].is_constant()) dynamic.push_back({{"axis", axis}, {"size", type.shape[axis].text()}});
    }
    Json entry = {{"name", specs[i].name},
                  {"dtype", dtype_name(type.dtype)},
                  {"layout", specs[i].layout},
                  {"shape", shape},
                  {"role", role_name(specs[i].role)}};
    if (!dynamic.empty()) entry["dynamic_dimensions"] = dynamic;
    Json groups = Json::array();
    for (const ChannelGroup& group : specs[i].groups) {
      groups.push_back({{"name", group.name},
                        {"role", group_role(group)},
                        {"axis", group.axis},
                        {"begin", group.begin},
                        {"end", group.end}});
      if (group.step != 1) groups.back()["step"] = group.step;
      if (group.role == Role::kBoxesPx) groups.back()["unit"] = unit_name(group.unit);
    }
    if (!groups.empty()) entry["channel_groups"] = groups;
    list.push_back(entry);
  }
  return list;
}

Json file_json(const FileRecord& file) { return {{"name", file.name}, {"size", file.size}, {"sha256", file.sha256}}; }

Json checkpoint_json(const CheckpointRecord& checkpoint) {
  Json json = file_json(checkpoint.whole);
  for (const FileRecord& file : checkpoint.files) json["files"].push_back(file_json(file));
  return json;
}

Result<Json> extra_metadata(const MetadataRequest& request) {
  const SourceModel& model = request.model;
  TRY(inputs, io_json(model, model.inputs, model.graph.inputs));
  TRY(outputs, io_json(model, model.outputs, model.graph.outputs));
  TRY(proof, proof_json(request.proof));
  Json files = Json::array();
  for (const FileRecord& file : request.files) files.push_back(file_json(file));
  Json extra = {{"convention_version", kConventionVersion},
                {"modelport_version", MODELPORT_VERSION},
                {"source_task", model.facts.source_task},
                {"framework_version", model.facts.framework_version},
                {"checkpoint_date", model.facts.date},
                {"license", model.facts.license},
                {"stride", model.facts.stride},
                {"class_names_origin", fact_origin_name(model.facts.class_names_origin)},
                {"inputs", inputs},
                {"outputs", outputs},
                {"checkpoint", checkpoint_json(request.checkpoint)},
                {"files", files},
                {"proof", proof}};
  const ModuleAliases& aliases = request.options.build.module_aliases;
  if (!aliases.empty()) extra["module_aliases"] = module_aliases_json(aliases);
  if (!model.notes.empty()) extra["notes"] = model.notes;
  return extra;
}

}  // namespace

Result<Json> make_metadata(const MetadataRequest& request) {
  const SourceModel& model = request.model;
  const ModelFacts& facts = model.facts;
  Json output_shapes = Json::array();
  for (const NamedValue& output : model.graph.outputs) {
    TRY(shape, exported_shape(model, model.graph[output.value].type.shape));
    output_shapes.push_back(shape);
  }
  Json metadata = {{"framework", facts.framework},
                   {"model_name", facts.model_name},
                   {"export_format", request.format.name},
                   {"task_type", task_name(facts.task)},
                   {"input_shape", {model.sizes.height, model.sizes.width, facts.channels}},
                   {"input_dtype", dtype_name(model.graph[model.graph.inputs[image_position(model)].value].type.dtype)},
                   {"output_shape", output_shapes},
                   {"class_names", facts.class_names},
                   {"num_classes", facts.class_names.size()},
                   {"created_at", created_at()},
                   {"export_config",
                    export_config_json(in_effect(request.options, model.sizes, request.proof.level, request.tolerance),
                                       request.trainer, request.format)}};
  if (facts.detection) {
    metadata["anchor_based"] = facts.detection->anchor_based;
    metadata["confidence_threshold"] = facts.detection->confidence_threshold;
    metadata["iou_threshold"] = facts.detection->iou_threshold;
  }
  if (facts.task == Task::kSegmentation) {
    // Prototypes where masks are made of them, else the map itself.
    const Json& masks = output_shapes.back();
    metadata["mask_resolution"] = {masks[masks.size() - 2], masks[masks.size() - 1]};
  }
  if (facts.pose) {
    metadata["num_keypoints"] = facts.pose->keypoint_shape[0];
    metadata["keypoint_names"] = facts.pose->keypoint_names;
    metadata["skeleton"] = facts.pose->skeleton;
  }
  if (facts.top_k) metadata["top_k"] = *facts.top_k;
  metadata["preprocessing"] = preprocessing_json(model);
  metadata["postprocessing"] = postprocessing_json(model, request.options.build);
  TRY(extra, extra_metadata(request));
  metadata["extra_metadata"] = extra;
  TRY(findings, check_metadata(metadata, {.format = std::string(request.format.name)}));
  for (const auto& [id, judgement] : findings) {
    if (judgement.verdict != Verdict::kFail) continue;
    return fail(ErrorCode::kInternal, "metadata.json would violate {} ({}) at {}: {}", id, requirement(id).title,
                judgement.at, judgement.evidence);
  }
  return metadata;
}

}  // namespace modelport

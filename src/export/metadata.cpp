#include "export/metadata.h"

#include <fmt/chrono.h>

#include <charconv>
#include <chrono>
#include <cstdlib>

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
               {"normalize", true},
               {"scale", 1.0 / 255.0},
               {"size", {model.sizes.height, model.sizes.width}},
               {"interpolation", steps.interpolation}};
  if (steps.crop_fraction) json["crop_fraction"] = *steps.crop_fraction;
  if (steps.pad_value) json["pad_value"] = *steps.pad_value;
  json["origin"] = fact_origin_name(steps.origin);
  return json;
}

Json postprocessing_json(const SourceModel& model) {
  if (!model.facts.detection) {
    return {{"apply_nms", false},
            {"nms_method", "none"},
            {"coordinate_format", "none"},
            {"scores", model.outputs[0].role == Role::kLogits ? "logits: softmax not applied" : "softmax applied"}};
  }
  const DetectionFacts& facts = *model.facts.detection;
  const bool suppress = facts.suppression == Suppression::kByConsumer;
  return {{"apply_nms", suppress},
          {"nms_method", suppress ? "hard" : "none"},
          {"coordinate_format", facts.coordinate_format},
          {"coordinate_unit", facts.coordinate_unit},
          {"scores", facts.scores},
          {"confidence_threshold", facts.confidence_threshold},
          {"iou_threshold", facts.iou_threshold},
          {"max_detections", facts.max_detections},
          {"class_agnostic", false},
          {"output_layout", facts.output_layout}};
}

/// Shape at the exported sizes.
Result<Shape> exported_shape(const SourceModel& model, const SymbolicShape& shape) {
  return evaluate_shape(shape, symbols_for(model, model.sizes.batch, model.sizes.height, model.sizes.width));
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
                        {"role", role_name(group.role)},
                        {"axis", group.axis},
                        {"begin", group.begin},
                        {"end", group.end}});
    }
    if (!groups.empty()) entry["channel_groups"] = groups;
    list.push_back(entry);
  }
  return list;
}

Json file_json(const FileRecord& file) { return {{"name", file.name}, {"size", file.size}, {"sha256", file.sha256}}; }

Result<Json> extra_metadata(const MetadataRequest& request) {
  const SourceModel& model = request.model;
  TRY(inputs, io_json(model, model.inputs, model.graph.inputs));
  TRY(outputs, io_json(model, model.outputs, model.graph.outputs));
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
                {"checkpoint", file_json(request.checkpoint)},
                {"files", files},
                {"proof", proof_json(request.proof)}};
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
                   {"export_format", request.format},
                   {"task_type", task_name(facts.task)},
                   {"input_shape", {model.sizes.height, model.sizes.width, facts.channels}},
                   {"input_dtype", "float32"},
                   {"output_shape", output_shapes},
                   {"class_names", facts.class_names},
                   {"num_classes", facts.class_names.size()},
                   {"created_at", created_at()},
                   {"export_config", effective_config(request.options, request.format, model.sizes, request.proof.level,
                                                      request.tolerance)}};
  if (facts.detection) {
    metadata["anchor_based"] = facts.detection->anchor_based;
    metadata["confidence_threshold"] = facts.detection->confidence_threshold;
    metadata["iou_threshold"] = facts.detection->iou_threshold;
  }
  if (facts.top_k) metadata["top_k"] = *facts.top_k;
  metadata["preprocessing"] = preprocessing_json(model);
  metadata["postprocessing"] = postprocessing_json(model);
  TRY(extra, extra_metadata(request));
  metadata["extra_metadata"] = extra;
  const std::vector<SchemaViolation> violations = check_against_schema(kMetadataSchemaText, metadata);
  if (!violations.empty()) {
    return fail(ErrorCode::kInternal, "metadata.json would violate its schema at {}: {}", violations[0].path,
                violations[0].message);
  }
  return metadata;
}

}  // namespace modelport

#include "vision/contract.h"

#include <algorithm>

namespace modelport {

namespace {

/// A named choice of metadata.json.
template <class T>
struct Choice {
  std::string_view name;
  T value;
};

template <class T, size_t N>
Result<T> choose(const Json& object, std::string_view key, T otherwise, const Choice<T> (&choices)[N]) {
  const auto found = object.find(key);
  if (found == object.end()) return otherwise;
  std::string known;
  for (const Choice<T>& choice : choices) {
    if (*found == choice.name) return choice.value;
    known += (known.empty() ? "" : ", ") + std::string(choice.name);
  }
  return fail(ErrorCode::kInvalidArgument, "metadata.json: {} is {}, known here are {}", key, found->dump(), known);
}

/// A field's value, `otherwise` where there is none; kInvalidArgument where it is of another type.
template <class T>
Result<T> field(const Json& object, std::string_view key, T otherwise) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return otherwise;
  try {
    return found->template get<T>();
  } catch (const Json::exception&) {
    return fail(ErrorCode::kInvalidArgument, "metadata.json: {} is {}", key, found->dump());
  }
}

Json object_at(const Json& parent, std::string_view key) {
  const auto found = parent.find(key);
  return found != parent.end() && found->is_object() ? *found : Json::object();
}

Json array_at(const Json& parent, std::string_view key) {
  const auto found = parent.find(key);
  return found != parent.end() && found->is_array() ? *found : Json::array();
}

constexpr int64_t kMaxSide = 1 << 15;

/// Height, width and channels, from [H, W, C] or [C, H, W].
Status read_size(const Json& metadata, const Json& steps, InputContract& input) {
  TRY(shape, field(metadata, "input_shape", std::vector<int64_t>{}));
  if (shape.size() != 3) return fail(ErrorCode::kInvalidArgument, "metadata.json: input_shape is not [H, W, C]");
  const bool channels_first = shape[0] <= 4 && shape[2] > 4;
  if (channels_first) std::rotate(shape.begin(), shape.begin() + 1, shape.end());
  TRY(size, field(steps, "size", std::vector<int64_t>{shape[0], shape[1]}));
  input.channels = shape[2];
  if (size.size() != 2 || size[0] < 1 || size[1] < 1 || size[0] > kMaxSide || size[1] > kMaxSide) {
    return fail(ErrorCode::kInvalidArgument, "metadata.json: the input size is not two numbers from 1 to {}", kMaxSide);
  }
  input.height = size[0];
  input.width = size[1];
  if (input.channels != 1 && input.channels != 3) {
    return fail(ErrorCode::kInvalidArgument, "the model takes {} channels: a JPEG or PNG has one or three",
                input.channels);
  }
  return {};
}

Status read_normalization(const Json& steps, InputContract& input) {
  TRY(by_consumer, field(steps, "normalize", true));
  input.normalization = by_consumer ? Normalization::kByConsumer : Normalization::kByArtifact;
  TRY(scale, field(steps, "scale", input.scale));
  input.scale = scale;
  const auto channels = static_cast<size_t>(input.channels);
  TRY(mean, field(steps, "mean", std::vector<double>(channels, 0.0)));
  TRY(std, field(steps, "std", std::vector<double>(channels, 1.0)));
  if (mean.size() != channels || std.size() != channels || std::ranges::find(std, 0.0) != std.end()) {
    return fail(ErrorCode::kInvalidArgument,
                "metadata.json: mean and std need one number, not 0, for each of {} channels", channels);
  }
  input.mean = std::move(mean);
  input.std = std::move(std);
  return {};
}

Result<InputContract> read_input(const Json& metadata) {
  const Json steps = object_at(metadata, "preprocessing");
  const Json inputs = array_at(object_at(metadata, "extra_metadata"), "inputs");
  InputContract input;
  CHECK_OK(read_size(metadata, steps, input));
  TRY(order, choose(steps, "color_space", input.channels == 1 ? ColorOrder::kGray : ColorOrder::kRgb,
                    {{"RGB", ColorOrder::kRgb}, {"BGR", ColorOrder::kBgr}, {"GRAY", ColorOrder::kGray}}));
  TRY(mode, choose(steps, "resize_mode", FitMode::kStretch,
                   {{"letterbox", FitMode::kLetterbox},
                    {"stretch", FitMode::kStretch},
                    {"shortest_edge_center_crop", FitMode::kShortestEdgeCenterCrop}}));
  TRY(interpolation,
      choose(steps, "interpolation", Interpolation::kBilinear,
             {{"bilinear", Interpolation::kBilinear}, {"bilinear_antialias", Interpolation::kBilinearAntialias}}));
  input.order = order;
  input.mode = mode;
  input.interpolation = interpolation;
  TRY(pad, field(steps, "pad_value", int64_t{input.pad_value}));
  input.pad_value = static_cast<uint8_t>(std::clamp<int64_t>(pad, 0, 255));
  TRY(crop, field(steps, "crop_fraction", 1.0));
  if (!(crop > 0.0 && crop <= 1.0))
    return fail(ErrorCode::kInvalidArgument, "metadata.json: crop_fraction is {}", crop);
  input.crop_fraction = crop;
  CHECK_OK(read_normalization(steps, input));
  Json spec = inputs.empty() || !inputs[0].is_object() ? Json::object() : inputs[0];
  TRY(name, field(spec, "name", input.name));
  input.name = name;
  const auto usual_dtype = metadata.find("input_dtype");
  if (!spec.contains("dtype") && usual_dtype != metadata.end()) spec["dtype"] = *usual_dtype;
  TRY(dtype, choose(spec, "dtype", DType::kFloat32,
                    {{"float32", DType::kFloat32}, {"float16", DType::kFloat16}, {"uint8", DType::kUInt8}}));
  input.dtype = dtype;
  // Whole numbers can only be pixels.
  if (dtype == DType::kUInt8) input.normalization = Normalization::kByArtifact;
  TRY(layout, choose(spec, "layout", InputLayout::kNchw, {{"NCHW", InputLayout::kNchw}, {"NHWC", InputLayout::kNhwc}}));
  input.layout = layout;
  TRY(shape, field(spec, "shape", std::vector<int64_t>{}));
  if (!shape.empty() && shape[0] >= 1 && shape[0] <= 1024) input.batch = shape[0];
  return input;
}

Result<PredictionKind> read_kind(const Json& metadata) {
  TRY(task, field(metadata, "task_type", std::string()));
  const Json extra = object_at(metadata, "extra_metadata");
  TRY(source, field(extra, "source_task", std::string()));
  TRY(format, field(object_at(metadata, "postprocessing"), "coordinate_format", std::string()));
  if (task == "classification") return PredictionKind::kClasses;
  if (task == "detection")
    return source == "obb" || format == "xywhr" ? PredictionKind::kOrientedBoxes : PredictionKind::kBoxes;
  if (task == "pose") return PredictionKind::kPoses;
  if (task == "segmentation") {
    const size_t outputs = array_at(metadata, "output_shape").size();
    return source == "semantic" || (source.empty() && outputs == 1) ? PredictionKind::kClassMap
                                                                    : PredictionKind::kMasks;
  }
  return fail(ErrorCode::kInvalidArgument, "metadata.json: task_type is \"{}\"", task);
}

Status read_keypoints(const Json& metadata, OutputContract& output) {
  TRY(count, field(metadata, "num_keypoints", int64_t{0}));
  if (count < 1) return fail(ErrorCode::kInvalidArgument, "metadata.json: a pose model needs num_keypoints");
  output.keypoints = count;
  TRY(names, field(metadata, "keypoint_names", std::vector<std::string>{}));
  TRY(skeleton, field(metadata, "skeleton", std::vector<std::array<int64_t, 2>>{}));
  output.keypoint_names = std::move(names);
  for (const std::array<int64_t, 2>& bone : skeleton) {
    if (std::ranges::all_of(bone, [&](int64_t end) { return end >= 1 && end <= count; }))
      output.skeleton.push_back(bone);
  }
  return {};
}

/// Whether a group of the output's channels is objectness, with which class scores are still to be multiplied.
bool has_objectness(const Json& spec) {
  return std::ranges::any_of(array_at(spec, "channel_groups"), [](const Json& group) {
    return group.is_object() && group.contains("name") && group["name"] == "objectness";
  });
}

/// What a group of the first output's channels is counted in, where it says so; else `usual`.
CoordinateUnit unit_in(const Json& metadata, std::string_view name, std::string usual) {
  const Json outputs = array_at(object_at(metadata, "extra_metadata"), "outputs");
  for (const Json& group : array_at(outputs.empty() ? Json::object() : outputs[0], "channel_groups")) {
    if (!group.is_object() || group.value("name", Json()) != name) continue;
    if (const auto unit = group.find("unit"); unit != group.end() && unit->is_string())
      usual = unit->get<std::string>();
  }
  return usual.find("pixel") == std::string::npos ? CoordinateUnit::kFraction : CoordinateUnit::kInputPixels;
}

Result<OutputContract> read_output(const Json& metadata) {
  const Json steps = object_at(metadata, "postprocessing");
  OutputContract output;
  TRY(kind, read_kind(metadata));
  output.kind = kind;
  RowState candidates = RowState::kCandidates;
  for (const Json& spec : array_at(object_at(metadata, "extra_metadata"), "outputs")) {
    if (!spec.is_object()) return fail(ErrorCode::kInvalidArgument, "metadata.json: outputs holds {}", spec.dump());
    TRY(name, field(spec, "name", std::string()));
    output.names.push_back(name);
    if (has_objectness(spec)) candidates = RowState::kObjectnessCandidates;
  }
  TRY(nms, field(steps, "apply_nms", kind != PredictionKind::kClasses));
  output.rows = nms ? candidates : RowState::kSelected;
  TRY(corners, choose(steps, "coordinate_format", CornerFormat::kCenterAndSize,
                      {{"xyxy", CornerFormat::kCorners},
                       {"xywh", CornerFormat::kCenterAndSize},
                       {"xywhr", CornerFormat::kCenterAndSize},
                       {"none", CornerFormat::kCenterAndSize}}));
  output.corners = corners;
  TRY(unit, field(steps, "coordinate_unit", std::string("input pixels")));
  output.unit = unit_in(metadata, "boxes", unit);
  output.keypoint_unit = unit_in(metadata, "keypoints_x", unit);
  TRY(agnostic, field(steps, "class_agnostic", false));
  output.scope = agnostic ? ClassScope::kAgnostic : ClassScope::kPerClass;
  TRY(usual_confidence, field(metadata, "confidence_threshold", output.confidence));
  TRY(usual_iou, field(metadata, "iou_threshold", output.iou));
  TRY(confidence, field(steps, "confidence_threshold", usual_confidence));
  TRY(iou, field(steps, "iou_threshold", usual_iou));
  TRY(max_detections, field(steps, "max_detections", output.max_detections));
  TRY(top_k, field(metadata, "top_k", output.top_k));
  output.confidence = confidence;
  output.iou = iou;
  output.max_detections = max_detections;
  output.top_k = top_k;
  if (kind == PredictionKind::kPoses) CHECK_OK(read_keypoints(metadata, output));
  return output;
}

}  // namespace

Result<ArtifactContract> read_contract(const Json& metadata) {
  if (!metadata.is_object()) return fail(ErrorCode::kInvalidArgument, "metadata.json is not an object");
  ArtifactContract contract;
  TRY(format, field(metadata, "export_format", std::string()));
  TRY(model_name, field(metadata, "model_name", std::string()));
  TRY(names, field(metadata, "class_names", std::vector<std::string>{}));
  TRY(input, read_input(metadata));
  TRY(output, read_output(metadata));
  const Json files = array_at(object_at(metadata, "extra_metadata"), "files");
  if (!files.empty() && files[0].is_object()) {
    TRY(file, field(files[0], "name", std::string()));
    contract.file = file;
  }
  contract.format = std::move(format);
  contract.model_name = std::move(model_name);
  contract.class_names = std::move(names);
  contract.input = std::move(input);
  contract.output = std::move(output);
  return contract;
}

}  // namespace modelport

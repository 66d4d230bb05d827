#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "graph/graph.h"

namespace modelport {

/// What the numbers of an input, an output or a range of its channels mean; decides how they are compared.
enum class Role {
  kImage,         ///< Pixels, scaled as ModelFacts::preprocessing says.
  kBoxesPx,       ///< Coordinates of boxes and keypoints: compared in input pixels, whatever unit they are in.
  kScores,        ///< Probabilities in [0, 1].
  kLogits,        ///< Before sigmoid or softmax: compared relative to their largest magnitude.
  kFeatures,      ///< Anything else that is real-valued.
  kClassNumbers,  ///< Which class: compared by how many are others.
};
std::string_view role_name(Role role);

/// What coordinates are counted in.
enum class Unit {
  kPixels,         ///< Of the input.
  kParts,          ///< By turns of the input's width and height, 0 to 1: x, y, width, height or x, y, x, y.
  kPartsOfWidth,   ///< 0 to 1.
  kPartsOfHeight,  ///< 0 to 1.
};
/// "input pixels", "parts of the input" ...
std::string_view unit_name(Unit unit);

/// A range of channels of one value with one meaning. Compared on its own, never under one scale with its neighbours.
struct ChannelGroup {
  std::string name;  ///< "boxes", "scores".
  Role role;
  int64_t axis = 1;
  int64_t begin = 0;
  int64_t end = 0;
  int64_t step = 1;           ///< Every so manyeth: 3 for the x of keypoints that are x, y, visibility.
  Unit unit = Unit::kPixels;  ///< Of coordinates.
  /// Whole: class indices of rows, of which the next one is another class, whatever the tolerance.
  enum class Numbers : uint8_t { kReal, kWhole } numbers = Numbers::kReal;
};

/// In which order the rows (axis 1) of a value come.
enum class Rows {
  kFixed,   ///< Each row is of its own place: element by element.
  kRanked,  ///< Rows were chosen by TopK or NMS and are in order of the group named "scores": compared as sets, since
            ///< rows of nearly equal scores may change places or fall out at the end.
};

/// The contract of one input or output: names the engine sees, and what the elements are.
struct IoSpec {
  std::string name;    ///< "images", "output0": the name in Graph::inputs or outputs.
  std::string layout;  ///< "NCHW", "NCA" (A: anchors), "NC".
  Role role;
  std::vector<ChannelGroup> groups;  ///< Empty: the whole value is one group of `role`.
  Rows rows = Rows::kFixed;
  Size2
      image{};  ///< Height and width of the input that values are of, where a unit is a part of them (set_image_size).
};

/// Where a fact was taken from.
enum class FactOrigin { kCheckpoint, kFrameworkDefault, kUser };
std::string_view fact_origin_name(FactOrigin origin);

enum class Task { kDetection, kClassification, kSegmentation, kPose };
/// The convention's spelling: "detection" ...
std::string_view task_name(Task task);

enum class ColorSpace { kRgb, kBgr, kGray, kMulti };
enum class ResizePolicy { kLetterbox, kStretch, kShortestEdgeCenterCrop };

/// How a consumer turns an image file into the input: x = (pixel / 255 - mean) / std.
struct Preprocessing {
  std::vector<double> mean;
  std::vector<double> std;
  ColorSpace color_space = ColorSpace::kRgb;
  ResizePolicy resize = ResizePolicy::kLetterbox;
  std::string interpolation = "bilinear";
  std::optional<double> crop_fraction;
  std::optional<int64_t> pad_value;  ///< Letterbox border, 0..255.
  FactOrigin origin = FactOrigin::kFrameworkDefault;
  bool embedded = false;  ///< The artifact does it: it takes uint8 [N, H, W, C] in this color_space.
};

/// Whether a consumer has to suppress overlapping boxes itself.
enum class Suppression {
  kByConsumer,  ///< The output holds every candidate.
  kNotNeeded,   ///< The network selects detections that do not repeat each other.
  kInside,      ///< The artifact suppresses.
};

/// Detection's facts beyond the common ones.
struct DetectionFacts {
  bool anchor_based = false;
  double confidence_threshold = 0.25;
  double iou_threshold = 0.7;
  int64_t max_detections = 300;
  std::string coordinate_format = "xywh";
  Suppression suppression = Suppression::kByConsumer;
  std::string scores = "sigmoid applied";  ///< What a consumer has to know of them.
  std::string output_layout = "[batch, 4 + num_classes, anchors]";
};

/// What a pose model adds to detection's facts.
struct PoseFacts {
  std::array<int64_t, 2> keypoint_shape;  ///< {keypoints, numbers of each: x, y and where 3 visibility}
  std::vector<std::string> keypoint_names;
  std::vector<std::array<int64_t, 2>> skeleton;  ///< Pairs of keypoint numbers, counted from 1.
};

/// What is true of the model whatever format it is written to.
struct ModelFacts {
  std::string framework;          ///< "ultralytics"
  std::string framework_version;  ///< As the checkpoint says; empty when it does not.
  std::string date;               ///< As the checkpoint says.
  std::string license;
  std::string docs;
  std::string description;
  std::string author;
  std::string model_name;  ///< "yolo11n"
  std::string model_type;  ///< How tools that run models of several families call this one: "YOLO"; empty: they do not.
  Task task = Task::kDetection;
  std::string source_task;  ///< The framework's own word: "detect", "classify".
  std::vector<std::string> class_names;
  FactOrigin class_names_origin = FactOrigin::kCheckpoint;
  int64_t channels = 3;
  int64_t stride = 32;  ///< Input height and width are multiples of it.
  Preprocessing preprocessing;
  std::optional<DetectionFacts> detection;
  std::optional<PoseFacts> pose;
  /// How a consumer gets from the first output to the class of every pixel, where it says that.
  std::optional<std::string> class_map;
  std::optional<int64_t> top_k;
  /// The framework's own metadata entries, for formats that carry them ("stride" -> "32"), in order.
  std::vector<std::pair<std::string, std::string>> framework_metadata;
};

/// Which input sizes may vary at run time.
enum class DynamicAxes { kNone, kBatch, kAll };

/// Sizes at which the artifact is exported.
struct InputSizes {
  int64_t batch = 1;
  int64_t height = 640;
  int64_t width = 640;
  DynamicAxes dynamic = DynamicAxes::kNone;
};

/// A network and what its inputs and outputs mean: what every family produces and every format takes.
struct SourceModel {
  Graph graph;                  ///< Built literally: batch norm unfolded, sizes symbolic where `sizes.dynamic` says so.
  std::vector<IoSpec> inputs;   ///< In the order of graph.inputs.
  std::vector<IoSpec> outputs;  ///< In the order of graph.outputs.
  std::vector<IoSpec> probes;   ///< In the order of graph.probes.
  ModelFacts facts;
  InputSizes sizes;
  std::vector<std::string> notes;  ///< For the log as warnings: "imgsz 100 rounded up to 128 (stride 32)".
};

/// The position of the image among the model's inputs.
size_t image_position(const SourceModel& model);

/// The group of coordinates named `name` of the first output, or nullptr.
const ChannelGroup* find_coordinates(const SourceModel& model, std::string_view name);

/// Says of which size of the input the values of outputs and probes are from now on.
void set_image_size(SourceModel& model, int64_t height, int64_t width);

/// Symbol values for one evaluation at these sizes; the symbols are "batch", "height/S" and "width/S" with S =
/// facts.stride. Sizes must be multiples of S.
SymbolValues symbols_for(const SourceModel& model, int64_t batch, int64_t height, int64_t width);

/// The declared input shape [batch, channels, height, width] for these sizes, symbolic where they may vary.
SymbolicShape image_input_shape(const InputSizes& sizes, int64_t channels, int64_t stride);

}  // namespace modelport

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "base/log.h"
#include "checkpoint/checkpoint.h"
#include "export/format_table.h"
#include "export/prepare.h"
#include "export/reference_outputs.h"
#include "export/translate_checkpoint.h"
#include "formats/onnx/onnx_model.h"
#include "limit_cases.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "ops/graph_builder.h"
#include "reference/channel_runs.h"
#include "reference/compare.h"

/// Faults of just over a limit end in exit code 2, of just under one they pass: a proof is as sharp as it says.
namespace modelport {
namespace {

namespace fs = std::filesystem;

constexpr double kOver = 1.2, kUnder = 0.8;

enum class Fate { kRefused, kPasses };

struct Subject {
  Checkpoint checkpoint;
  SourceModel model;
  ExportTarget target;  ///< Without an engine: what reads the file back is as exact as the limits say.
};

class FaultsAtLimits : public testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kError);
    folder_ = (fs::temp_directory_path() / ("modelport-at-limits-" + std::to_string(::getpid()))).string();
  }
  void TearDown() override {
    fs::remove_all(folder_);
    std::cout << "faults at limits: " << injected_ << "\n";
  }

  Subject open(const LimitCase& each) {
    auto checkpoint = open_checkpoint(each.path(), ultralytics::families());
    EXPECT_TRUE(checkpoint) << checkpoint.error().text();
    Subject subject{*std::move(checkpoint), {}, each.target(folder_)};
    subject.target.options.validate = Validation::kReference;
    auto model = translate_checkpoint(ultralytics_trainer(), subject.checkpoint, subject.target.options.build);
    EXPECT_TRUE(model) << model.error().text();
    subject.model = *std::move(model);
    const Format& format = *find_format(each.format)->format;
    EXPECT_TRUE(adapt_to_format(subject.model, format));
    set_image_size(subject.model, subject.model.sizes.height, subject.model.sizes.width);
    return subject;
  }

  void expect(Fate fate, const LimitCase& each, const Subject& subject, const std::string& what,
              const FaultInjection& faults) {
    ++injected_;
    const Status status = run_export(ultralytics_trainer(), {each.path(), {subject.target}}, faults)[0];
    const bool published = fs::exists(folder_ + "/metadata.json");
    fs::remove_all(folder_);
    if (fate == Fate::kPasses) {
      EXPECT_TRUE(status) << each.name() << ", " << what << ": " << status.error().text();
      return;
    }
    EXPECT_FALSE(published) << each.name() << ", " << what;
    ASSERT_FALSE(status) << each.name() << ", " << what << ": was published";
    EXPECT_EQ(error_info(status.error().code).exit_code, 2) << each.name() << ": " << status.error().text();
  }

  std::string folder_;
  int injected_ = 0;
};

/// One group of one output or probe, and what an unspoiled proof allows it.
struct Held {
  enum class Of { kOutput, kProbe } of;
  size_t index;
  std::string name;
  ChannelGroup group;
  Size2 image;
  double limit;  ///< Of coordinates in pixels.
};

/// Zeros but `by` (of coordinates in pixels) in the channels of a group, to be added to a value of type `type`.
WeightRecipe shift_of(const Held& held, const ValueType& type, double by) {
  Shape shape(type.shape.size(), 1);
  const auto axis = static_cast<size_t>(held.group.axis);
  const int64_t channels = *type.shape[axis].constant();
  shape[axis] = channels;
  std::vector<float> values(static_cast<size_t>(channels), 0.0F);
  for (const auto& [part, factor] : in_pixels(held.group, held.image)) {
    for (int64_t c = part.begin; c < std::min(part.end, channels); c += part.step)
      values[static_cast<size_t>(c)] = static_cast<float>(by / factor);
  }
  return WeightRecipe::source(Tensor::from_floats(shape, std::move(values)), "shift").convert(type.dtype);
}

/// Adds to the group, behind everything else.
void shift(Graph& graph, const Held& held, double by) {
  NamedValue& named = (held.of == Held::Of::kOutput ? graph.outputs : graph.probes)[held.index];
  const ValueId before = named.value;
  GraphBuilder b(std::move(graph));
  const ValueId after = b.add(before, b.constant(shift_of(held, b.type(before), by)));
  graph = *std::move(b).finish();
  (held.of == Held::Of::kOutput ? graph.outputs : graph.probes)[held.index].value = after;
}

bool chooses(const SourceModel& model) {
  return std::ranges::any_of(model.outputs, [](const IoSpec& spec) { return spec.rows == Rows::kRanked; });
}

std::vector<Held> held_groups(const Subject& subject, const EvaluationResult& reference) {
  std::vector<Held> all;
  const auto add = [&](Held::Of of, const std::vector<IoSpec>& specs, const std::vector<EvaluatedValue>& values) {
    for (size_t i = 0; i < specs.size(); ++i) {
      const auto figures = compare({&values[i], 1}, {&values[i], 1}, {&specs[i], 1}, {});
      EXPECT_TRUE(figures) << figures.error().text();
      const std::vector<ChannelGroup> groups = groups_of(specs[i]);
      for (size_t g = 0; g < groups.size(); ++g) {
        if (groups[g].role == Role::kClassNumbers) continue;
        all.push_back({of, i, specs[i].name + " " + groups[g].name, groups[g], specs[i].image, (*figures)[g].limit});
      }
    }
  };
  add(Held::Of::kOutput, subject.model.outputs, reference.outputs);
  add(Held::Of::kProbe, subject.model.probes, reference.probes);
  return all;
}

EvaluationResult evaluated(const SourceModel& model, const Graph& graph) {
  const Trial trial = trials(model).front();
  EvaluationRequest request{graph, *trial_inputs(model, trial),
                            symbols_for(model, trial.batch, trial.height, trial.width)};
  request.precision = EvaluationPrecision::kFloat64;
  auto result = evaluate(request);
  EXPECT_TRUE(result) << result.error().text();
  return *std::move(result);
}

/// One of each task, head and way of holding boxes; all of them and every scale with MODELPORT_TEST_ALL.
std::vector<LimitCase> cases_at_limits() {
  if (std::getenv("MODELPORT_TEST_ALL") != nullptr) {
    std::vector<LimitCase> all = scaled_limit_cases();
    std::ranges::copy(limit_cases(), std::back_inserter(all));
    std::erase_if(all, [](const LimitCase& each) { return each.settings == "dynamic_axes=true"; });
    return all;
  }
  return {{"yolo11-cls", "onnx", ""},
          {"yolo26-sem", "onnx", ""},
          {"families/yolov8-seg", "onnx", ""},
          {"families/yolov8-pose", "onnx", ""},
          {"families/yolo11-obb", "onnx", ""},
          {"families/rtdetr-l", "onnx", ""},
          {"families/yolo26", "onnx", "nms=false"},
          {"families/yolov10", "onnx", "nms=false"},
          {"yolov5-2021", "onnx", ""},
          {"yolo11-sample", "onnx", "nms=true"},
          {"yolo11-sample", "onnx", ""},
          {"yolo11-sample", "onnx", "half=true"},
          {"yolo11-sample", "openvino", "half=true"},
          {"yolo11-sample", "torchscript", "half=true"},
          {"yolo11-sample", "openvino", ""},
          {"yolo11-sample", "torchscript", ""}};
}

TEST_F(FaultsAtLimits, EveryGroupOfEveryValueShifted) {
  for (const LimitCase& each : cases_at_limits()) {
    const Subject subject = open(each);
    for (const Held& held : held_groups(subject, evaluated(subject.model, subject.model.graph))) {
      for (const auto& [share, fate] : {std::pair(kOver, Fate::kRefused), std::pair(kUnder, Fate::kPasses)}) {
        // A probe that is shifted alone contradicts what was chosen by it: that may be refused.
        if (fate == Fate::kPasses && held.of == Held::Of::kProbe && chooses(subject.model)) continue;
        expect(fate, each, subject, fmt::format("{} shifted by {} of its limit {:.2g}", held.name, share, held.limit),
               {.after_passes = [&](Graph& graph) { shift(graph, held, share * held.limit); }});
      }
    }
  }
}

/// Adds to every bias of the convolution in the middle.
void spoil_bias(Graph& graph, double by) {
  std::vector<Value*> biases;
  for (Node& node : graph.nodes) {
    if (std::holds_alternative<Conv>(node.op) && node.inputs.size() == 3 && graph[node.inputs[2]].constant)
      biases.push_back(&graph[node.inputs[2]]);
  }
  ASSERT_FALSE(biases.empty());
  WeightRecipe& bias = *biases[biases.size() / 2]->constant;
  std::vector<float> values = bias.to_floats();
  for (float& value : values) value += static_cast<float>(by);
  bias = WeightRecipe::source(Tensor::from_floats(bias.shape(), std::move(values)), "spoiled").convert(bias.dtype());
}

/// How far a model with a spoiled bias is from the unspoiled one, in parts of the limit that is nearest. What is chosen
/// by is a probe; which rows are chosen is not measured.
double share_of_limits(const Subject& subject, const Graph& exported, const EvaluationResult& reference, double by) {
  Graph spoiled = exported;
  spoil_bias(spoiled, by);
  const EvaluationResult found = evaluated(subject.model, spoiled);
  double largest = 0;
  const auto measure = [&](const auto& expected, const auto& actual, const std::vector<IoSpec>& specs) {
    for (size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].rows == Rows::kRanked) continue;
      const auto figures = compare({&expected[i], 1}, {&actual[i], 1}, {&specs[i], 1}, {});
      for (const Comparison& figure : *figures) largest = std::max(largest, figure.max_difference / figure.limit);
    }
  };
  measure(reference.outputs, found.outputs, subject.model.outputs);
  measure(reference.probes, found.probes, subject.model.probes);
  return largest;
}

/// The change of the bias at which the model is `share` of a limit away.
double bias_for(const Subject& subject, const Graph& exported, const EvaluationResult& reference, double share) {
  double by = 1e-4, found = 0;
  for (int step = 0; step < 12; ++step) {
    found = share_of_limits(subject, exported, reference, by);
    if (std::abs(found - share) < 0.1) return by;
    by *= std::clamp(share / found, 0.01, 100.0);
  }
  ADD_FAILURE() << subject.model.facts.model_name << ": no bias was found for " << share << ", the last is " << found;
  return by;
}

/// From within: through every layer behind it, and all of its outputs at once.
TEST_F(FaultsAtLimits, ABiasInTheMiddle) {
  for (const LimitCase& each : cases_at_limits()) {
    // Class numbers jump, and float16 rounds a bias by as much.
    if (each.checkpoint == "yolo26-sem" || each.is_half()) continue;
    const Subject subject = open(each);
    const EvaluationResult reference = evaluated(subject.model, subject.model.graph);
    Graph exported;
    expect(Fate::kPasses, each, subject, "nothing spoiled", {.after_passes = [&](Graph& graph) { exported = graph; }});
    for (const auto& [share, fate] : {std::pair(kOver, Fate::kRefused), std::pair(kUnder, Fate::kPasses)}) {
      const double by = bias_for(subject, exported, reference, share);
      expect(fate, each, subject, fmt::format("a bias off by {:.2g}, which is {} of a limit", by, share),
             {.after_passes = [&](Graph& graph) { spoil_bias(graph, by); }});
    }
  }
}

/// In the file's own nodes, behind every pass: what its one link is held to.
TEST_F(FaultsAtLimits, AnOutputShiftedInTheLoweredNodes) {
  for (const char* settings : {"", "half=true"}) {
    const LimitCase each{"yolo11-sample", "onnx", settings};
    const Subject subject = open(each);
    for (const Held& held : held_groups(subject, evaluated(subject.model, subject.model.graph))) {
      if (held.of != Held::Of::kOutput) continue;
      for (const auto& [share, fate] : {std::pair(kOver, Fate::kRefused), std::pair(kUnder, Fate::kPasses)}) {
        expect(fate, each, subject, fmt::format("{} shifted by {} of its limit {:.2g}", held.name, share, held.limit),
               {.after_lowering = [&](LoweredModel& lowered) {
                 auto& model = dynamic_cast<onnx::OnnxModel&>(lowered);
                 const onnx::OnnxValueInfo& output = model.outputs[held.index];
                 const ValueType type{output.dtype, {1, std::get<int64_t>(output.shape[1]), 1}};
                 for (onnx::OnnxNode& node : model.nodes) {
                   for (std::string& name : node.outputs) name = name == output.name ? "before_shift" : name;
                 }
                 model.initializers.push_back({"shift", shift_of(held, type, share * held.limit)});
                 model.nodes.push_back(
                     {onnx::OnnxOpType::kAdd, {"before_shift", "shift"}, {output.name}, {}, "shift/Add"});
               }});
      }
    }
  }
}

}  // namespace
}  // namespace modelport

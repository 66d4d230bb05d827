#include "models/ultralytics/build_model.h"

#include <algorithm>
#include <cmath>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/class_names.h"
#include "models/ultralytics/forward_reads.h"
#include "models/ultralytics/framework_metadata.h"
#include "models/ultralytics/keypoints.h"
#include "models/ultralytics/network.h"
#include "models/ultralytics/preprocessing.h"
#include "models/ultralytics/training_record.h"
#include "models/ultralytics/unknown_classes.h"

namespace modelport::ultralytics {

namespace {

/// Strides of models whose checkpoint says nothing (ultralytics/nn/tasks.py, load_checkpoint).
constexpr double kDefaultStride = 32;
constexpr int64_t kLargestStride = 1024;
/// Half-precision checkpoints hold the head's strides rounded, the root's not.
constexpr double kStrideTolerance = 1e-3;

constexpr std::string_view kAuthor = "Ultralytics";
constexpr std::string_view kLicense = "AGPL-3.0 License (https://ultralytics.com/license)";
constexpr std::string_view kDocs = "https://docs.ultralytics.com";

/// What would make the network another one than its modules say.
Status refuse_other_modes(const Checkpoint& checkpoint, const ModuleView& root, const TaskProfile& profile) {
  if (const PickleValue* quantised = checkpoint.find("modelopt"); quantised && !quantised->is_none()) {
    return root.fail("it was trained with quantisation (modelopt), which is not supported");
  }
  if (!root.is_none("task")) {
    TRY(task, root.string_attribute("task"));
    if (task != profile.source_task) {
      return contradiction(root, "task is '{}', its head {} is for '{}'", task, profile.head, profile.source_task);
    }
  }
  return {};
}

Result<std::vector<double>> read_strides(const ModuleView& root) {
  if (root.is_none("stride")) return std::vector{kDefaultStride};
  TRY(strides, root.float_list_attribute("stride"));
  for (const double stride : strides) {
    if (!(stride >= 1 && stride <= kLargestStride)) return contradiction(root, "stride is {}", stride);
  }
  if (strides.empty()) return contradiction(root, "stride is empty");
  return strides;
}

/// What image sizes are multiples of. Layers that pad leave broken strides, of which the framework takes the whole part
/// (ultralytics/utils/checks.py, check_imgsz).
int64_t whole_stride(std::span<const double> strides, std::vector<std::string>& notes) {
  const double largest = std::ranges::max(strides);
  const auto whole = static_cast<int64_t>(largest);
  if (static_cast<double>(whole) != largest)
    notes.push_back(
        fmt::format("the model's stride is {}: image sizes are multiples of {}, as in the framework", largest, whole));
  return whole;
}

/// Channels of the image: what the first convolution takes, found through `conv` children of the first layer.
Result<int64_t> input_channels(const ModuleView& root) {
  TRY(layer, root.descendant("model.0"));
  const int64_t pixels_per_cell = layer.short_class_name() == "Focus" ? 4 : 1;
  if (layer.short_class_name() == "TorchVision") {
    TRY(first, layer.descendant("m.0"));
    layer = std::move(first);
  }
  while (layer.has_child("conv")) {
    TRY(inner, layer.child("conv"));
    layer = std::move(inner);
  }
  if (layer.has_attribute("in_channels")) {
    TRY(channels, bounded_int(layer, "in_channels", 1));
    return channels / pixels_per_cell;
  }
  for (const std::string_view key : {"channels", "ch"}) {
    const PickleValue* value = yaml_entry(root, key);
    if (const auto channels = value ? value->as_integer() : std::nullopt; channels && *channels > 0) return *channels;
  }
  return layer.fail("the first layer does not tell how many channels the image has");
}

Status check_head(const Translation& t, const ModuleView& root, std::span<const double> strides) {
  if (t.class_count == 0) return root.fail("its last layer is no head");
  if (!root.is_none("nc")) {
    TRY(count, root.int_attribute("nc"));
    if (count != t.class_count)
      t.model.notes.push_back(fmt::format("the model's nc is {}, its head predicts {} classes", count, t.class_count));
  }
  if (t.level_strides.empty()) return {};
  const bool same = std::ranges::equal(t.level_strides, strides,
                                       [](double a, double b) { return std::abs(a - b) <= kStrideTolerance * b; });
  if (!same) {
    return contradiction(root, "stride is [{}], its head's is [{}]", fmt::join(strides, ", "),
                         fmt::join(t.level_strides, ", "));
  }
  return {};
}

/// Where a layer stands and what it reads is asked of the model's own list; a layer that was put inside of another
/// keeps both.
void ignore_numbers_of_inner_modules(Ledger& ledger) {
  constexpr ptrdiff_t kPartsOfLayer = 2;  // "model.1.i"
  for (const LedgerEntry& entry : ledger.unaccounted()) {
    const bool is_number = entry.name == "i" || entry.name == "f";
    if (is_number && std::ranges::count(entry.path, '.') > kPartsOfLayer)
      ledger.ignore(entry, "read of the layers of the model's own list only");
  }
}

std::string text_or(std::string text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : std::move(text);
}

void read_record(const Checkpoint& checkpoint, const ModuleView& root, ModelFacts& facts) {
  facts.framework = "ultralytics";
  facts.model_type = "YOLO";
  facts.framework_version = record_text(checkpoint, "version");
  facts.date = record_text(checkpoint, "date");
  facts.license = text_or(record_text(checkpoint, "license"), kLicense);
  facts.docs = text_or(record_text(checkpoint, "docs"), kDocs);
  facts.author = kAuthor;
  facts.model_name = model_name(checkpoint, root);
  const PickleValue* data = training_argument(checkpoint, root, "data");
  facts.description = description(facts.model_name, data ? data->as_string().value_or("") : "");
}

}  // namespace

Result<SourceModel> build_model(const ModelSource& source, const BuildRequest& request, const TaskProfile& profile) {
  const Checkpoint& checkpoint = source.checkpoint;
  Ledger& ledger = *source.modules;
  const ModuleView root = ledger.root();
  SourceModel model;
  ModelFacts& facts = model.facts;
  facts.task = profile.task;
  facts.source_task = profile.source_task;
  read_record(checkpoint, root, facts);
  CHECK_OK(refuse_other_modes(checkpoint, root, profile));
  TRY(strides, read_strides(root));
  facts.stride = whole_stride(strides, model.notes);
  TRY(channels, input_channels(root));
  facts.channels = channels;
  TRY(trained_size, default_image_size(checkpoint, root));
  TRY(size, round_to_stride(request.image_size.value_or(trained_size), facts.stride, model.notes));
  model.sizes = {.batch = request.batch, .height = size[0], .width = size[1], .dynamic = request.dynamic};

  GraphBuilder builder;
  Translation t{.b = builder,
                .model = model,
                .text = {},
                .head = request.head,
                .max_detections = request.max_detections,
                .nms_classes = request.nms_classes,
                .aliases = request.module_aliases,
                .class_count = 0,
                .level_strides = {},
                .tuples = {},
                .depth = 0};
  model.inputs = {{.name = "images", .layout = "NCHW", .role = Role::kImage, .groups = {}}};
  const ValueId image = builder.input(
      "images", {.dtype = DType::kFloat32, .shape = image_input_shape(model.sizes, channels, facts.stride)});
  if (profile.prepare) CHECK_OK(profile.prepare(t, root));
  const Result<ValueId> last = run_layers(t, root, image);
  // What a translation says after the builder has failed is about placeholders.
  if (builder.error()) return *builder.error();
  const Result<ModuleView> layers = root.child("model");
  if (!last && (t.classes == Translation::Classes::kUnknown || (layers && !is_module_list(*layers)))) {
    const std::vector<UnknownClass> unknown = unknown_classes(ledger, request.module_aliases.known_classes());
    if (!unknown.empty()) return refuse_unknown_classes(unknown);
  }
  if (!last) return last.error();
  CHECK_OK(check_head(t, root, strides));
  TRY(graph, std::move(builder).finish());
  model.graph = std::move(graph);

  TRY(names, read_class_names(root, t.class_count, request, model.notes));
  facts.class_names = std::move(names.names);
  facts.class_names_origin = names.origin;
  if (facts.pose) CHECK_OK(name_keypoints(root, *facts.pose, model.notes));
  if (facts.detection) {
    facts.detection->confidence_threshold = request.confidence_threshold;
    facts.detection->iou_threshold = request.iou_threshold;
  }
  if (profile.task != Task::kClassification) {
    facts.preprocessing = detection_preprocessing(channels, profile.resize);
  } else {
    TRY(preprocessing, classification_preprocessing(root, channels, size));
    facts.preprocessing = std::move(preprocessing);
  }
  facts.framework_metadata = framework_metadata(model, profile.head, request.head);
  ignore_numbers_of_inner_modules(ledger);
  ignore_what_no_forward_reads(checkpoint, ledger);
  return model;
}

}  // namespace modelport::ultralytics

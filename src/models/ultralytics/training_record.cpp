#include "models/ultralytics/training_record.h"

#include <algorithm>
#include <filesystem>

#include "checkpoint/numpy_value.h"
#include "source/image_size.h"

namespace modelport::ultralytics {

namespace {

constexpr size_t kLongestNumber = 40;
constexpr int64_t kFrameworkImageSize = 640;

/// An entry of a dict, or an attribute of a namespace object (checkpoints of unfinished trainings).
const PickleValue* entry(const PickleValue* settings, std::string_view name) {
  if (!settings) return nullptr;
  if (const PickleDict* dict = settings->as_dict()) return dict->find(name);
  const PickleObject* object = settings->as_object();
  return object ? object->attribute(name) : nullptr;
}

/// The stem of a path of either kind of operating system.
std::string stem(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return std::filesystem::path(path).stem().string();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where a scale letter belongs in a stock yaml's name, behind the digits of "yolo11" or "yolov8"; nothing for other
/// names and for those that have one.
std::optional<size_t> missing_scale_position(std::string_view name) {
  if (!name.starts_with("yolo")) return std::nullopt;
  size_t at = 4;
  if (at < name.size() && name[at] == 'v') ++at;
  const size_t digits = at;
  while (at < name.size() && is_digit(name[at])) ++at;
  if (at == digits || (at < name.size() && name[at] != '-')) return std::nullopt;
  return at;
}

/// `scale` of the yaml; where it is empty the framework takes the first of `scales`.
std::string_view scale_of(const ModuleView& root) {
  const PickleValue* scale = yaml_entry(root, "scale");
  if (const auto text = scale ? scale->as_string() : std::nullopt; text && !text->empty()) return *text;
  const PickleValue* scales = yaml_entry(root, "scales");
  const PickleDict* dict = scales ? scales->as_dict() : nullptr;
  if (!dict || dict->entries.empty()) return "";
  return dict->entries.front().first.as_string().value_or("");
}

}  // namespace

const PickleValue* training_argument(const Checkpoint& checkpoint, const ModuleView& root, std::string_view name) {
  for (const std::string_view settings : {"train_args", "opt"}) {
    if (const PickleValue* value = entry(checkpoint.find(settings), name)) return value;
  }
  return entry(root.object().attribute("args"), name);
}

const PickleValue* yaml_entry(const ModuleView& root, std::string_view name) {
  return entry(root.object().attribute("yaml"), name);
}

std::string record_text(const Checkpoint& checkpoint, std::string_view name) {
  const PickleValue* value = checkpoint.find(name);
  if (value && value->as_number()) return pickle_value_text(*value, kLongestNumber);
  return std::string(value ? value->as_string().value_or("") : "");
}

std::string model_name(const Checkpoint& checkpoint, const ModuleView& root) {
  const PickleValue* file = yaml_entry(root, "yaml_file");
  if (!file) file = root.object().attribute("yaml_file");
  std::string name = stem(file ? file->as_string().value_or("") : "");
  if (name.empty()) return stem(checkpoint.path);
  const std::string_view scale = scale_of(root);
  const std::optional<size_t> position = missing_scale_position(name);
  if (position && scale.size() == 1 && std::string_view("nsmlx").find(scale) != std::string_view::npos) {
    name.insert(*position, scale);
  }
  return name;
}

Result<std::array<int64_t, 2>> default_image_size(const Checkpoint& checkpoint, const ModuleView& root) {
  const PickleValue* value = training_argument(checkpoint, root, "imgsz");
  if (!value) value = training_argument(checkpoint, root, "img_size");
  if (!value || value->is_none()) return std::array{kFrameworkImageSize, kFrameworkImageSize};
  std::optional<std::array<int64_t, 2>> size;
  if (const auto text = value->as_string()) {
    size = image_size_from_text(*text);
  } else {
    PickleArena texts;
    const std::vector<PickleValue> sides = plain_items(*value, texts).value_or(std::vector{*value});
    std::vector<double> numbers;
    for (const PickleValue& side : sides) numbers.push_back(side.as_number().value_or(0));
    size = image_size_from_sides(numbers);
  }
  if (size) return *size;
  Error error = root.fail("imgsz of its training is {}, which is no image size", pickle_value_text(*value, 60));
  error.hint = "give one with the option imgsz";
  return error;
}

Result<std::array<int64_t, 2>> round_to_stride(std::array<int64_t, 2> size, int64_t stride,
                                               std::vector<std::string>& notes) {
  std::array<int64_t, 2> rounded{};
  for (size_t axis = 0; axis < 2; ++axis) {
    if (size[axis] < 1 || size[axis] > kLargestImageSide) {
      return fail(ErrorCode::kInvalidArgument, "image size [{}, {}]: each side is 1 to {} pixels", size[0], size[1],
                  kLargestImageSide);
    }
    rounded[axis] = (size[axis] + stride - 1) / stride * stride;
  }
  if (rounded != size) {
    notes.push_back(fmt::format("imgsz [{}, {}] rounded up to [{}, {}], multiples of the model's stride {}", size[0],
                                size[1], rounded[0], rounded[1], stride));
  }
  return rounded;
}

}  // namespace modelport::ultralytics

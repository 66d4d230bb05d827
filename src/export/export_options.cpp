#include "export/export_options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/ranges.h>

#include "base/nearest_name.h"
#include "export/class_names.h"
#include "export/module_aliases.h"
#include "formats/onnx/layout.h"
#include "source/image_size.h"

namespace modelport {

namespace {

constexpr int64_t kMaxBatch = 1024;
constexpr int64_t kMaxDetections = 100000;

/// One option of export_config: its schema, the formats that take it, and how a value that is not null is read; nothing
/// when it does not fit.
struct Option {
  std::string_view name;
  std::string_view expected;  ///< For messages: "an integer from 11 to 21".
  std::string_view schema;
  std::string_view formats;  ///< Space-separated.
  bool (*read)(const Json& value, ExportOptions& options);
};

std::optional<int64_t> integer_in(const Json& value, int64_t low, int64_t high) {
  if (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>() &&
      std::abs(value.get<double>()) < 1e15) {
    const auto whole = static_cast<int64_t>(value.get<double>());
    return whole >= low && whole <= high ? std::optional(whole) : std::nullopt;
  }
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(high)) return std::nullopt;
  const auto whole = value.get<int64_t>();
  return whole >= low && whole <= high ? std::optional(whole) : std::nullopt;
}

std::optional<double> number_in(const Json& value, double low, double high) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  return number >= low && number <= high ? std::optional(number) : std::nullopt;
}

bool read_opset(const Json& value, ExportOptions& options) {
  const auto opset = integer_in(value, onnx_layout::kOldestOpset, onnx_layout::kNewestOpset);
  if (opset) options.format.opset_version = *opset;
  return opset.has_value();
}

bool read_ir_version(const Json& value, ExportOptions& options) {
  options.format.ir_version = integer_in(value, onnx_layout::lowest_ir_version(onnx_layout::kOldestOpset),
                                         onnx_layout::lowest_ir_version(onnx_layout::kNewestOpset));
  return options.format.ir_version.has_value();
}

bool read_dynamic_axes(const Json& value, ExportOptions& options) {
  if (value.is_boolean()) {
    options.build.dynamic = value.get<bool>() ? DynamicAxes::kAll : DynamicAxes::kNone;
    return true;
  }
  options.build.dynamic = DynamicAxes::kBatch;
  return value == "batch";
}

bool read_simplify(const Json& value, ExportOptions& options) {
  if (!value.is_boolean()) return false;
  options.simplify = value.get<bool>() ? Simplify::kAll : Simplify::kRequiredOnly;
  return true;
}

bool read_batch_size(const Json& value, ExportOptions& options) {
  const auto batch = integer_in(value, 1, kMaxBatch);
  if (batch) options.build.batch = *batch;
  return batch.has_value();
}

bool read_image_size(const Json& value, ExportOptions& options) {
  if (value.is_string()) {
    options.build.image_size = image_size_from_text(value.get<std::string>());
    return options.build.image_size.has_value();
  }
  std::vector<double> sides;
  for (const Json& side : value.is_array() ? value : Json::array({value})) {
    if (!side.is_number()) return false;
    sides.push_back(side.get<double>());
  }
  options.build.image_size = image_size_from_sides(sides);
  return options.build.image_size.has_value();
}

bool read_half(const Json& value, ExportOptions& options) {
  if (!value.is_boolean()) return false;
  options.precision = value.get<bool>() ? WeightPrecision::kFloat16 : WeightPrecision::kFloat32;
  return true;
}

bool read_confidence(const Json& value, ExportOptions& options) {
  const auto number = number_in(value, 0.0, 1.0);
  if (number) options.build.confidence_threshold = *number;
  return number.has_value();
}

bool read_iou(const Json& value, ExportOptions& options) {
  const auto number = number_in(value, 0.0, 1.0);
  if (number) options.build.iou_threshold = *number;
  return number.has_value();
}

bool read_nms(const Json& value, ExportOptions& options) {
  if (!value.is_boolean()) return false;
  options.build.head = value.get<bool>() ? HeadChoice::kNmsInside : HeadChoice::kEndToEnd;
  return true;
}

bool read_max_detections(const Json& value, ExportOptions& options) {
  const auto number = integer_in(value, 1, kMaxDetections);
  if (number) options.build.max_detections = *number;
  return number.has_value();
}

bool read_agnostic_nms(const Json& value, ExportOptions& options) {
  if (!value.is_boolean()) return false;
  options.build.nms_classes = value.get<bool>() ? NmsClasses::kTogether : NmsClasses::kApart;
  return true;
}

bool read_embed_preprocessing(const Json& value, ExportOptions& options) {
  if (value == "bgr") {
    options.build.image_input = ImageInput::kBgrPixels;
  } else if (value == true || value == "rgb") {
    options.build.image_input = ImageInput::kRgbPixels;
  } else {
    options.build.image_input = ImageInput::kNormalised;
    return value == false;
  }
  return true;
}

bool keep_module_aliases(const Json& value, ExportOptions& options) {
  if (!value.is_object() && !value.is_string()) return false;
  options.module_aliases = value;
  return true;
}

bool keep_class_names(const Json& value, ExportOptions& options) {
  if (!value.is_object() && !value.is_array() && !value.is_string()) return false;
  options.class_names = value;
  return true;
}

bool read_validate(const Json& value, ExportOptions& options) {
  for (const Validation level :
       {Validation::kOff, Validation::kStructure, Validation::kReference, Validation::kRuntime}) {
    if (value == validation_name(level)) {
      options.validate = level;
      return true;
    }
  }
  return false;
}

bool read_tolerance(const Json& value, ExportOptions& options) {
  options.tolerance = number_in(value, 1e-9, 1.0);
  return options.tolerance.has_value();
}

bool read_keep_failed(const Json& value, ExportOptions& options) {
  if (!value.is_boolean()) return false;
  options.rejected_files = value.get<bool>() ? RejectedFiles::kKept : RejectedFiles::kRemoved;
  return true;
}

/// The formats of this release.
constexpr std::string_view kAll = "onnx torchscript openvino";

/// The options of the convention that only formats of later releases take; known so that the message can say so.
constexpr auto kNotRead = nullptr;

static_assert(onnx_layout::kOldestOpset == 11 && onnx_layout::kNewestOpset == 21,
              "the rows of opset_version and ir_version say so too");

constexpr auto kOptions = std::to_array<Option>({
    {"opset_version", "an integer from 11 to 21", R"({"type":"integer","minimum":11,"maximum":21,"default":17})",
     "onnx", read_opset},
    {"ir_version", "an integer from 6 to 10",
     R"({"type":"integer","minimum":6,"maximum":10,"description":"default: the lowest that carries the opset"})",
     "onnx", read_ir_version},
    {"dynamic_axes", "true, false or \"batch\"",
     R"({"enum":[true,false,"batch"],"default":false,"description":"true: batch, height and width"})", kAll,
     read_dynamic_axes},
    {"simplify", "true or false", R"({"type":"boolean","default":true})", kAll, read_simplify},
    {"batch_size", "an integer from 1 to 1024", R"({"type":"integer","minimum":1,"maximum":1024,"default":1})", kAll,
     read_batch_size},
    {"imgsz", "an integer from 1 to 16384 or [height, width]",
     R"({"anyOf":[{"type":"integer","minimum":1,"maximum":16384},{"type":"array","items":{"type":"integer","minimum":1,"maximum":16384},"minItems":2,"maxItems":2},{"type":"array","items":{"type":"integer","minimum":1,"maximum":16384},"minItems":1,"maxItems":1},{"type":"string","pattern":"^ *[\\[(]? *[0-9]+[0-9., ]*[\\])]? *$"}],"description":"height and width, or one number for both, also as text (\"640\", \"[384, 640]\"); default: as trained; rounded up to the stride"})",
     kAll, read_image_size},
    {"half", "true or false",
     R"({"type":"boolean","default":false,"description":"float16 weights and arithmetic (openvino: weights), float32 inputs and outputs, and layers that rounding would carry over the limits"})",
     kAll, read_half},
    {"fp16", "true or false", R"({"type":"boolean","default":false,"description":"the same as half"})",
     "onnx torchscript openvino tensorrt", read_half},
    {"conf", "a number from 0 to 1", R"({"type":"number","minimum":0,"maximum":1,"default":0.25})", kAll,
     read_confidence},
    {"iou", "a number from 0 to 1", R"({"type":"number","minimum":0,"maximum":1,"default":0.7})", kAll, read_iou},
    {"nms", "true, false or null",
     R"({"type":"boolean","description":"null: the one-to-many head, for the consumer to suppress; false: the end-to-end head where the model has one; true: suppression inside"})",
     kAll, read_nms},
    {"max_det", "an integer from 1 to 100000",
     R"({"type":"integer","minimum":1,"maximum":100000,"default":300,"description":"rows of an end-to-end head and of suppression inside"})",
     kAll, read_max_detections},
    {"agnostic_nms", "true or false",
     R"({"type":"boolean","default":false,"description":"with nms true: boxes of different classes suppress each other"})",
     kAll, read_agnostic_nms},
    {"embed_preprocessing", "true, false, \"rgb\" or \"bgr\"",
     R"({"enum":[true,false,"rgb","bgr"],"default":false,"description":"true or rgb: the input is uint8 [batch, height, width, 3] as a camera gives it"})",
     kAll, read_embed_preprocessing},
    {"module_aliases", "an object or the path of a JSON file",
     R"({"anyOf":[{"type":"object","additionalProperties":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}},{"type":"string"}],"description":"classes of your own: the class of the framework that each stands for, or the children that its forward() applies in order; or the path of a JSON file with such an object"})",
     kAll, keep_module_aliases},
    {"class_names", "a list, an object from class to name, or the path of a file of names",
     R"({"anyOf":[{"type":"array","items":{"type":"string"},"minItems":1},{"type":"object","additionalProperties":{"type":"string"}},{"type":"string"}],"description":"names of the classes in place of the checkpoint's: a list, an object from class number to name, or the path of a file: a name a line, or JSON or YAML with such a list or object, also under the key names"})",
     kAll, keep_class_names},
    {"validate", "\"off\", \"structure\", \"reference\" or \"runtime\"",
     R"({"enum":["off","structure","reference","runtime"],"description":"asks for the level of proof none, structure, read_back (or specification) or runtime; default: the strongest that this machine has"})",
     kAll, read_validate},
    {"tolerance", "a number from 1e-9 to 1",
     R"({"type":"number","minimum":1e-9,"maximum":1,"description":"relative difference allowed of logits and scores; coordinates may be off by 25 px times it where that is more than their limit; default by precision"})",
     kAll, read_tolerance},
    {"keep_failed", "true or false",
     R"({"type":"boolean","default":false,"description":"where the written file is found wrong (exit code 2), it is kept in rejected/ in the output directory"})",
     kAll, read_keep_failed},
    {"int8", "true or false", "{}", "tensorrt tflite", kNotRead},
    {"max_batch_size", "an integer", "{}", "tensorrt", kNotRead},
    {"workspace_size", "an integer", "{}", "tensorrt", kNotRead},
    {"minimum_deployment_target", "a string", "{}", "coreml", kNotRead},
    {"compute_units", "a string", "{}", "coreml", kNotRead},
    {"quantize", "true or false", "{}", "tflite", kNotRead},

});

bool takes(const Option& option, std::string_view format) {
  return option.read != kNotRead &&
         (" " + std::string(option.formats) + " ").find(" " + std::string(format) + " ") != std::string::npos;
}

Error refused_key(const std::string& key, std::string_view format) {
  std::vector<std::string> names;
  for (const Option& option : kOptions) {
    if (takes(option, format)) names.emplace_back(option.name);
    if (option.name == key && !option.formats.empty()) {
      return fail(ErrorCode::kInvalidArgument, "export_config.{} is an option of {}, {} does not take it", key,
                  option.formats, format);
    }
  }
  Error error = fail(ErrorCode::kInvalidArgument, "export_config has the unknown key \"{}\"", key);
  const std::string nearest = nearest_name(key, names);
  if (!nearest.empty()) {
    error.hint = fmt::format("did you mean \"{}\"?", nearest);
  } else {
    error.hint = fmt::format("{} takes {}", format, fmt::join(names, ", "));
  }
  return error;
}

/// One key of export_config for every one of `formats` that takes it; kInvalidArgument when none does.
Status apply_to_all(const std::string& key, const Json& value, std::span<const std::string> formats,
                    std::span<ExportOptions> options) {
  bool taken = false;
  for (size_t i = 0; i < formats.size(); ++i) {
    const auto option =
        std::ranges::find_if(kOptions, [&](const Option& row) { return row.name == key && takes(row, formats[i]); });
    if (option == kOptions.end()) continue;
    taken = true;
    if (value.is_null() || option->read(value, options[i])) continue;
    return fail(ErrorCode::kInvalidArgument, "export_config.{} must be {}, not {}", key, option->expected,
                value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return taken ? Status() : refused_key(key, formats.front());
}

Status require_one_meaning_of_half(const Json& config) {
  const auto half = config.find("half"), fp16 = config.find("fp16");
  if (half == config.end() || fp16 == config.end() || half->is_null() || fp16->is_null() || *half == *fp16) return {};
  return fail(ErrorCode::kInvalidArgument, "export_config.half and export_config.fp16 mean the same and differ");
}

}  // namespace

std::string_view validation_name(Validation validation) {
  constexpr std::string_view kNames[] = {"off", "structure", "reference", "runtime"};
  return kNames[static_cast<size_t>(validation)];
}

std::string_view proof_name(Validation validation) {
  constexpr std::string_view kNames[] = {"none", "structure", "read_back", "runtime"};
  return kNames[static_cast<size_t>(validation)];
}

Result<std::vector<ExportOptions>> parse_export_config(std::string_view text, std::span<const std::string> formats) {
  std::vector<ExportOptions> options(formats.size());
  if (text.empty()) return options;
  TRY(config, parse_json(text, ErrorCode::kInvalidArgument).in("export_config"));
  if (!config.is_object()) return fail(ErrorCode::kInvalidArgument, "export_config is not a JSON object");
  CHECK_OK(require_one_meaning_of_half(config));
  for (const auto& [key, value] : config.items()) {
    const auto addressed = std::ranges::find(formats, key);
    if (addressed == formats.end()) {
      CHECK_OK(apply_to_all(key, value, formats, options));
      continue;
    }
    if (!value.is_object()) {
      return fail(ErrorCode::kInvalidArgument, "export_config.{} must be an object: the options of that format", key);
    }
    CHECK_OK(require_one_meaning_of_half(value));
  }
  // What addresses one format wins over what addresses all.
  for (size_t i = 0; i < formats.size(); ++i) {
    const auto own = config.find(formats[i]);
    if (own == config.end()) continue;
    for (const auto& [key, value] : own->items())
      CHECK_OK(apply_to_all(key, value, {&formats[i], 1}, {&options[i], 1}));
  }
  for (ExportOptions& each : options) {
    if (!each.module_aliases.is_null()) {
      TRY(aliases, read_module_aliases(each.module_aliases));
      each.build.module_aliases = std::move(aliases);
    }
    if (!each.class_names.is_null()) {
      TRY(names, class_names_option(each.class_names));
      each.build.class_names = std::move(names);
    }
  }
  return options;
}

Json effective_config(const ExportOptions& options, std::string_view format, const InputSizes& sizes,
                      Validation validation, double tolerance) {
  const BuildRequest& build = options.build;
  Json config;
  if (format == "onnx") config["opset_version"] = options.format.opset_version;
  if (format == "onnx" && options.format.ir_version) config["ir_version"] = *options.format.ir_version;
  config["dynamic_axes"] =
      sizes.dynamic == DynamicAxes::kBatch ? Json("batch") : Json(sizes.dynamic == DynamicAxes::kAll);
  config["simplify"] = options.simplify == Simplify::kAll;
  config["batch_size"] = sizes.batch;
  config["imgsz"] = {sizes.height, sizes.width};
  config["half"] = options.precision == WeightPrecision::kFloat16;
  config["conf"] = build.confidence_threshold;
  config["iou"] = build.iou_threshold;
  config["nms"] = build.head == HeadChoice::kDefault ? Json() : Json(build.head == HeadChoice::kNmsInside);
  config["max_det"] = build.max_detections;
  config["agnostic_nms"] = build.nms_classes == NmsClasses::kTogether;
  config["embed_preprocessing"] = build.image_input == ImageInput::kNormalised  ? Json(false)
                                  : build.image_input == ImageInput::kRgbPixels ? Json("rgb")
                                                                                : Json("bgr");
  if (!build.module_aliases.empty()) config["module_aliases"] = module_aliases_json(build.module_aliases);
  if (!build.class_names.empty()) config["class_names"] = build.class_names;
  config["validate"] = validation_name(validation);
  config["tolerance"] = tolerance;
  config["keep_failed"] = options.rejected_files == RejectedFiles::kKept;
  return config;
}

Json export_config_schema(std::string_view format) {
  Json properties = Json::object();
  for (const Option& option : kOptions) {
    if (!takes(option, format)) continue;
    Json row = Json::parse(option.schema);
    // null counts as absent.
    properties[std::string(option.name)] = {{"anyOf", {row, {{"type", "null"}}}}};
  }
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"type", "object"},
          {"properties", properties},
          {"additionalProperties", false}};
}

}  // namespace modelport

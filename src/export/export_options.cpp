#include "export/export_options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/ranges.h>

#include "base/nearest_name.h"

namespace modelport {

namespace {

constexpr int64_t kMaxBatch = 1024;
constexpr int64_t kMaxImageSize = 16384;

/// One option of export_config: its schema, the formats that take it, and how a value that is not null is read; nothing
/// when it does not fit.
struct Option {
  std::string_view name;
  std::string_view expected;  ///< For messages: "an integer from 13 to 21".
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
  const auto opset = integer_in(value, 13, 21);
  if (opset) options.format.opset_version = *opset;
  return opset.has_value();
}

bool read_ir_version(const Json& value, ExportOptions& options) {
  options.format.ir_version = integer_in(value, 7, 10);
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
  if (value.is_array()) {
    if (value.size() != 2) return false;
    const auto height = integer_in(value[0], 1, kMaxImageSize);
    const auto width = integer_in(value[1], 1, kMaxImageSize);
    if (!height || !width) return false;
    options.build.image_size = {*height, *width};
    return true;
  }
  const auto size = integer_in(value, 1, kMaxImageSize);
  if (size) options.build.image_size = {*size, *size};
  return size.has_value();
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

/// The options of the convention that only formats of later releases take; known so that the message can say so.
constexpr auto kNotRead = nullptr;

constexpr std::array<Option, 18> kOptions = {{
    {"opset_version", "an integer from 13 to 21", R"({"type":"integer","minimum":13,"maximum":21,"default":17})",
     "onnx", read_opset},
    {"ir_version", "an integer from 7 to 10",
     R"({"type":"integer","minimum":7,"maximum":10,"description":"default: the lowest that carries the opset"})",
     "onnx", read_ir_version},
    {"dynamic_axes", "true, false or \"batch\"",
     R"({"enum":[true,false,"batch"],"default":false,"description":"true: batch, height and width"})", "onnx",
     read_dynamic_axes},
    {"simplify", "true or false", R"({"type":"boolean","default":true})", "onnx", read_simplify},
    {"batch_size", "an integer from 1 to 1024", R"({"type":"integer","minimum":1,"maximum":1024,"default":1})", "onnx",
     read_batch_size},
    {"imgsz", "an integer from 1 to 16384 or [height, width]",
     R"({"anyOf":[{"type":"integer","minimum":1,"maximum":16384},{"type":"array","items":{"type":"integer","minimum":1,"maximum":16384},"minItems":2,"maxItems":2}],"description":"default: as trained; rounded up to the stride"})",
     "onnx", read_image_size},
    {"half", "true or false",
     R"({"type":"boolean","default":false,"description":"float16 weights and arithmetic, float32 inputs and outputs"})",
     "onnx", read_half},
    {"fp16", "true or false", R"({"type":"boolean","default":false,"description":"the same as half"})", "onnx tensorrt",
     read_half},
    {"conf", "a number from 0 to 1", R"({"type":"number","minimum":0,"maximum":1,"default":0.25})", "onnx",
     read_confidence},
    {"iou", "a number from 0 to 1", R"({"type":"number","minimum":0,"maximum":1,"default":0.7})", "onnx", read_iou},
    {"validate", "\"off\", \"structure\", \"reference\" or \"runtime\"",
     R"({"enum":["off","structure","reference","runtime"],"description":"default: the strongest that this machine has"})",
     "onnx", read_validate},
    {"tolerance", "a number from 1e-9 to 1",
     R"({"type":"number","minimum":1e-9,"maximum":1,"description":"relative difference allowed of logits and scores; default by precision"})",
     "onnx", read_tolerance},
    {"int8", "true or false", "{}", "tensorrt tflite", kNotRead},
    {"max_batch_size", "an integer", "{}", "tensorrt", kNotRead},
    {"workspace_size", "an integer", "{}", "tensorrt", kNotRead},
    {"minimum_deployment_target", "a string", "{}", "coreml", kNotRead},
    {"compute_units", "a string", "{}", "coreml", kNotRead},
    {"quantize", "true or false", "{}", "tflite", kNotRead},

}};

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

}  // namespace

std::string_view validation_name(Validation validation) {
  constexpr std::string_view kNames[] = {"off", "structure", "reference", "runtime"};
  return kNames[static_cast<size_t>(validation)];
}

std::string_view proof_name(Validation validation) {
  constexpr std::string_view kNames[] = {"none", "structure", "read_back", "runtime"};
  return kNames[static_cast<size_t>(validation)];
}

Result<ExportOptions> parse_export_config(std::string_view text, std::string_view format) {
  ExportOptions options;
  if (text.empty()) return options;
  TRY(config, parse_json(text, ErrorCode::kInvalidArgument).in("export_config"));
  if (!config.is_object()) return fail(ErrorCode::kInvalidArgument, "export_config is not a JSON object");
  for (const auto& [key, value] : config.items()) {
    const auto option = std::find_if(kOptions.begin(), kOptions.end(),
                                     [&](const Option& row) { return row.name == key && takes(row, format); });
    if (option == kOptions.end()) return refused_key(key, format);
    if (value.is_null()) continue;
    if (!option->read(value, options)) {
      return fail(ErrorCode::kInvalidArgument, "export_config.{} must be {}, not {}", key, option->expected,
                  value.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
  }
  const auto half = config.find("half");
  const auto fp16 = config.find("fp16");
  if (half != config.end() && fp16 != config.end() && half->is_boolean() && fp16->is_boolean() && *half != *fp16) {
    return fail(ErrorCode::kInvalidArgument, "export_config.half and export_config.fp16 mean the same and differ");
  }
  return options;
}

Json effective_config(const ExportOptions& options, const InputSizes& sizes, Validation validation, double tolerance) {
  Json config;
  config["opset_version"] = options.format.opset_version;
  if (options.format.ir_version) config["ir_version"] = *options.format.ir_version;
  config["dynamic_axes"] =
      sizes.dynamic == DynamicAxes::kBatch ? Json("batch") : Json(sizes.dynamic == DynamicAxes::kAll);
  config["simplify"] = options.simplify == Simplify::kAll;
  config["batch_size"] = sizes.batch;
  config["imgsz"] = {sizes.height, sizes.width};
  config["half"] = options.precision == WeightPrecision::kFloat16;
  config["conf"] = options.build.confidence_threshold;
  config["iou"] = options.build.iou_threshold;
  config["validate"] = validation_name(validation);
  config["tolerance"] = tolerance;
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

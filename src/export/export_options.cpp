#include "export/export_options.h"

#include <algorithm>
#include <vector>

#include <fmt/ranges.h>

#include "base/nearest_name.h"
#include "export/class_names.h"
#include "source/image_size.h"

namespace modelport {

namespace {

using CommonOption = ExportOption<ExportOptions>;

constexpr int64_t kMaxBatch = 1024;

/// The place of a value that the model itself is asked for.
template <class Value>
auto of_build(Value BuildRequest::*member) {
  return [member](auto& options) -> auto& { return options.build.*member; };
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

CommonOption image_size_option() {
  return {
      "imgsz", "an integer from 1 to 16384 or [height, width]",
      Json::parse(
          R"({"anyOf":[{"type":"integer","minimum":1,"maximum":16384},{"type":"array","items":{"type":"integer","minimum":1,"maximum":16384},"minItems":2,"maxItems":2},{"type":"array","items":{"type":"integer","minimum":1,"maximum":16384},"minItems":1,"maxItems":1},{"type":"string","pattern":"^ *[\\[(]? *[0-9]+[0-9., ]*[\\])]? *$"}],"description":"height and width, or one number for both, also as text (\"640\", \"[384, 640]\"); default: as trained; rounded up to the stride"})"),
      read_image_size, [](const ExportOptions& options) { return option_value::recorded(options.build.image_size); }};
}

CommonOption class_names_row() {
  return {
      "class_names", "a list, an object from class to name, or the path of a file of names",
      Json::parse(
          R"({"anyOf":[{"type":"array","items":{"type":"string"},"minItems":1},{"type":"object","additionalProperties":{"type":"string"}},{"type":"string"}],"description":"names of the classes in place of the checkpoint's: a list, an object from class number to name, or the path of a file: a name a line, or JSON or YAML with such a list or object, also under the key names"})"),
      [](const Json& value, ExportOptions& options) -> Result<bool> {
        if (!value.is_object() && !value.is_array() && !value.is_string()) return false;
        TRY(names, class_names_option(value));
        options.build.class_names = std::move(names);
        return true;
      },
      [](const ExportOptions& options) -> std::optional<Json> {
        if (options.build.class_names.empty()) return std::nullopt;
        return options.build.class_names;
      }};
}

CommonOption half_option(std::string name, std::string_view description) {
  return choice_option<ExportOptions, DType>(
      std::move(name), {{true, DType::kFloat16}, {false, DType::kFloat32}},
      [](auto& options) -> auto& { return options.precision.weights; }, description);
}

/// The same option by another name, recorded under the first alone.
CommonOption second_name(CommonOption option) {
  option.effective = nullptr;
  return option;
}

/// What every trainer and every format reads: first what the model is and how it is written,
std::span<const CommonOption> options_of_the_model() {
  static const std::vector<CommonOption> kRows = {
      choice_option<ExportOptions, DynamicAxes>(
          "dynamic_axes", {{true, DynamicAxes::kAll}, {false, DynamicAxes::kNone}, {"batch", DynamicAxes::kBatch}},
          of_build(&BuildRequest::dynamic), "true: batch, height and width"),
      choice_option<ExportOptions, Simplify>("simplify", {{true, Simplify::kAll}, {false, Simplify::kRequiredOnly}},
                                             &ExportOptions::simplify),
      integer_option<ExportOptions>("batch_size", 1, kMaxBatch, of_build(&BuildRequest::batch)),
      image_size_option(),
      half_option("half",
                  "float16 weights and arithmetic (openvino: weights), float32 inputs and outputs, and layers that "
                  "rounding would carry over the limits"),
      second_name(half_option("fp16", "the same as half")),
  };
  return kRows;
}

/// then, behind the trainer's own, what is said of it and how it is proven.
std::span<const CommonOption> options_of_the_export() {
  static const std::vector<CommonOption> kRows = {
      class_names_row(),
      choice_option<ExportOptions, Validation>("validate",
                                               {{validation_name(Validation::kOff), Validation::kOff},
                                                {validation_name(Validation::kStructure), Validation::kStructure},
                                                {validation_name(Validation::kReference), Validation::kReference},
                                                {validation_name(Validation::kRuntime), Validation::kRuntime}},
                                               &ExportOptions::validate,
                                               "asks for the level of proof none, structure, read_back (or "
                                               "specification) or runtime; default: the strongest "
                                               "that this machine has"),
      number_option<ExportOptions>(
          "tolerance", 1e-9, 1, &ExportOptions::tolerance,
          "relative difference allowed of logits and scores; coordinates may be off by 25 px times it where that is "
          "more than their limit; default by precision"),
      choice_option<ExportOptions, RejectedFiles>(
          "keep_failed", {{true, RejectedFiles::kKept}, {false, RejectedFiles::kRemoved}},
          &ExportOptions::rejected_files,
          "where the written file is found wrong (exit code 2), it is kept in rejected/ in the output directory"),
  };
  return kRows;
}

/// Calls `visit` with every option of an export and the struct that holds its value, in the order of the schema.
template <class Options, class Visit>
void for_each_option(const Trainer& trainer, const Format& format, Options& options, const Visit& visit) {
  for (const auto& row : format.options) visit(row, options.format);
  for (const auto& row : options_of_the_model()) visit(row, options);
  for (const auto& row : trainer.options) visit(row, options.build);
  for (const auto& row : options_of_the_export()) visit(row, options);
}

std::vector<std::string> option_names(const Trainer& trainer, const Format& format) {
  std::vector<std::string> names;
  const ExportOptions defaults;
  for_each_option(trainer, format, defaults, [&](const auto& row, const auto&) { names.push_back(row.name); });
  return names;
}

/// The formats that alone take this option, those of later releases too.
std::vector<std::string_view> formats_with_their_own(const std::string& key) {
  std::vector<std::string_view> names;
  for (const FormatRow& row : format_table()) {
    const auto options = row.format != nullptr ? row.format->options : std::span<const ExportOption<FormatOptions>>();
    const bool today = std::ranges::find(options, key, &ExportOption<FormatOptions>::name) != options.end();
    if (today || std::ranges::find(row.later_options, key) != row.later_options.end()) names.push_back(row.name);
  }
  return names;
}

Error refused_key(const std::string& key, const Trainer& trainer, const FormatRow& format) {
  const std::vector<std::string_view> others = formats_with_their_own(key);
  if (!others.empty()) {
    return fail(ErrorCode::kInvalidArgument, "export_config.{} is an option of {}, {} does not take it", key,
                fmt::join(others, " "), format.name);
  }
  const std::vector<std::string> names = option_names(trainer, *format.format);
  Error error = fail(ErrorCode::kInvalidArgument, "export_config has the unknown key \"{}\"", key);
  const std::string nearest = nearest_name(key, names);
  if (!nearest.empty()) {
    error.hint = fmt::format("did you mean \"{}\"?", nearest);
  } else {
    error.hint = fmt::format("{} takes {}", format.name, fmt::join(names, ", "));
  }
  return error;
}

template <class Options>
Status read_option(const ExportOption<Options>& row, const Json& value, Options& options) {
  if (value.is_null()) return {};
  TRY(fits, row.read(value, options));
  if (fits) return {};
  return fail(ErrorCode::kInvalidArgument, "export_config.{} must be {}, not {}", row.name, row.expected,
              value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// One key of export_config for every one of `formats` that takes it; kInvalidArgument when none does.
Status apply_to_all(const std::string& key, const Json& value, const Trainer& trainer,
                    std::span<const FormatRow* const> formats, std::span<ExportOptions> options) {
  bool taken = false;
  Status status;
  for (size_t i = 0; i < formats.size(); ++i) {
    for_each_option(trainer, *formats[i]->format, options[i], [&](const auto& row, auto& place) {
      if (row.name != key || !status) return;
      taken = true;
      status = read_option(row, value, place);
    });
  }
  CHECK_OK(status);
  return taken ? Status() : refused_key(key, trainer, *formats.front());
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

Result<std::vector<ExportOptions>> parse_export_config(std::string_view text, const Trainer& trainer,
                                                       std::span<const FormatRow* const> formats) {
  std::vector<ExportOptions> options(formats.size());
  if (text.empty()) return options;
  TRY(config, parse_json(text, ErrorCode::kInvalidArgument).in("export_config"));
  if (!config.is_object()) return fail(ErrorCode::kInvalidArgument, "export_config is not a JSON object");
  CHECK_OK(require_one_meaning_of_half(config));
  for (const auto& [key, value] : config.items()) {
    if (std::ranges::find(formats, std::string_view(key), &FormatRow::name) == formats.end()) {
      CHECK_OK(apply_to_all(key, value, trainer, formats, options));
      continue;
    }
    if (!value.is_object()) {
      return fail(ErrorCode::kInvalidArgument, "export_config.{} must be an object: the options of that format", key);
    }
    CHECK_OK(require_one_meaning_of_half(value));
  }
  // What addresses one format wins over what addresses all.
  for (size_t i = 0; i < formats.size(); ++i) {
    const auto own = config.find(formats[i]->name);
    if (own == config.end()) continue;
    for (const auto& [key, value] : own->items())
      CHECK_OK(apply_to_all(key, value, trainer, {&formats[i], 1}, {&options[i], 1}));
  }
  for (size_t i = 0; i < formats.size(); ++i) {
    if (options[i].precision.rounds_weights()) options[i].precision = formats[i]->format->half;
  }
  return options;
}

ExportOptions in_effect(const ExportOptions& asked, const InputSizes& sizes, Validation validation, double tolerance) {
  ExportOptions options = asked;
  options.build.batch = sizes.batch;
  options.build.image_size = {sizes.height, sizes.width};
  options.build.dynamic = sizes.dynamic;
  options.validate = validation;
  options.tolerance = tolerance;
  return options;
}

Json export_config_json(const ExportOptions& options, const Trainer& trainer, const FormatRow& format) {
  Json config;
  for_each_option(trainer, *format.format, options, [&](const auto& row, const auto& place) {
    if (row.effective == nullptr) return;
    if (const std::optional<Json> value = row.effective(place)) config[row.name] = *value;
  });
  return config;
}

Json export_config_schema(const Trainer& trainer, const FormatRow& format) {
  Json properties = Json::object();
  const ExportOptions defaults;
  for_each_option(trainer, *format.format, defaults, [&](const auto& row, const auto&) {
    // null counts as absent.
    properties[row.name] = {{"anyOf", {row.schema, {{"type", "null"}}}}};
  });
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"type", "object"},
          {"properties", properties},
          {"additionalProperties", false}};
}

}  // namespace modelport

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/printable.h"
#include "convention/export_rules.h"
#include "convention/schema.h"
#include "convention/time_text.h"

namespace modelport {

namespace {

constexpr std::string_view kUnread = "metadata.json could not be read";

/// A value as it stands in metadata.json, cut where it is long.
std::string shown(const Json& value) {
  constexpr size_t kMost = 120;
  const std::string text = printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

std::string at(std::string_view field) { return "/" + std::string(field); }

bool is_there(const ExportSubject& subject) {
  return subject.directory != nullptr && subject.directory->find("metadata.json") != nullptr;
}

Judgement is_utf8_text(const ExportSubject& subject) {
  if (!is_there(subject)) return skipped("{}", kUnread);
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (subject.metadata_text.starts_with(kByteOrderMark)) return failed("it begins with a byte order mark");
  const auto is_sound = [&](size_t length) {
    return is_utf8(std::string_view(subject.metadata_text).substr(0, length));
  };
  if (is_sound(subject.metadata_text.size())) return passed();
  size_t line = 1;
  for (size_t begin = 0; begin < subject.metadata_text.size(); ++line) {
    const size_t end = std::min(subject.metadata_text.find('\n', begin), subject.metadata_text.size());
    if (!is_utf8(std::string_view(subject.metadata_text).substr(begin, end - begin)))
      return failed(
          "line {} is not UTF-8: {}", line,
          printable(std::string_view(subject.metadata_text).substr(begin, std::min<size_t>(end - begin, 100))));
    begin = end + 1;
  }
  return failed("it is not UTF-8");
}

Judgement is_json_object(const ExportSubject& subject) {
  if (!is_there(subject)) return skipped("{}", kUnread);
  if (subject.metadata.is_object()) return passed();
  if (subject.metadata_text.empty()) return failed("it is empty, or larger than 16 MiB");
  const auto document = parse_json(subject.metadata_text, ErrorCode::kDamaged, DuplicateKeys::kLastWins);
  if (document) return failed("it is a JSON {}, not an object", document->type_name());
  for (const std::string_view word : {"NaN", "Infinity"}) {
    if (subject.metadata_text.find(word) != std::string::npos)
      return failed("{}: {} is not JSON", document.error().text(), word);
  }
  return failed("{}", document.error().text());
}

Judgement no_key_is_twice(const ExportSubject& subject) {
  const auto strict = parse_json(subject.metadata_text, ErrorCode::kDamaged);
  return strict ? passed() : failed("{}", strict.error().message);
}

constexpr std::string_view kRequired[] = {"framework",   "model_name",  "export_format", "task_type",
                                          "input_shape", "input_dtype", "output_shape",  "created_at"};

Judgement required_fields_are_there(const ExportSubject& subject) {
  std::vector<std::string_view> missing;
  for (const std::string_view name : kRequired) {
    if (subject.field(name) == nullptr) missing.push_back(name);
  }
  return missing.empty() ? passed() : failed("missing: {}", fmt::join(missing, ", "));
}

Judgement all_there(const ExportSubject& subject, std::initializer_list<std::string_view> names) {
  std::vector<std::string_view> missing;
  for (const std::string_view name : names) {
    if (subject.field(name) == nullptr) missing.push_back(name);
  }
  if (!missing.empty()) return failed("missing for {}: {}", subject.task(), fmt::join(missing, ", "));
  return passed();
}

Judgement classes_are_given(const ExportSubject& subject) {
  if (subject.task() != "detection" && subject.task() != "classification")
    return skipped("not a detection or classification model");
  return all_there(subject, {"class_names", "num_classes"});
}

Judgement keypoints_are_given(const ExportSubject& subject) {
  if (subject.task() != "pose") return skipped("not a pose model");
  return all_there(subject, {"num_keypoints"});
}

Judgement recommended_are_given(const ExportSubject& subject) {
  if (subject.task() == "detection")
    return all_there(subject, {"anchor_based", "confidence_threshold", "iou_threshold"});
  if (subject.task() == "classification") return all_there(subject, {"top_k"});
  if (subject.task() == "segmentation") return all_there(subject, {"class_names", "num_classes", "mask_resolution"});
  return all_there(subject, {"keypoint_names", "skeleton"});
}

/// Fields that rules of their own judge.
const std::set<std::string, std::less<>> kOwnRules = {
    "", "export_format", "task_type", "input_shape", "output_shape", "created_at"};

/// Whether a field is needed, so that null stands for its absence, which has a rule of its own.
bool is_needed(const ExportSubject& subject, std::string_view name) {
  if (std::ranges::find(kRequired, name) != std::end(kRequired)) return true;
  const bool names_classes = name == "class_names" || name == "num_classes";
  return (names_classes && (subject.task() == "detection" || subject.task() == "classification")) ||
         (name == "num_keypoints" && subject.task() == "pose");
}

Judgement follows_schema(const ExportSubject& subject) {
  std::vector<std::string> problems;
  std::string first;
  std::set<std::string> seen;
  for (const SchemaViolation& violation : check_against_schema(kMetadataSchemaText, subject.metadata)) {
    const size_t end = std::min(violation.path.find('/', 1), violation.path.size());
    const std::string name = violation.path.empty() ? "" : violation.path.substr(1, end - 1);
    if (kOwnRules.contains(name) || (subject.field(name) == nullptr && is_needed(subject, name))) continue;
    if (!seen.insert(violation.path).second) continue;
    const Json::json_pointer pointer(violation.path);
    problems.push_back(fmt::format("{} is {}: {}", violation.path,
                                   subject.metadata.contains(pointer) ? shown(subject.metadata[pointer]) : "not there",
                                   violation.message));
    if (first.empty()) first = violation.path;
  }
  if (problems.empty()) return passed();
  return failed("{}", fmt::join(problems, "; ")).in(first);
}

Judgement format_is_as_asked(const ExportSubject& subject) {
  const Json* format = subject.field("export_format");
  if (format == nullptr) return skipped("export_format is missing");
  if (*format == subject.expected.format) return passed();
  return failed("it is {}, --export_format was {}", shown(*format), subject.expected.format).in(at("export_format"));
}

bool is_size(const Json& value) {
  return value.is_number_integer() && (value.get<int64_t>() >= 1 || value.get<int64_t>() == kDynamicSize);
}

bool are_sizes(const Json& list) { return list.is_array() && std::ranges::all_of(list, is_size); }

Judgement input_shape_is_three_sizes(const ExportSubject& subject) {
  const Json* shape = subject.field("input_shape");
  if (shape == nullptr) return skipped("input_shape is missing");
  if (are_sizes(*shape) && shape->size() == 3) return passed();
  const std::string_view advice = shape->is_array() && shape->size() == 4 ? "; leave the batch out" : "";
  return failed("it is {}, not three sizes{}", shown(*shape), advice).in(at("input_shape"));
}

Judgement output_shape_is_shapes(const ExportSubject& subject) {
  const Json* shapes = subject.field("output_shape");
  if (shapes == nullptr) return skipped("output_shape is missing");
  if (shapes->is_array() && !shapes->empty() && std::ranges::all_of(*shapes, are_sizes)) return passed();
  const bool flat = are_sizes(*shapes) && !shapes->empty();
  return failed("it is {}, not a list of shapes{}", shown(*shapes),
                flat ? fmt::format("; write [{}]", shown(*shapes)) : "")
      .in(at("output_shape"));
}

Judgement counts_agree(const ExportSubject& subject) {
  const Json* names = subject.field("class_names");
  const Json* count = subject.field("num_classes");
  if (names == nullptr || count == nullptr || !names->is_array() || !count->is_number_integer())
    return skipped("class_names or num_classes is not given");
  const auto named = static_cast<int64_t>(names->size());
  const bool has_background = subject.task() == "segmentation" && named > 0 && (*names)[0] == "background";
  if (*count == named || (has_background && *count == named - 1)) return passed();
  return failed("num_classes is {}, class_names has {}", shown(*count), named).in(at("num_classes"));
}

Judgement created_at_is_iso(const ExportSubject& subject) {
  const Json* time = subject.field("created_at");
  if (time == nullptr) return skipped("created_at is missing");
  if (time->is_string() && read_time(time->get<std::string>())) return passed();
  return failed("it is {}", shown(*time)).in(at("created_at"));
}

Judgement created_at_has_zone(const ExportSubject& subject) {
  const Json* time = subject.field("created_at");
  if (time == nullptr) return skipped("created_at is missing");
  if (read_time(time->get<std::string>())->zone == TimeText::Zone::kGiven) return passed();
  return failed("it is {}", shown(*time)).in(at("created_at"));
}

Judgement created_at_is_now(const ExportSubject& subject) {
  const Json* text = subject.field("created_at");
  if (text == nullptr || !subject.expected.times) return skipped("the time of the export is not known");
  const TimeText time = *read_time(text->get<std::string>());
  if (const auto fixed = source_date_epoch(); fixed && time.as_utc == *fixed) return passed("SOURCE_DATE_EPOCH");
  // Clocks are read at other moments and written in minutes or seconds; a time without a zone may be anywhere's.
  const auto slack = time.zone == TimeText::Zone::kGiven ? std::chrono::minutes(2) : std::chrono::minutes(15 * 60);
  if (time.as_utc >= subject.expected.times->from - slack && time.as_utc <= subject.expected.times->to + slack)
    return passed();
  return failed("it is {}, the export ran at {}", shown(*text), time_text(subject.expected.times->from))
      .in(at("created_at"));
}

Judgement own_fields_are_in_extra(const ExportSubject& subject) {
  static const Json schema = Json::parse(kMetadataSchemaText);
  std::vector<std::string> unknown;
  for (const auto& [name, value] : subject.metadata.items()) {
    if (!schema["properties"].contains(name)) unknown.push_back(printable(name));
  }
  if (unknown.empty()) return passed();
  return failed("not of the convention: {}", fmt::join(unknown, ", ")).in(at(unknown[0]));
}

Judgement config_is_recorded(const ExportSubject& subject) {
  const Json& given = subject.expected.export_config;
  if (!given.is_object() || given.empty()) return skipped("no --export_config was given");
  const Json* recorded = subject.field("export_config");
  if (recorded != nullptr && !recorded->is_object()) return skipped("export_config is no object, see EXP-046");
  if (recorded == nullptr) return failed("export_config is not there").in(at("export_config"));
  for (const auto& [name, value] : given.items()) {
    if (value.is_null()) continue;
    if (!recorded->contains(name)) return failed("{} was given and is not there", name).in("/export_config/" + name);
    if ((*recorded)[name] != value)
      return failed("{} was given as {}, it is {}", name, shown(value), shown((*recorded)[name]))
          .in("/export_config/" + name);
  }
  return passed();
}

Judgement task_is_known(const ExportSubject& subject) {
  const Json* task = subject.field("task_type");
  if (task == nullptr) return skipped("task_type is missing");
  if (!subject.task().empty()) return passed();
  const std::string_view meant = task->is_string() ? task_type_of(task->get<std::string>()) : "";
  return failed("it is {}{}", shown(*task), meant.empty() ? "" : fmt::format("; {} is meant", meant))
      .in(at("task_type"));
}

Judgement preprocessing_is_given(const ExportSubject& subject) {
  return subject.field("preprocessing") != nullptr ? passed() : failed("preprocessing is not there");
}

Judgement postprocessing_is_given(const ExportSubject& subject) {
  if (subject.task() != "detection") return skipped("not a detection model");
  return subject.field("postprocessing") != nullptr ? passed() : failed("postprocessing is not there");
}

/// Judges only where there is something to judge.
template <Judgement (*judge)(const ExportSubject&)>
Judgement if_read(const ExportSubject& subject) {
  return subject.metadata.is_object() ? judge(subject) : skipped("{}", kUnread);
}

template <Judgement (*judge)(const ExportSubject&)>
Judgement if_task_known(const ExportSubject& subject) {
  if (subject.metadata.is_object() && subject.task().empty()) return skipped("task_type is not known");
  return if_read<judge>(subject);
}

constexpr ExportRule kMetadataRules[] = {
    {"EXP-040", {"EXP-032", "EXP-033", "EXP-034"}, is_utf8_text},
    {"EXP-041", {"EXP-032", "EXP-033", "EXP-034", "EXP-040"}, is_json_object},
    {"EXP-042", {"EXP-032", "EXP-033", "EXP-034", "EXP-041"}, if_read<no_key_is_twice>},
    {"EXP-043", {"EXP-041"}, if_read<required_fields_are_there>},
    {"EXP-057", {"EXP-041"}, if_read<task_is_known>},
    {"EXP-044", {"EXP-057"}, if_task_known<classes_are_given>},
    {"EXP-045", {"EXP-057"}, if_task_known<keypoints_are_given>},
    {"EXP-046", {"EXP-041"}, if_read<follows_schema>},
    {"EXP-047", {"EXP-041"}, if_read<format_is_as_asked>},
    {"EXP-048", {"EXP-041"}, if_read<input_shape_is_three_sizes>},
    {"EXP-049", {"EXP-041"}, if_read<output_shape_is_shapes>},
    {"EXP-050", {"EXP-046"}, if_read<counts_agree>},
    {"EXP-051", {"EXP-041"}, if_read<created_at_is_iso>},
    {"EXP-052", {"EXP-051"}, if_read<created_at_has_zone>},
    {"EXP-053", {"EXP-051"}, if_read<created_at_is_now>},
    {"EXP-055", {"EXP-041"}, if_read<own_fields_are_in_extra>},
    {"EXP-056", {"EXP-041"}, if_read<config_is_recorded>},
    {"EXP-058", {"EXP-041"}, if_read<preprocessing_is_given>},
};

constexpr ExportRule kTaskRules[] = {
    {"EXP-054", {"EXP-057", "EXP-067"}, if_task_known<recommended_are_given>},
    {"EXP-059", {"EXP-057", "EXP-067"}, if_task_known<postprocessing_is_given>},
};

}  // namespace

std::span<const ExportRule> metadata_rules() { return kMetadataRules; }
std::span<const ExportRule> task_rules() { return kTaskRules; }

}  // namespace modelport

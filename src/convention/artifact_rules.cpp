#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/printable.h"
#include "base/sha256.h"
#include "convention/export_rules.h"

namespace modelport {

namespace {

using Sizes = std::vector<int64_t>;

/// The declared input that takes the picture: the first with batch, channels, height and width, else with three sizes.
const DeclaredTensor* picture_input(const ArtifactHeader& header) {
  for (const size_t rank : {4, 3}) {
    for (const DeclaredTensor& input : header.inputs) {
      if (input.dims && input.dims->size() == rank) return &input;
    }
  }
  return nullptr;
}

/// Whether metadata.json may say `size` where the file says `declared`.
bool size_agrees(int64_t size, int64_t declared) { return declared == kDynamicSize || size == declared; }

bool sizes_agree(const Sizes& sizes, const Sizes& declared) { return std::ranges::equal(sizes, declared, size_agrees); }

std::optional<Sizes> sizes_in(const ExportSubject& subject, std::string_view name) {
  const Json* field = subject.field(name);
  return field == nullptr ? std::nullopt : integers_of(*field);
}

Judgement input_shape_is_declared(const ExportSubject& subject) {
  const auto shape = sizes_in(subject, "input_shape");
  if (!shape || shape->size() != 3) return skipped("input_shape is not given");
  const DeclaredTensor* input = picture_input(*subject.header);
  if (input == nullptr) return skipped("{} declares no shape of an image input", subject.format.artifact);
  const Sizes declared(input->dims->end() - 3, input->dims->end());
  const Sizes& s = *shape;
  // As it stands; [H, W, C] of a file in [C, H, W]; and the other way round.
  for (const Sizes& order : {s, Sizes{s[2], s[0], s[1]}, Sizes{s[1], s[2], s[0]}}) {
    if (sizes_agree(order, declared)) return passed(fmt::format("{} is {}", input->name, sizes_text(*input->dims)));
  }
  return failed("it is {}, {} declares its input {} as {}", sizes_text(s), subject.format.artifact,
                printable(input->name), sizes_text(*input->dims))
      .in("/input_shape");
}

Judgement input_dtype_is_declared(const ExportSubject& subject) {
  const Json* dtype = subject.field("input_dtype");
  if (dtype == nullptr || !dtype->is_string()) return skipped("input_dtype is not given");
  const DeclaredTensor* input = picture_input(*subject.header);
  if (input == nullptr && !subject.header->inputs.empty()) input = &subject.header->inputs[0];
  if (input == nullptr || input->dtype.empty())
    return skipped("{} declares no type of its input", subject.format.artifact);
  if (*dtype == input->dtype) return passed(fmt::format("{} is {}", input->name, input->dtype));
  return failed("it is {}, {} declares its input {} as {}", printable(dtype->get<std::string>()),
                subject.format.artifact, printable(input->name), input->dtype)
      .in("/input_dtype");
}

std::string declared_text(const DeclaredTensor& tensor) {
  return printable(tensor.name) + " " + (tensor.dims ? sizes_text(*tensor.dims) : "of no declared shape");
}

Judgement output_shape_is_declared(const ExportSubject& subject) {
  const Json* shapes = subject.field("output_shape");
  const std::vector<DeclaredTensor>& outputs = subject.header->outputs;
  if (shapes == nullptr || !shapes->is_array()) return skipped("output_shape is not given");
  if (outputs.empty()) return skipped("{} declares no outputs", subject.format.artifact);
  std::vector<std::string> declared;
  for (const DeclaredTensor& output : outputs) declared.push_back(declared_text(output));
  if (shapes->size() != outputs.size())
    return failed("it has {} shapes, {} declares {} outputs: {}", shapes->size(), subject.format.artifact,
                  outputs.size(), fmt::join(declared, ", "))
        .in("/output_shape");
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto sizes = integers_of((*shapes)[i]);
    if (!sizes || !outputs[i].dims || sizes_agree(*sizes, *outputs[i].dims)) continue;
    return failed("it is {}, {} declares {}", sizes_text(*sizes), subject.format.artifact, declared[i])
        .in(fmt::format("/output_shape/{}", i));
  }
  return passed(fmt::format("{}", fmt::join(declared, ", ")));
}

/// What outputs have room for, beside the batch.
struct OutputSizes {
  std::set<int64_t> sizes;
  bool is_complete = true;         ///< No size is dynamic or undeclared.
  bool has_finished_rows = false;  ///< Rows of a box, a score and a class number.
  int64_t mask_channels = 0;       ///< Of prototypes.
};

OutputSizes output_sizes(const ArtifactHeader& header) {
  OutputSizes found;
  for (const DeclaredTensor& output : header.outputs) {
    if (!output.dims) found.is_complete = false;
    const Sizes dims = output.dims.value_or(Sizes());
    for (size_t i = dims.size() > 1 ? 1 : 0; i < dims.size(); ++i) {
      if (dims[i] == kDynamicSize) found.is_complete = false;
      found.sizes.insert(dims[i]);
    }
    if (dims.size() == 3 && (dims[2] == 6 || dims[2] == 7)) found.has_finished_rows = true;
    if (dims.size() == 4) found.mask_channels = dims[1];
  }
  return found;
}

/// Channels that a head for `classes` classes may have: scores alone or with background, behind four box sizes, an
/// angle or objectness, and mask coefficients; for several anchors at once.
bool may_be_head(int64_t size, int64_t classes, int64_t mask_channels) {
  constexpr int64_t kMostAnchors = 9;
  for (const int64_t channels : {classes, classes + 1, classes + 4, classes + 5, classes + 6,
                                 classes + 4 + mask_channels, classes + 5 + mask_channels}) {
    if (size == channels) return true;
  }
  for (int64_t anchors = 2; anchors <= kMostAnchors; ++anchors) {
    if (size == anchors * (classes + 5) || size == anchors * (classes + 4)) return true;
  }
  return false;
}

Judgement class_count_fits(const ExportSubject& subject) {
  const Json* count = subject.field("num_classes");
  if (count == nullptr || !count->is_number_integer()) return skipped("num_classes is not given");
  if (subject.task() == "pose") return skipped("a pose model's outputs need not tell its classes");
  const auto classes = count->get<int64_t>();
  const OutputSizes outputs = output_sizes(*subject.header);
  if (subject.header->outputs.empty()) return skipped("{} declares no outputs", subject.format.artifact);
  const bool is_classification = subject.task() == "classification";
  for (const int64_t size : outputs.sizes) {
    // One score is enough to tell two classes apart.
    if (size == classes || (is_classification && classes == 2 && size == 1)) return passed();
    if (!is_classification && may_be_head(size, classes, outputs.mask_channels)) return passed();
  }
  // A map of class numbers, or finished detections, have the same shape for any number of classes.
  if (!outputs.is_complete || outputs.has_finished_rows ||
      (subject.task() == "segmentation" && outputs.mask_channels == 0))
    return skipped("the outputs' shapes do not tell");
  std::vector<std::string> declared;
  for (const DeclaredTensor& output : subject.header->outputs) declared.push_back(declared_text(output));
  return failed("it is {}, which no output has room for: {}", classes, fmt::join(declared, ", ")).in("/num_classes");
}

std::optional<std::vector<std::string>> class_names_of(const ExportSubject& subject) {
  const Json* field = subject.field("class_names");
  if (field == nullptr || !field->is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const Json& name : *field) {
    if (!name.is_string()) return std::nullopt;
    names.push_back(name.get<std::string>());
  }
  return names;
}

/// The first place where two lists of names differ.
Judgement names_differ(const std::vector<std::string>& given, const std::vector<std::string>& wanted,
                       std::string_view whose) {
  size_t i = 0;
  while (i < std::min(given.size(), wanted.size()) && given[i] == wanted[i]) ++i;
  const auto name_at = [&](const std::vector<std::string>& names) {
    return i < names.size() ? "\"" + printable(names[i]) + "\"" : "nothing";
  };
  return failed("class {} is {}, {} has {} ({} names, {} there)", i, name_at(given), whose, name_at(wanted),
                given.size(), wanted.size())
      .in(fmt::format("/class_names/{}", i));
}

Judgement names_are_recorded(const ExportSubject& subject) {
  const auto names = class_names_of(subject);
  if (!names) return skipped("class_names is not given");
  const auto recorded = recorded_classes(*subject.header);
  if (!recorded) return skipped("{} records no class names", subject.format.artifact);
  return recorded->agree_with(*names) ? passed() : names_differ(*names, recorded->names, subject.format.artifact);
}

Judgement names_are_the_checkpoints(const ExportSubject& subject) {
  const auto names = class_names_of(subject);
  if (!names) return skipped("class_names is not given");
  const std::vector<std::string>& known = subject.expected.checkpoint_classes;
  if (known.empty()) return skipped("the checkpoint's class names are not known");
  return *names == known ? passed() : names_differ(*names, known, "the checkpoint");
}

Judgement task_is_recorded(const ExportSubject& subject) {
  if (subject.task().empty()) return skipped("task_type is not known");
  struct Source {
    std::string_view whose;
    std::string task;
  };
  const Source sources[] = {{subject.format.artifact, subject.header ? recorded_task(*subject.header) : ""},
                            {"the checkpoint", subject.expected.checkpoint_task}};
  bool known = false;
  for (const Source& source : sources) {
    const std::string_view task = task_type_of(source.task);
    if (task.empty()) continue;
    known = true;
    if (task != subject.task())
      return failed("it is {}, {} says \"{}\", which is {}", subject.task(), source.whose, source.task, task)
          .in("/task_type");
  }
  return known ? passed() : skipped("neither the artifact nor the checkpoint records its task");
}

Judgement judge_listed_file(const ExportSubject& subject, const Json& file) {
  if (!file.is_object() || !file.contains("name") || !file["name"].is_string()) return failed("it has no name");
  const std::string name = file["name"].get<std::string>();
  const DirectoryEntry* entry = subject.directory->find(name);
  if (entry == nullptr || entry->kind != DirectoryEntry::Kind::kFile)
    return failed("{} is no file in output_dir", printable(name));
  if (file.contains("size") && file["size"] != entry->size)
    return failed("{} has {} bytes, {} are told", name, entry->size, file["size"].dump());
  if (!file.contains("sha256")) return passed();
  const auto mapped = subject.directory->map(name);
  if (!mapped) return failed("{}", mapped.error().text());
  if (const std::string digest = sha256_hex((*mapped)->bytes()); file["sha256"] != digest)
    return failed("{} has the digest {}", name, digest);
  return passed();
}

Judgement listed_files_are_right(const ExportSubject& subject) {
  const Json* extra = subject.field("extra_metadata");
  if (extra == nullptr || !extra->is_object() || !extra->contains("files")) return skipped("it is not given");
  const Json& files = (*extra)["files"];
  constexpr std::string_view kPointer = "/extra_metadata/files";
  // Anybody may have a list of another kind there.
  if (!files.is_array() || files.empty() ||
      !std::ranges::all_of(files, [](const Json& file) { return file.is_object(); }))
    return skipped("it is no list of files");
  for (size_t i = 0; i < files.size(); ++i) {
    Judgement judgement = judge_listed_file(subject, files[i]);
    if (judgement.verdict == Verdict::kFail) return std::move(judgement).in(fmt::format("{}/{}", kPointer, i));
  }
  return passed();
}

/// Judges only where both the artifact and metadata.json could be read.
template <Judgement (*judge)(const ExportSubject&)>
Judgement if_both_read(const ExportSubject& subject) {
  if (!subject.metadata.is_object()) return skipped("metadata.json could not be read");
  if (!subject.header) return skipped("the artifact could not be read");
  if (subject.header->depth == ArtifactHeader::Depth::kRecognised)
    return skipped("a {} artifact declares nothing that can be read", subject.format.name);
  return judge(subject);
}

constexpr ExportRule kArtifactRules[] = {
    {"EXP-060", {"EXP-048"}, if_both_read<input_shape_is_declared>},
    {"EXP-061", {"EXP-046"}, if_both_read<input_dtype_is_declared>},
    {"EXP-062", {"EXP-049"}, if_both_read<output_shape_is_declared>},
    {"EXP-067", {"EXP-057"}, task_is_recorded},
    {"EXP-063", {"EXP-046", "EXP-050", "EXP-057", "EXP-062", "EXP-067"}, if_both_read<class_count_fits>},
    {"EXP-064", {"EXP-046", "EXP-050", "EXP-062", "EXP-063"}, if_both_read<names_are_recorded>},
    {"EXP-065", {"EXP-050", "EXP-063", "EXP-064"}, names_are_the_checkpoints},
    {"EXP-066", {"EXP-034"}, listed_files_are_right},
};

}  // namespace

std::string sizes_text(std::span<const int64_t> sizes) {
  std::vector<std::string> parts;
  for (const int64_t size : sizes) parts.push_back(size == kDynamicSize ? "?" : fmt::format("{}", size));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::optional<std::vector<int64_t>> integers_of(const Json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Json& number : list) {
    if (!number.is_number_integer()) return std::nullopt;
    numbers.push_back(number.get<int64_t>());
  }
  return numbers;
}

std::span<const ExportRule> artifact_rules() { return kArtifactRules; }

}  // namespace modelport

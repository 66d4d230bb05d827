#include "service/run/finished_output.h"

#include <fcntl.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/printable.h"
#include "convention/schema.h"
#include "io/beneath.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

constexpr int64_t kLargestMetadata = int64_t{64} << 20;

/// What a format's artifact consists of; a name that ends in a slash is a directory with content.
struct ArtifactRow {
  std::string_view format;
  std::array<std::string_view, 2> names;
};
constexpr ArtifactRow kArtifacts[] = {
    {"onnx", {"model.onnx", ""}},
    {"tensorrt", {"model.engine", ""}},
    {"coreml", {"model.mlpackage/", ""}},
    {"tflite", {"model.tflite", ""}},
    {"torchscript", {"model.torchscript", ""}},
    {"openvino", {"model.xml", "model.bin"}},
};

JobError refused(FailureCode code, std::string message) {
  return {code, printable(message), JobPhase::kValidating, std::nullopt, 0};
}

bool has_artifact_part(const std::vector<OutputFileEntry>& files, std::string_view name) {
  return std::ranges::any_of(files, [&](const OutputFileEntry& file) {
    return name.ends_with('/') ? file.name.starts_with(name) : file.name == name && file.bytes > 0;
  });
}

std::optional<JobError> check_artifact(const std::vector<OutputFileEntry>& files, const std::string& format) {
  const auto* row = std::ranges::find(kArtifacts, std::string_view(format), &ArtifactRow::format);
  if (row == std::end(kArtifacts))
    return refused(FailureCode::kMissingOutput, fmt::format("the convention names no file for format {}", format));
  for (const std::string_view name : row->names) {
    if (name.empty() || has_artifact_part(files, name)) continue;
    return refused(FailureCode::kMissingOutput,
                   fmt::format("the exporter ended with exit code 0, but {} is missing or empty", name));
  }
  return std::nullopt;
}

std::variant<Json, JobError> read_metadata(const Descriptor& directory) {
  constexpr FailureCode kCode = FailureCode::kInvalidMetadata;
  auto opened = open_beneath(directory.get(), "metadata.json", O_RDONLY);
  if (!opened)
    return refused(FailureCode::kMissingOutput, "the exporter ended with exit code 0, but metadata.json is missing");
  struct stat info {};
  if (::fstat(opened->get(), &info) != 0 || info.st_size > kLargestMetadata)
    return refused(kCode, "metadata.json is larger than 64 MB");
  const auto file = MappedFile::open(fmt::format("/proc/self/fd/{}", opened->get()));
  if (!file) return refused(kCode, "metadata.json cannot be read");
  const auto bytes = (*file)->bytes();
  auto document = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ErrorCode::kDamaged);
  if (!document) return refused(kCode, "metadata.json: " + document.error().text());
  return *std::move(document);
}

std::optional<JobError> check_metadata(const Json& metadata, const std::string& format) {
  const auto violations = check_against_schema(kMetadataSchemaText, metadata);
  if (!violations.empty()) {
    std::vector<std::string> words;
    for (const SchemaViolation& violation : violations) {
      if (words.size() == 3) break;
      words.push_back(fmt::format("{}{}{}", violation.path, violation.path.empty() ? "" : ": ", violation.message));
    }
    return refused(FailureCode::kInvalidMetadata,
                   fmt::format("metadata.json does not follow the schema: {}", fmt::join(words, "; ")));
  }
  const std::string said = metadata.value("export_format", "");
  if (said != format)
    return refused(FailureCode::kInvalidMetadata,
                   fmt::format("metadata.json says export_format {}, asked for was {}", said, format));
  return std::nullopt;
}

}  // namespace

std::variant<FinishedOutput, JobError> read_output(const std::string& directory, const std::string& export_format) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) return refused(FailureCode::kUnsafeOutput, "the output directory was replaced");
  FinishedOutput output{directory, {}, {}};
  const Status walked = walk_tree(opened.get(), {}, [&](const TreeEntry& entry) -> Status {
    if (printable(entry.name) != entry.name)
      return fail(ErrorCode::kHostile, "the name of {} holds characters that no file needs", printable(entry.name));
    if (S_ISREG(entry.info.st_mode)) output.files.push_back({entry.name, entry.info.st_size});
    return {};
  });
  if (!walked) return refused(FailureCode::kUnsafeOutput, "in the output, " + walked.error().text());
  std::ranges::sort(output.files, {}, &OutputFileEntry::name);
  if (auto error = check_artifact(output.files, export_format)) return *std::move(error);
  auto metadata = read_metadata(opened);
  if (auto* error = std::get_if<JobError>(&metadata)) return std::move(*error);
  output.metadata = std::get<Json>(std::move(metadata));
  if (auto error = check_metadata(output.metadata, export_format)) return *std::move(error);
  return output;
}

}  // namespace modelport

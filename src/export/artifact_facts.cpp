#include "export/artifact_facts.h"

#include <algorithm>
#include <filesystem>

#include "artifact/readers.h"
#include "base/log.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Json> read_metadata(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return Json(nullptr);
  TRY(file, MappedFile::open(path.string()));
  return parse_json(text_of(file->bytes()), ErrorCode::kInvalidArgument).in(path.string());
}

/// The row of a file that an engine here runs, by its extension.
Result<const FormatRow*> format_of(const fs::path& path) {
  const ArtifactFormat* format = artifact_format_of(path.string());
  const FormatRow* row = format == nullptr ? nullptr : find_format(format->name);
  if (row != nullptr && row->engine != nullptr) return row;
  std::string known;
  for (const FormatRow& each : format_table()) {
    if (each.engine == nullptr) continue;
    known += (known.empty() ? "" : ", ") + extension_of(*find_artifact_format(each.name));
  }
  return fail(ErrorCode::kInvalidArgument, "{}: no engine here runs such files; known are {}", path.string(), known);
}

/// In a folder, the one file of a format that is run here.
Result<fs::path> file_in(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    if (entry.is_regular_file(failed) && format_of(entry.path())) files.push_back(entry.path());
  }
  if (files.size() == 1) return files.front();
  return fail(ErrorCode::kInvalidArgument, "{} holds {} artifacts that are run here; name the file", folder.string(),
              files.size());
}

/// The first input's shape as the artifact declares it; nothing where it does not.
Result<std::optional<Shape>> declared_input(const ArtifactFacts& facts) {
  TRY(shapes, facts.session->input_shapes());
  return shapes.empty() ? std::optional<Shape>() : std::optional(shapes.front());
}

/// metadata.json's own export_config; "validate" and "tolerance" are of the export, not of the model.
Result<ExportOptions> options_of(const Json& metadata, const Trainer& trainer, const FormatRow* row) {
  Json config = metadata.value("export_config", Json::object());
  for (const char* key : {"validate", "tolerance"}) config.erase(key);
  TRY(options, parse_export_config(config.dump(), trainer, {&row, 1}).in("metadata.json"));
  return options.front();
}

/// One of each head at the declared size.
std::vector<ExportOptions> guess_options(const std::optional<Shape>& declared) {
  ExportOptions options;
  if (declared && declared->size() == 4) {
    const bool channels_last = (*declared)[1] > 4 && (*declared)[3] > 0 && (*declared)[3] <= 4;
    const int64_t height = (*declared)[channels_last ? 1 : 2], width = (*declared)[channels_last ? 2 : 3];
    if (height > 0 && width > 0) options.build.image_size = {height, width};
    if (channels_last) options.build.image_input = ImageInput::kRgbPixels;
    if ((*declared)[0] > 0) options.build.batch = (*declared)[0];
  }
  std::vector<ExportOptions> list;
  for (const HeadChoice head : {HeadChoice::kDefault, HeadChoice::kEndToEnd, HeadChoice::kNmsInside}) {
    options.build.head = head;
    list.push_back(options);
  }
  return list;
}

}  // namespace

Result<ArtifactFacts> open_artifact_facts(const Trainer& trainer, const std::string& artifact) {
  std::error_code ignored;
  fs::path path = artifact;
  if (!fs::exists(path, ignored)) return fail(ErrorCode::kNotFound, "{} does not exist", artifact);
  if (fs::is_directory(path, ignored)) {
    TRY(file, file_in(path));
    path = file;
  }
  ArtifactFacts facts;
  TRY(row, format_of(path));
  facts.path = path.string();
  facts.row = row;
  facts.engine = row->engine();
  if (!facts.engine->presence().found) {
    Error error = fail(ErrorCode::kUnavailable, "{} was not found, it runs {}", facts.engine->name(), facts.path);
    error.hint = facts.engine->presence().hint;
    return error;
  }
  auto session = facts.engine->load_file(facts.path, Engine::Optimization::kAll).in(facts.path);
  if (!session) {
    // An engine that refuses a file has compared no numbers.
    Error error = session.error();
    if (error.code == ErrorCode::kValidationFailed) error.code = ErrorCode::kUnreadable;
    return error;
  }
  facts.session = *std::move(session);
  TRY(metadata, read_metadata(path.parent_path() / "metadata.json"));
  facts.metadata = std::move(metadata);
  if (facts.metadata.is_object()) {
    auto options = options_of(facts.metadata, trainer, row);
    if (options) {
      facts.candidates = {*std::move(options)};
      return facts;
    }
    log_warning("{}; the artifact's own declarations are used", options.error().text());
  }
  TRY(declared, declared_input(facts).in(facts.path));
  facts.candidates = guess_options(declared);
  return facts;
}

}  // namespace modelport

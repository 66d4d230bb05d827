#include "export/artifact_facts.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/log.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"

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

fs::path first_file(const FormatRow& row) { return fs::path(row.format->files.front()); }

/// The format by the ending of the file's name.
Result<const FormatRow*> format_of(const fs::path& path) {
  std::string known;
  for (const FormatRow& row : format_table()) {
    if (row.format == nullptr || row.engine == nullptr) continue;
    if (path.extension() == first_file(row).extension()) return &row;
    known += (known.empty() ? "" : ", ") + first_file(row).extension().string();
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

/// "1,3,640,640" of an IR's first Parameter; nothing where a size is not a number.
std::optional<Shape> ir_input_shape(std::string_view xml) {
  const size_t parameter = xml.find("type=\"Parameter\"");
  if (parameter == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kName = "shape=\"";
  const size_t begin = xml.find(kName, parameter);
  const size_t end = begin == std::string_view::npos ? begin : xml.find('"', begin + kName.size());
  if (end == std::string_view::npos) return std::nullopt;
  Shape shape;
  for (const char* at = xml.data() + begin + kName.size(); at < xml.data() + end;) {
    int64_t size = -1;
    const auto [next, code] = std::from_chars(at, xml.data() + end, size);
    shape.push_back(code == std::errc() && (next == xml.data() + end || *next == ',') ? size : -1);
    at = std::find(at, xml.data() + end, ',') + 1;
  }
  return shape;
}

/// The sizes that Ultralytics notes in a TorchScript archive's extra file.
Result<std::optional<Shape>> torchscript_input_shape(std::span<const std::byte> bytes) {
  TRY(zip, ZipReader::open(bytes));
  for (const ZipMember& member : zip.members()) {
    if (!member.name.ends_with("/extra/config.txt") && member.name != "extra/config.txt") continue;
    std::vector<std::byte> buffer;
    constexpr uint64_t kLimit = 1 << 20;
    TRY(content, read_member(member, kLimit, buffer));
    const auto config = parse_json(text_of(content), ErrorCode::kDamaged);
    if (!config || !config->is_object() || !config->contains("imgsz")) return std::optional<Shape>();
    const Json& sizes = (*config)["imgsz"];
    if (!sizes.is_array() || sizes.size() != 2 || !sizes[0].is_number_integer() || !sizes[1].is_number_integer())
      return std::optional<Shape>();
    const auto batch = config->find("batch");
    const int64_t count = batch != config->end() && batch->is_number_integer() ? batch->get<int64_t>() : 1;
    return std::optional<Shape>({count, 3, sizes[0].get<int64_t>(), sizes[1].get<int64_t>()});
  }
  return std::optional<Shape>();
}

/// The first input's shape as the artifact declares it; nothing where it does not.
Result<std::optional<Shape>> declared_input(const ArtifactFacts& facts) {
  TRY(shapes, facts.session->input_shapes());
  if (!shapes.empty()) return std::optional(shapes.front());
  TRY(file, MappedFile::open(facts.path));
  if (facts.row->name == "openvino") return ir_input_shape(text_of(file->bytes()));
  if (facts.row->name == "torchscript") return torchscript_input_shape(file->bytes());
  return std::optional<Shape>();
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

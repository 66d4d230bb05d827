#include "cli/export_command.h"

#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "artifact/readers.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "cli/arguments.h"
#include "cli/export_progress.h"
#include "cli/export_settings.h"
#include "cli/export_table.h"
#include "convention/schema.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExportUsage =
    "usage: modelport export CHECKPOINT --to FORMAT[,FORMAT...] [-o DIR] [--set KEY=VALUE ...]\n"
    "\n"
    "Recognises whose checkpoint it is and runs that trainer's exporter, which proves what it writes.\n"
    "\n"
    "  --to FORMATS       onnx, tensorrt, coreml, tflite, torchscript, openvino; `modelport doctor` says which are "
    "here.\n"
    "  -o DIR             Where the folders NAME_FORMAT/ go (NAME_openvino_model/ for OpenVINO); default: here.\n"
    "  --set KEY=VALUE    An option of every format that takes it; --set onnx.KEY=VALUE of that one alone. VALUE is "
    "JSON\n"
    "                     where it reads as such, else text.\n"
    "  --exporter PATH    Any exporter of the convention, an executable or a .py, in place of the recognised one.\n"
    "\n"
    "Exit codes: 0 all exported and proven, 1 failed, 2 a written file's numbers or structure differ, 3 configuration\n"
    "error; with several formats the first of 2, 1, 3 that occurred. A format that fails publishes nothing, the "
    "others\n"
    "stand.\n";

constexpr Option kExportOptions[] = {
    {"--to", Option::Takes::kOne},       {"-o", Option::Takes::kOne},         {"--set", Option::Takes::kMany},
    {"--exporter", Option::Takes::kOne}, {"--help", Option::Takes::kNothing}, {"-h", Option::Takes::kNothing},
};

/// One format of this run.
struct Target {
  std::string format;
  fs::path directory;
};

Result<std::vector<std::string>> read_formats(const std::string& text) {
  std::vector<std::string> formats;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string format = text.substr(begin, end - begin);
    begin = end + 1;
    if (std::ranges::find(kConventionFormats, format) == std::end(kConventionFormats)) {
      const std::vector<std::string> known(std::begin(kConventionFormats), std::end(kConventionFormats));
      Error error = fail(ErrorCode::kUnsupportedFormat, "\"{}\" is no format of the convention", format);
      const std::string nearest = nearest_name(format, known);
      error.hint = nearest.empty() ? fmt::format("known are {}", fmt::join(known, ", "))
                                   : fmt::format("did you mean {}?", nearest);
      return error;
    }
    if (std::ranges::find(formats, format) != formats.end())
      return fail(ErrorCode::kInvalidArgument, "--to names {} twice", format);
    formats.push_back(format);
  }
  return formats;
}

/// `./best_onnx`
fs::path directory_for(const std::string& checkpoint, const std::string& format, const std::string& output) {
  const std::string_view ending = find_artifact_format(format)->folder_ending;
  return fs::path(output.empty() ? "." : output) / fmt::format("{}{}", fs::path(checkpoint).stem().string(), ending);
}

/// What tells one metadata.json from the next: a published one is a new file.
struct RecordStamp {
  uint64_t inode = 0;
  int64_t changed_ns = 0;
  friend bool operator==(const RecordStamp&, const RecordStamp&) = default;
};
RecordStamp stamp_of(const fs::path& directory) {
  struct stat info {};
  if (::stat((directory / "metadata.json").c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_ctim.tv_sec * int64_t{1000000000} + info.st_ctim.tv_nsec};
}

/// The record that a format published since `before`; null where there is none.
Json published_record(const fs::path& directory, const RecordStamp& before) {
  if (stamp_of(directory) == before) return nullptr;
  const auto file = MappedFile::open((directory / "metadata.json").string());
  if (!file) return nullptr;
  const std::span<const std::byte> bytes = (*file)->bytes();
  auto record = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ErrorCode::kDamaged);
  return record ? *std::move(record) : Json(nullptr);
}

/// A temporary folder in which D/<format> leads to each target's own directory, so that an exporter that writes several
/// formats publishes where they belong.
class FormatFolders {
 public:
  static Result<FormatFolders> make(std::span<const Target> targets) {
    std::string path = (fs::temp_directory_path() / "modelport-export-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) return fail(ErrorCode::kUnwritable, "{} cannot be made", path);
    FormatFolders folders(path);
    for (const Target& target : targets) {
      std::error_code failed;
      if (fs::create_directories(target.directory, failed)) folders.made_.push_back(target.directory);
      if (!failed) fs::create_symlink(fs::absolute(target.directory), fs::path(path) / target.format, failed);
      if (failed)
        return fail(ErrorCode::kUnwritable, "{} cannot be made: {}", target.directory.string(), failed.message());
    }
    return folders;
  }
  FormatFolders(FormatFolders&& other) noexcept
      : path_(std::exchange(other.path_, "")), made_(std::move(other.made_)) {}
  FormatFolders& operator=(FormatFolders&&) = delete;
  /// Folders that this run made and that nothing was published in go as well.
  ~FormatFolders() {
    if (path_.empty()) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    for (const fs::path& directory : made_) fs::remove(directory, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit FormatFolders(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::vector<fs::path> made_;
};

struct FinishedRun {
  std::vector<ExportRow> rows;
  int exit_code = 0;
};

/// Runs the exporter once for these targets.
Result<FinishedRun> export_together(const Exporter& exporter, const std::string& checkpoint,
                                    std::span<const Target> targets, const FormatConfigs& configs) {
  std::vector<std::string> formats;
  std::vector<RecordStamp> before;
  for (const Target& target : targets) {
    formats.push_back(target.format);
    before.push_back(stamp_of(target.directory));
  }
  using Display = ExportProgress::Display;
  ExportProgress progress(::isatty(STDERR_FILENO) == 1 ? Display::kOneLine : Display::kPassedOn, formats);
  std::optional<FormatFolders> folders;
  if (targets.size() > 1) {
    TRY(made, FormatFolders::make(targets));
    folders.emplace(std::move(made));
    for (const Target& target : targets)
      progress.rename((fs::path(folders->path()) / target.format).string(), target.directory.string());
  }
  std::vector<std::string> arguments = {"--checkpoint_path", checkpoint,
                                        "--export_format",   fmt::format("{}", fmt::join(formats, ",")),
                                        "--output_dir",      folders ? folders->path() : targets[0].directory.string()};
  const std::string config = shared_config(configs, formats);
  if (!config.empty()) arguments.insert(arguments.end(), {"--export_config", config});
  const auto pass_on = [&](std::string_view line) { progress.on_line(line); };
  TRY(run, run_exporter(exporter, std::move(arguments), pass_on, pass_on));
  FinishedRun finished{{}, run.exit_code};
  for (size_t i = 0; i < targets.size(); ++i) {
    ExportRow row{targets[i].format, targets[i].directory.string(), progress.seconds_of(targets[i].format),
                  published_record(targets[i].directory, before[i]), progress.error_of(targets[i].format)};
    if (row.metadata.is_null() && row.failure.empty()) row.failure = fmt::format("exit code {}", run.exit_code);
    finished.rows.push_back(std::move(row));
  }
  return finished;
}

/// All targets in one run where the exporter writes several formats at once, else a run for each.
std::vector<std::vector<Target>> runs_of(const Exporter& exporter, std::vector<Target> targets) {
  if (targets.empty() || exporter.has_extension("multiple_formats")) return {std::move(targets)};
  std::vector<std::vector<Target>> runs;
  for (Target& target : targets) runs.push_back({std::move(target)});
  return runs;
}

/// The exit code that counts: the first of 2, 1, 3 that occurred, else 0.
int worse_code(int a, int b) {
  for (const int code : {2, 1, 3}) {
    if (a == code || b == code) return code;
  }
  return std::max(a, b) == 0 ? 0 : 1;
}

/// Why the exporter says that it does not write a format; empty where it does.
std::string refusal_of(const Exporter& exporter, const std::string& format) {
  const Json* row = exporter.format(format);
  if (row == nullptr || row->value("supported", true)) return "";
  return fmt::format("not available: {}", row->value("reason", "no reason given"));
}

}  // namespace

Result<int> run_export_command(std::span<const std::string> arguments) {
  TRY(given, read_arguments("export", arguments, kExportOptions));
  if (given.has("--help") || given.has("-h")) {
    std::fwrite(kExportUsage.data(), 1, kExportUsage.size(), stdout);
    return 0;
  }
  if (given.positional.size() != 1) return fail(ErrorCode::kInvalidArgument, "export takes one CHECKPOINT");
  if (!given.has("--to")) return fail(ErrorCode::kInvalidArgument, "export needs --to FORMAT[,FORMAT...]");
  const std::string& checkpoint = given.positional[0];
  TRY(formats, read_formats(given.value("--to")));
  TRY(exporter, given.has("--exporter") ? exporter_at(given.value("--exporter")) : exporter_for(checkpoint));
  TRY(configs, distribute_settings(exporter, formats, given.values("--set")));
  std::vector<Target> targets;
  FinishedRun all;
  for (const std::string& format : formats) {
    const std::string refusal = refusal_of(exporter, format);
    const fs::path directory = directory_for(checkpoint, format, given.value("-o"));
    if (refusal.empty()) {
      targets.push_back({format, directory});
      continue;
    }
    log_error("{} is {}", format, refusal);
    all.rows.push_back({format, directory.string(), 0.0, nullptr, refusal});
    all.exit_code = error_info(ErrorCode::kUnsupportedFormat).exit_code;
  }
  for (const std::vector<Target>& run : runs_of(exporter, std::move(targets))) {
    if (run.empty()) continue;
    TRY(finished, export_together(exporter, checkpoint, run, configs));
    all.exit_code = worse_code(all.exit_code, finished.exit_code);
    std::ranges::move(finished.rows, std::back_inserter(all.rows));
  }
  const auto asked = [&](const ExportRow& row) { return std::ranges::find(formats, row.format) - formats.begin(); };
  std::ranges::sort(all.rows, {}, asked);
  const std::string table = export_table(all.rows);
  std::fwrite(table.data(), 1, table.size(), stdout);
  return all.exit_code;
}

}  // namespace modelport

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <new>

#include "arguments.h"
#include "log.h"
#include "publication.h"
#include "signals.h"

namespace fs = std::filesystem;

namespace {

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void require_complete(const Json& metadata) {
  std::vector<std::string> required = {"framework",   "model_name",  "task_type",
                                       "input_shape", "input_dtype", "output_shape"};
  const Json task = metadata.value("task_type", Json());
  if (task == "detection" || task == "classification") required.insert(required.end(), {"class_names", "num_classes"});
  for (const std::string& name : required) {
    if (!metadata.contains(name)) throw std::runtime_error("get_metadata returned no " + name);
  }
}

std::string write_format(const Format& format, const Model& model, const Json& config) {
  try {
    return kExporter.formats.at(format.name).write(model, config);
  } catch (const NotImplemented& error) {
    throw ConfigurationError("Unsupported format: " + format.name + ": " + error.what());
  }
}

void run_export(const Arguments& arguments) {
  const fs::path checkpoint = fs::absolute(arguments.checkpoint_path), output = fs::absolute(arguments.output_dir);
  if (!fs::exists(checkpoint)) {
    throw std::runtime_error("checkpoint " + arguments.checkpoint_path + " does not exist");
  }
  // Lives as long as the process: the signal thread may hold it when main returns.
  static std::mutex publishing;
  const Scratch scratch(output);
  end_on_signals(scratch.root(), publishing);
  fs::current_path(scratch.work());
  const fs::path link = scratch.checkpoint() / fs::canonical(checkpoint).filename();
  fs::create_symlink(checkpoint, link);

  const Format& format = *arguments.format;
  log("INFO", "Exporting " + arguments.checkpoint_path + " to " + format.name);
  const std::shared_ptr<Model> model = load_model(link.string());
  Json metadata = get_metadata(*model);
  require_complete(metadata);
  collect(write_format(format, *model, arguments.export_config), format.files, scratch.finished());
  validate_export((scratch.finished() / format.files[0]).string());
  metadata["export_format"] = format.name;
  metadata["export_config"] = arguments.export_config;
  metadata["created_at"] = now_utc();
  write_durably(scratch.finished() / "metadata.json", metadata.dump(2) + "\n");
  const auto lock = lock_unless_ending(publishing);
  publish(scratch, format.files, output);
  log("INFO", "Wrote the export and metadata.json to " + arguments.output_dir);
}

int fail(int code, const std::string& message) {
  never_return_if_ending();
  log("ERROR", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse_arguments({argv + 1, argv + argc});
    if (!arguments.answer.empty()) {
      std::fputs(arguments.answer.c_str(), stdout);
      return 0;
    }
    run_export(arguments);
    return 0;
  } catch (const ConfigurationError& error) {
    return fail(3, error.what());
  } catch (const NotImplemented& error) {
    return fail(3, error.what());
  } catch (const ValidationError& error) {
    return fail(2, std::string("Validation failed: ") + error.what());
  } catch (const std::bad_alloc&) {
    return fail(1, "Export failed: out of memory");
  } catch (const std::exception& error) {
    return fail(1, std::string("Export failed: ") + error.what());
  }
}

#include "service/backend/trainer_registry.h"

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "base/printable.h"
#include "convention/proof_levels.h"
#include "convention/schema.h"
#include "io/beneath.h"
#include "service/run/exporter_process.h"
#include "service/run/program_fingerprint.h"

namespace modelport {

namespace {

constexpr auto kCapabilitiesTimeout = std::chrono::seconds(60);
constexpr size_t kMostCapabilities = size_t{8} << 20;

std::string_view major_of(std::string_view version) { return version.substr(0, version.find('.')); }

std::string text_in(const Json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

std::vector<std::string> texts_in(const Json& document, const char* key) {
  std::vector<std::string> texts;
  if (!document.contains(key) || !document[key].is_array()) return texts;
  for (const Json& entry : document[key]) {
    if (entry.is_string()) texts.push_back(printable(entry.get<std::string>()));
  }
  return texts;
}

FrameworkCapability unusable(const TrainerConfig& config, const std::string& framework, std::string problem) {
  FrameworkCapability capability;
  capability.framework = framework;
  capability.trainer = config.name;
  capability.problem = std::move(problem);
  for (const std::string_view format : kConventionFormats)
    capability.formats.push_back({.format = std::string(format), .reason = capability.problem});
  return capability;
}

/// An exporter that does not say what it can.
FrameworkCapability plain(const TrainerConfig& config, const std::string& framework) {
  FrameworkCapability capability;
  capability.framework = framework;
  capability.trainer = config.name;
  capability.convention_version = kConventionVersion;
  capability.task_types = config.task_types;
  capability.default_format = config.default_format.empty() ? "onnx" : config.default_format;
  for (const std::string_view format : kConventionFormats) {
    const bool is_listed = config.formats.empty() || std::ranges::find(config.formats, format) != config.formats.end();
    capability.formats.push_back({.format = std::string(format),
                                  .supported = is_listed,
                                  .is_known = !config.formats.empty(),
                                  .reason = is_listed ? "" : "the trainer's configuration does not list this format",
                                  .native_support = is_listed});
  }
  return capability;
}

FormatCapability read_format(const Json& row) {
  FormatCapability format;
  format.format = text_in(row, "format");
  format.supported = row.value("supported", false);
  format.native_support = format.supported;
  if (!format.supported) format.reason = text_in(row, "reason");
  format.proof = text_in(row, "proof");
  if (!row.contains("export_config")) return format;
  format.export_config_schema = row["export_config"];
  if (!format.export_config_schema.contains("properties")) return format;
  for (const auto& [name, property] : format.export_config_schema["properties"].items())
    format.optimization_options.push_back(printable(name));
  return format;
}

}  // namespace

const FrameworkCapability* LoadedTrainer::capability_of(std::string_view framework) const {
  const auto row = std::ranges::find(capabilities, framework, &FrameworkCapability::framework);
  return row == capabilities.end() ? nullptr : &*row;
}

bool LoadedTrainer::has_changed() const { return program_fingerprint(config.command) != fingerprint; }

std::vector<FrameworkCapability> read_capabilities(const TrainerConfig& config, const Json& document) {
  const std::string version = document.is_object() ? text_in(document, "convention_version") : "";
  std::string problem;
  if (!version.empty() && major_of(version) != major_of(kConventionVersion)) {
    problem = fmt::format("the exporter follows convention {}, this service knows {}.x", version,
                          major_of(kConventionVersion));
  } else if (const auto violations = check_against_schema(kCapabilitiesSchemaText, with_known_levels(document));
             !violations.empty()) {
    problem = printable(fmt::format("what the exporter prints for --capabilities does not follow the schema: {} {}",
                                    violations[0].path, violations[0].message));
  }
  std::vector<FrameworkCapability> capabilities;
  for (const std::string& framework : config.frameworks) {
    if (!problem.empty()) {
      capabilities.push_back(unusable(config, framework, problem));
      continue;
    }
    FrameworkCapability capability;
    capability.framework = framework;
    capability.trainer = config.name;
    capability.exporter_version = text_in(document, "exporter") + " " + text_in(document, "exporter_version");
    capability.convention_version = version;
    capability.task_types = texts_in(document, "task_types");
    capability.default_format = text_in(document, "default_format");
    for (const Json& row : document["formats"]) capability.formats.push_back(read_format(row));
    capabilities.push_back(std::move(capability));
  }
  return capabilities;
}

/// Its name and version, where it has the extension `verify`; else empty, and the log says why.
std::string usable_verifier(const OwnProgram& verifier) {
  if (verifier.path.empty()) return "";
  const auto place = WorkPlace::make(verifier.work_directory, "verifier");
  const auto end = place ? run_own_command(verifier, *place, {.arguments = {"--capabilities"}, .readable = {}})
                         : Result<OwnCommandEnd>(place.error());
  const auto document = end ? parse_json(end->text, ErrorCode::kDamaged) : Result<Json>(end.error());
  const std::vector<std::string> extensions =
      document && document->is_object() ? texts_in(*document, "extensions") : std::vector<std::string>();
  if (std::ranges::find(extensions, "verify") != extensions.end())
    return text_in(*document, "exporter") + " " + text_in(*document, "exporter_version");
  log_warning("{} judges nothing: {}", verifier.path,
              document ? "it does not announce the extension verify" : document.error().text());
  return "";
}

LoadedTrainer load_trainer(const TrainerConfig& config, const SandboxSupport& support, const std::string& directory,
                           const std::vector<std::string>& hidden, const std::function<bool()>& is_called_off) {
  LoadedTrainer trainer{config, program_fingerprint(config.command), "", {}, false, false};
  const auto all_unusable = [&](const std::string& problem) {
    for (const std::string& framework : config.frameworks)
      trainer.capabilities.push_back(unusable(config, framework, problem));
    return trainer;
  };
  const std::string place = fmt::format("{}/capabilities-{}", directory, config.name);
  std::error_code failed;
  std::filesystem::create_directories(place + "/scratch", failed);
  std::vector<std::string> command;
  for (const std::string& part : config.command) {
    // A command with placeholders (docker run ... {checkpoint_path}) has no place for another option.
    if (part.find('{') == std::string::npos) command.push_back(part);
  }
  const bool is_template = command.size() != config.command.size();
  command.emplace_back("--capabilities");
  auto process = prepare_exporter(config, support, {place, hidden, {}}, command, "capabilities");
  if (!process) return all_unusable(process.error().text());
  std::string text;
  process->request.timeout = kCapabilitiesTimeout;
  process->request.grace = std::chrono::seconds(1);
  process->request.should_stop = [&] { return is_called_off() ? StopOrder::kKill : StopOrder::kGoOn; };
  process->request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStdout && text.size() < kMostCapabilities) text += std::string(line) + "\n";
  };
  process->request.max_line_bytes = kMostCapabilities;
  std::optional<Json> document;
  if (!is_template) {
    const auto outcome = run_confined(process->request);
    (void)remove_tree(place);
    if (!outcome) {
      log_error("trainer {}: {}", config.name, outcome.error().text());
      return all_unusable(fmt::format("the program of trainer {} cannot be started", config.name));
    }
    auto parsed = parse_json(text, ErrorCode::kDamaged);
    if (outcome->exit_code == 0 && parsed && parsed->is_object()) document = *std::move(parsed);
    if (outcome->ended == ConfinedOutcome::Ended::kTimedOut)
      log_warning("trainer {}: no answer to --capabilities within {} s; it counts as one that has none to tell",
                  config.name, kCapabilitiesTimeout.count());
  }
  trainer.verifier = usable_verifier({config.verifier, support, directory, hidden});
  if (document) {
    trainer.capabilities = read_capabilities(config, *document);
    trainer.tells_capabilities = true;
  } else {
    for (const std::string& framework : config.frameworks) trainer.capabilities.push_back(plain(config, framework));
  }
  return trainer;
}

LoadedTrainer awaited_trainer(const TrainerConfig& config) {
  LoadedTrainer trainer{config, program_fingerprint(config.command), "", {}, false, true};
  for (const std::string& framework : config.frameworks)
    trainer.capabilities.push_back(
        unusable(config, framework, "the exporter has not answered --capabilities yet; try again in a minute"));
  return trainer;
}

void TrainerRegistry::replace(std::vector<LoadedTrainer> trainers) {
  std::vector<Trainer> shared;
  for (LoadedTrainer& trainer : trainers) shared.push_back(std::make_shared<const LoadedTrainer>(std::move(trainer)));
  const std::lock_guard lock(mutex_);
  trainers_ = std::move(shared);
}

void TrainerRegistry::replace_one(LoadedTrainer trainer) {
  const std::lock_guard lock(mutex_);
  for (Trainer& present : trainers_) {
    if (present->config.name == trainer.config.name)
      present = std::make_shared<const LoadedTrainer>(std::move(trainer));
  }
}

std::vector<TrainerRegistry::Trainer> TrainerRegistry::all() const {
  const std::lock_guard lock(mutex_);
  return trainers_;
}

TrainerRegistry::Trainer TrainerRegistry::of_framework(std::string_view framework) const {
  const std::lock_guard lock(mutex_);
  for (const Trainer& trainer : trainers_) {
    const auto& frameworks = trainer->config.frameworks;
    if (std::ranges::find(frameworks, framework) != frameworks.end()) return trainer;
  }
  return nullptr;
}

std::vector<std::string> TrainerRegistry::frameworks() const {
  std::vector<std::string> names;
  for (const Trainer& trainer : all())
    names.insert(names.end(), trainer->config.frameworks.begin(), trainer->config.frameworks.end());
  return names;
}

const AvailabilityOverride* find_availability_override(const std::vector<AvailabilityOverride>& overrides,
                                                       std::string_view framework, std::string_view format,
                                                       std::string_view fingerprint) {
  const auto found = std::ranges::find_if(overrides, [&](const AvailabilityOverride& entry) {
    return entry.framework == framework && entry.export_format == format && entry.trainer == fingerprint;
  });
  return found == overrides.end() ? nullptr : &*found;
}

FrameworkCapability with_availability_overrides(const FrameworkCapability& capability, const std::string& fingerprint,
                                                const std::vector<AvailabilityOverride>& overrides) {
  FrameworkCapability marked = capability;
  for (FormatCapability& row : marked.formats) {
    const AvailabilityOverride* entry =
        find_availability_override(overrides, capability.framework, row.format, fingerprint);
    if (entry == nullptr || !row.supported) continue;
    row.supported = row.native_support = false;
    row.reason = entry->reason;
    row.since = entry->since;
    row.marked_by = entry->job_id;
  }
  return marked;
}

}  // namespace modelport

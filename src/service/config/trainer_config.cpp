#include "service/config/trainer_config.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <set>

#include "base/nearest_name.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// Whose checkpoints the repository's own verifier reads.
constexpr std::string_view kOwnFrameworks[] = {"ultralytics", "yolov5"};
constexpr std::string_view kOwnVerifier = "modelport-ultralytics";
constexpr std::string_view kNoVerifier = "none";

constexpr uint64_t kMegabyte = uint64_t{1} << 20;

Error wrong(const toml::node& node, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "line {}: {}", node.source().begin.line, what);
}

Status read_text(const toml::node& node, std::string_view key, std::string& into) {
  const auto value = node.value_exact<std::string>();
  if (!value || value->empty()) return wrong(node, fmt::format("{} is a text", key));
  into = *value;
  return {};
}

Status read_texts(const toml::node& node, std::string_view key, std::vector<std::string>& into) {
  const toml::array* array = node.as_array();
  if (array == nullptr || array->empty()) return wrong(node, fmt::format("{} is a list of texts", key));
  into.clear();
  for (const toml::node& entry : *array) CHECK_OK(read_text(entry, key, into.emplace_back()));
  return {};
}

Result<int64_t> read_number(const toml::node& node, std::string_view key, int64_t least, int64_t most) {
  const auto value = node.value_exact<int64_t>();
  if (!value || *value < least || *value > most)
    return wrong(node, fmt::format("{} is a whole number from {} to {}", key, least, most));
  return *value;
}

Status read_sandbox(const toml::node& node, std::string_view key, SandboxLevel& into) {
  for (const SandboxLevel level : {SandboxLevel::kProcess, SandboxLevel::kBubblewrap}) {
    if (node.value_exact<std::string>() == sandbox_level_name(level)) {
      into = level;
      return {};
    }
  }
  return wrong(node, fmt::format("{} is \"process\" or \"bubblewrap\"", key));
}

Status read_environment(const toml::node& node, std::string_view key, std::map<std::string, std::string>& into) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(node, fmt::format("{} is a table of texts", key));
  for (const auto& [name, value] : *table) {
    const auto text = value.value_exact<std::string>();
    if (!text) return wrong(value, fmt::format("{} in {} is a text", name.str(), key));
    into[std::string(name.str())] = *text;
  }
  return {};
}

Status read_runner(const toml::node& node, std::string_view key, TrainerConfig& trainer) {
  const auto name = node.value_exact<std::string>();
  if (name != "local" && name != "slurm") return wrong(node, fmt::format("{} is \"local\" or \"slurm\"", key));
  trainer.runner = name == "slurm" ? RunnerKind::kSlurm : RunnerKind::kLocal;
  return {};
}

/// One key of a [[trainer]] table.
struct Key {
  std::string_view name;
  Status (*read)(const toml::node& node, std::string_view key, TrainerConfig& trainer);
};

template <uint64_t RunLimits::*member, uint64_t unit>
Status read_amount(const toml::node& node, std::string_view key, TrainerConfig& trainer) {
  TRY(number, read_number(node, key, 1, int64_t{1} << 40));
  trainer.limits.*member = static_cast<uint64_t>(number) * unit;
  return {};
}

template <std::chrono::seconds RunLimits::*member>
Status read_seconds(const toml::node& node, std::string_view key, TrainerConfig& trainer) {
  TRY(number, read_number(node, key, 1, 30 * 24 * 3600));
  trainer.limits.*member = std::chrono::seconds(number);
  return {};
}

template <std::vector<std::string> TrainerConfig::*member>
Status read_list(const toml::node& node, std::string_view key, TrainerConfig& trainer) {
  return read_texts(node, key, trainer.*member);
}

constexpr Key kKeys[] = {
    {"name",
     [](const toml::node& node, std::string_view key, TrainerConfig& t) { return read_text(node, key, t.name); }},
    {"command", read_list<&TrainerConfig::command>},
    {"frameworks", read_list<&TrainerConfig::frameworks>},
    {"formats", read_list<&TrainerConfig::formats>},
    {"task_types", read_list<&TrainerConfig::task_types>},
    {"readable", read_list<&TrainerConfig::readable>},
    {"verifier",
     [](const toml::node& node, std::string_view key, TrainerConfig& t) { return read_text(node, key, t.verifier); }},
    {"reuse",
     [](const toml::node& node, std::string_view key, TrainerConfig& t) -> Status {
       const auto value = node.value_exact<bool>();
       if (!value) return wrong(node, fmt::format("{} is true or false", key));
       t.reuse = *value ? Reuse::kAlways : Reuse::kNever;
       return {};
     }},
    {"default_format", [](const toml::node& node, std::string_view key,
                          TrainerConfig& t) { return read_text(node, key, t.default_format); }},
    {"concurrency",
     [](const toml::node& node, std::string_view key, TrainerConfig& t) -> Status {
       TRY(number, read_number(node, key, 1, 1000));
       t.concurrency = static_cast<int>(number);
       return {};
     }},
    {"timeout_seconds", read_seconds<&RunLimits::timeout>},
    {"grace_seconds", read_seconds<&RunLimits::grace>},
    {"memory_mb", read_amount<&RunLimits::memory_bytes, kMegabyte>},
    {"file_mb", read_amount<&RunLimits::file_bytes, kMegabyte>},
    {"output_mb", read_amount<&RunLimits::output_bytes, kMegabyte>},
    {"processes", read_amount<&RunLimits::processes, 1>},
    {"open_files", read_amount<&RunLimits::open_files, 1>},
    {"environment", [](const toml::node& node, std::string_view key,
                       TrainerConfig& t) { return read_environment(node, key, t.environment); }},
    {"runner", read_runner},
    {"slurm_partition", [](const toml::node& node, std::string_view key,
                           TrainerConfig& t) { return read_text(node, key, t.slurm.partition); }},
    {"slurm_options", [](const toml::node& node, std::string_view key,
                         TrainerConfig& t) { return read_texts(node, key, t.slurm.sbatch); }},
    {"sandbox", [](const toml::node& node, std::string_view key,
                   TrainerConfig& t) { return read_sandbox(node, key, t.wanted_sandbox); }},
    {"minimum_sandbox", [](const toml::node& node, std::string_view key,
                           TrainerConfig& t) { return read_sandbox(node, key, t.minimum_sandbox); }},
};

Error unknown_key(const toml::node& node, std::string_view name) {
  std::vector<std::string> known;
  for (const Key& key : kKeys) known.emplace_back(key.name);
  Error error = wrong(node, fmt::format("a trainer has no key {}", name));
  if (const std::string nearest = nearest_name(name, known); !nearest.empty())
    error.hint = fmt::format("did you mean {}? ", nearest);
  error.hint += fmt::format("there are {}", fmt::join(known, ", "));
  return error;
}

/// A program with a slash in it, and whatever begins with "./" or "../", is beside trainers.toml: where a process runs
/// that is started later is nobody's business.
void resolve_beside(std::vector<std::string>& command, const fs::path& folder) {
  for (size_t i = 0; i < command.size(); ++i) {
    std::string& part = command[i];
    const bool is_program = i == 0 && part.find('/') != std::string::npos && part.front() != '/';
    if (is_program || part.starts_with("./") || part.starts_with("../")) part = (folder / part).string();
  }
}

Result<TrainerConfig> read_trainer(const toml::table& table) {
  TrainerConfig trainer;
  for (const auto& [name, node] : table) {
    const Key* row = std::ranges::find(kKeys, name.str(), &Key::name);
    if (row == std::end(kKeys)) return unknown_key(node, name.str());
    CHECK_OK(row->read(node, row->name, trainer));
  }
  if (trainer.name.empty()) return wrong(table, "a trainer needs a name");
  if (trainer.command.empty()) return wrong(table, fmt::format("trainer {} needs a command", trainer.name));
  if (trainer.frameworks.empty()) trainer.frameworks = {trainer.name};
  const bool is_own = std::ranges::all_of(trainer.frameworks, [](const std::string& framework) {
    return std::ranges::find(kOwnFrameworks, framework) != std::end(kOwnFrameworks);
  });
  if (trainer.verifier.empty() && is_own) trainer.verifier = kOwnVerifier;
  if (trainer.verifier == kNoVerifier) trainer.verifier.clear();
  if (trainer.runner == RunnerKind::kLocal && !(trainer.slurm.partition.empty() && trainer.slurm.sbatch.empty()))
    return wrong(table, fmt::format("trainer {} has options for Slurm and does not run there", trainer.name));
  if (trainer.minimum_sandbox > trainer.wanted_sandbox)
    return wrong(table, fmt::format("trainer {} asks for less isolation than its minimum", trainer.name));
  return trainer;
}

}  // namespace

std::string_view sandbox_level_name(SandboxLevel level) {
  return level == SandboxLevel::kProcess ? "process" : "bubblewrap";
}

Result<std::vector<TrainerConfig>> parse_trainers(std::string_view text, const std::string& file_name) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(ErrorCode::kInvalidArgument, "line {}: {}", parsed.error().source().begin.line,
                parsed.error().description())
        .in(file_name);
  }
  const fs::path folder = fs::absolute(file_name).parent_path();
  std::vector<TrainerConfig> trainers;
  std::set<std::string> names, frameworks;
  for (const auto& [key, node] : parsed.table()) {
    const toml::array* rows = node.as_array();
    if (key.str() != "trainer" || rows == nullptr || !rows->is_array_of_tables())
      return wrong(node, fmt::format("{} is no [[trainer]]", key.str())).in(file_name);
    for (const toml::node& row : *rows) {
      TRY(trainer, read_trainer(*row.as_table()).in(file_name));
      resolve_beside(trainer.command, folder);
      std::vector<std::string> verifier = {trainer.verifier};
      resolve_beside(verifier, folder);
      trainer.verifier = verifier[0];
      if (!names.insert(trainer.name).second)
        return wrong(row, fmt::format("there are two trainers {}", trainer.name)).in(file_name);
      for (const std::string& framework : trainer.frameworks) {
        if (!frameworks.insert(framework).second)
          return wrong(row, fmt::format("two trainers take jobs of framework {}", framework)).in(file_name);
      }
      trainers.push_back(std::move(trainer));
    }
  }
  return trainers;
}

}  // namespace modelport

#include "cli/doctor.h"

#include "base/json.h"
#include "base/printable.h"
#include "cli/artifact_session.h"
#include "cli/trainers.h"
#include "convention/proof_levels.h"
#include "convention/schema.h"

namespace modelport {

namespace {

std::string text_at(const Json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

/// What would bring something that is missing.
struct Missing {
  std::string what, command;
};

void print_engine(const ArtifactEngine& row, std::vector<Missing>& missing) {
  Engine& engine = row.engine();
  const EnginePresence& presence = engine.presence();
  if (presence.found) {
    fmt::print("engine   {} {} runs {}  {}\n", engine.name(), presence.version, row.format, presence.library);
  } else {
    fmt::print("engine   {}  not found, {} is proven by reading back\n", engine.name(), row.format);
    missing.push_back({std::string(engine.name()), presence.hint});
  }
  for (const std::string& place : presence.looked_at) fmt::print("         looked at {}\n", place);
}

std::string proof_of_format(const Json& row) {
  const std::string word = text_at(row, "proof");
  return word.empty() ? "not said" : shown_proof(word);
}

void print_format(const Json& row) {
  const bool supported = row.is_object() && row.value("supported", false);
  std::string files;
  for (const Json& file : row.value("files", Json::array())) {
    if (file.is_string()) files += (files.empty() ? "" : ", ") + printable(file.get<std::string>());
  }
  fmt::print("         {:<12} {}\n", text_at(row, "format"),
             supported ? fmt::format("{}, proof: {}", files, proof_of_format(row)) : text_at(row, "reason"));
}

/// What a trainer says of itself for --capabilities.
void print_trainer(const TrainerRow& trainer, std::vector<Missing>& missing) {
  const ProgramSearch search = find_trainer(trainer);
  if (search.path.empty()) {
    fmt::print("trainer  {}  not found\n", trainer.name);
    for (const std::string& place : search.looked_at) fmt::print("         looked at {}\n", place);
    missing.push_back({std::string(trainer.executable),
                       "put it beside modelport or on PATH, or name its directory in MODELPORT_BIN"});
    return;
  }
  const std::vector<std::string> command = {search.path};
  const Json capabilities = ask_capabilities(command);
  if (capabilities.is_null()) {
    fmt::print("trainer  {}  {} does not answer --capabilities\n", trainer.name, search.path);
    return;
  }
  fmt::print("trainer  {} {}  {}\n", trainer.name, text_at(capabilities, "exporter_version"), search.path);
  const auto formats = capabilities.find("formats");
  if (formats == capabilities.end() || !formats->is_array()) return;
  for (const Json& row : *formats) {
    if (row.is_object()) print_format(row);
  }
}

}  // namespace

Result<int> run_doctor(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] != "--help" && arguments[0] != "-h") {
    return fail(ErrorCode::kInvalidArgument, "modelport doctor takes no arguments, not {}", arguments[0]);
  }
  if (!arguments.empty()) {
    fmt::print(
        "usage: modelport doctor\n\nLists trainers, formats and engines with their versions, where they were looked "
        "for, and what would bring what is missing.\n");
    return 0;
  }
  fmt::print("modelport {}, export convention {}\n", MODELPORT_VERSION, kConventionVersion);
  std::vector<Missing> missing;
  for (const ArtifactEngine& row : artifact_engines()) print_engine(row, missing);
  for (const TrainerRow& trainer : trainer_table()) print_trainer(trainer, missing);
  for (const Missing& item : missing) fmt::print("missing  {}: {}\n", item.what, item.command);
  return 0;
}

}  // namespace modelport

#include "service/backend/checkpoint_inspection.h"

#include <stdlib.h>

#include <filesystem>

#include "io/beneath.h"
#include "service/run/exporter_process.h"
#include "service/run/line_judge.h"

namespace modelport {

namespace {

constexpr size_t kMostOutput = size_t{16} << 20;
constexpr size_t kMostKnown = 1000;

}  // namespace

CheckpointInspection::CheckpointInspection(std::string program, SandboxSupport sandbox, std::string work_directory,
                                           std::vector<std::string> hidden)
    : program_(std::move(program)),
      sandbox_(std::move(sandbox)),
      work_directory_(std::move(work_directory)),
      hidden_(std::move(hidden)) {}

Result<Json> CheckpointInspection::inspect(const CheckpointInfo& checkpoint) {
  if (program_.empty() || checkpoint.kind == CheckpointInfo::Kind::kDirectory) return Json(nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(checkpoint.id); known != known_.end()) return known->second;
  }
  TRY(document, ask(checkpoint));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(checkpoint.id, document);
  return document;
}

Result<Json> CheckpointInspection::ask(const CheckpointInfo& checkpoint) {
  TrainerConfig trainer;
  trainer.name = "inspect";
  trainer.limits.timeout = std::chrono::seconds(60);
  trainer.limits.grace = std::chrono::seconds(1);
  trainer.limits.memory_bytes = uint64_t{4} << 30;
  std::string place = work_directory_ + "/inspect-XXXXXX";
  if (::mkdtemp(place.data()) == nullptr) return fail(ErrorCode::kUnwritable, "no directory can be made to inspect in");
  std::error_code failed;
  std::filesystem::create_directories(place + "/scratch", failed);
  auto process = prepare_exporter(trainer, sandbox_, {place, hidden_, {checkpoint.path}},
                                  {program_, "inspect", checkpoint.path, "--json"}, "inspect");
  if (!process) return std::move(process).error();
  std::string text;
  LineJudge lines;
  process->request.max_line_bytes = kMostOutput;
  process->request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStderr) return lines.hear(stream, line);
    if (text.size() + line.size() < kMostOutput) text += std::string(line) + "\n";
  };
  const auto outcome = run_confined(process->request);
  (void)remove_tree(place);
  if (!outcome) return outcome.error();
  if (outcome->exit_code != 0) return Json{{"error", lines.sentence()}};
  return parse_json(text, ErrorCode::kInternal);
}

}  // namespace modelport

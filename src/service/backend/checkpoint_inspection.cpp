#include "service/backend/checkpoint_inspection.h"

namespace modelport {

namespace {

constexpr size_t kMostKnown = 1000;

}  // namespace

Result<Json> CheckpointInspection::inspect(const CheckpointInfo& checkpoint) {
  if (program_.path.empty() || checkpoint.kind == CheckpointInfo::Kind::kDirectory) return Json(nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(checkpoint.id); known != known_.end()) return known->second;
  }
  TRY(turn, places_.take("checkpoints are being looked at"));
  TRY(document, ask(checkpoint));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(checkpoint.id, document);
  return document;
}

Result<Json> CheckpointInspection::ask(const CheckpointInfo& checkpoint) {
  TRY(place, WorkPlace::make(program_.work_directory, "inspect"));
  TRY(end, run_own_command(program_, place, {{"inspect", checkpoint.path, "--json"}, {checkpoint.path}}));
  if (end.outcome.exit_code != 0) return Json{{"error", end.sentence}};
  return parse_json(end.text, ErrorCode::kInternal);
}

}  // namespace modelport

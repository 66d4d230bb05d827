#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/jobs/delivery_store.h"
#include "service/jobs/job.h"
#include "service/logs/log_store.h"

namespace modelport {

/// A job as the API shows it (schema Job in docs/openapi/schemas.json). Text that a stranger wrote is made printable.
Json job_json(const Job& job);

/// What an exporter calls its proof, where that is no level of proof known here; else null.
Json unknown_proof_word(std::string_view word);

/// What the checkpoints of some jobs are called; an upload that several have is looked up once. For one answer.
class CheckpointNames {
 public:
  explicit CheckpointNames(CheckpointStore& checkpoints) : checkpoints_(checkpoints) {}

  /// As who asked for it called it. Of an older job an upload's name as long as it is stored, else the last part of the
  /// path; empty without either.
  std::string of(const Job& job);

 private:
  CheckpointStore& checkpoints_;
  std::map<std::string, std::string> uploads_;  ///< By id.
};

/// job_json() with `checkpoint_name`.
Json job_json(const Job& job, CheckpointNames& names);

Json event_json(const JobEvent& event);
/// A webhook delivery; of its URL only the origin, since what follows may hold a token.
Json delivery_json(const WebhookDelivery& delivery);
/// A line of a log, printable, with its level where it follows the convention's format.
Json log_line_json(const LogLine& line);

/// "info" of "2025-11-16 10:30:00,123 - INFO - text"; "" where a line is not of this form.
std::string_view log_line_level(std::string_view text);
/// A line of a log as people and terminals may read it: tabs are spaces, everything else that acts is escaped.
std::string readable_line(std::string_view text);

/// The name that a result is downloaded under: "yolo11n-onnx-v3.zip".
std::string download_name(const Job& job);

}  // namespace modelport

#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/json.h"
#include "process/confined_run.h"
#include "process/prewarmed_slot.h"
#include "service/artifacts/artifact_store.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/config/trainer_config.h"
#include "service/jobs/job_store.h"
#include "service/logs/log_store.h"
#include "service/run/exporter_process.h"
#include "service/run/sandbox.h"

namespace modelport {

/// What every attempt works with.
struct AttemptEnvironment {
  JobStore& jobs;
  LogStore& logs;
  ArtifactStore& artifacts;  ///< One whose remove() also forgets a key's deletion mark (RecordedArtifactStore).
  CheckpointStore& checkpoints;
  Clock& clock;
  SandboxSupport sandbox;
  std::string work_directory;       ///< A directory per attempt is made in here, and is gone after it.
  std::vector<std::string> hidden;  ///< Directories of the service's that exporters may not see.
  std::string modelport;            ///< The program that runs artifacts in their engines; empty: there is none.
  PrewarmedSlot places{sandbox.groups, run_group_prefix(work_directory)};
};

/// The trainer as it was when the attempt began.
struct AttemptTrainer {
  TrainerConfig config;
  std::string fingerprint;          ///< Of the program (program_path.h).
  std::string exporter_version;     ///< As it says itself; may be empty.
  Json config_schema;               ///< Of export_config for this format; null where there is none.
  bool tells_capabilities = false;  ///< Whether the exporter itself says which formats it has.
  std::string proof;                ///< The strongest of this format that the exporter reaches here, in its own word.
  std::string verifier;             ///< TrainerConfig::verifier with its version; empty where it cannot be used.
};

/// How others end it.
struct AttemptControl {
  std::atomic<StopOrder> stop = StopOrder::kGoOn;
  std::atomic<bool> is_shutdown = false;  ///< Stopped for the service's own sake: the job is to be run again.
};

struct AttemptReport {
  enum class End {
    kCompleted,
    kFailed,
    kCancelled,
    kRequeued,
    kLost,  ///< The job was taken away meanwhile, or the database did not take its end.
  } end = End::kLost;
  bool from_cache = false;
  std::chrono::duration<double> total{0}, exporter{0};
};

/// Directory of one attempt under AttemptEnvironment::work_directory, and the value of its run mark.
std::string attempt_name(const JobLease& lease);

/// Key under which an attempt stores its result: known before there is one, so that what a killed attempt stored is
/// found.
std::string artifact_key(const JobLease& lease);

/// Runs a claimed job to its end: checkpoint, exporter, judgement, package, store, record.
AttemptReport run_attempt(AttemptEnvironment& environment, const AttemptTrainer& trainer, const ClaimedJob& claimed,
                          AttemptControl& control);

}  // namespace modelport

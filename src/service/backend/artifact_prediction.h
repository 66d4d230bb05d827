#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/json.h"
#include "base/places.h"
#include "io/output_file.h"
#include "service/artifacts/artifact_store.h"
#include "service/backend/artifact_copies.h"
#include "service/jobs/job.h"
#include "service/run/own_command.h"

namespace modelport {

/// Whether `modelport predict` knows an engine for this format; whether that is on this machine is another question.
bool is_predicted_here(std::string_view export_format);

/// A picture on its way to an artifact. What it leaves is gone with it.
class PredictionPicture {
 public:
  Status append(std::span<const std::byte> bytes) { return file_.append(bytes); }
  int64_t size() const { return file_.size(); }

 private:
  friend class ArtifactPrediction;
  PredictionPicture(WorkPlace place, OutputFile file) : place_(std::move(place)), file_(std::move(file)) {}
  WorkPlace place_;
  OutputFile file_;
};

/// What finished exports see on pictures: `modelport predict` runs them in their engine, in a child with limits; the
/// service itself opens neither. Safe from any thread.
class ArtifactPrediction {
 public:
  ArtifactPrediction(OwnProgram program, ArtifactStore& artifacts)
      : program_(std::move(program)),
        artifacts_(artifacts),
        copies_(artifacts, program_.work_directory + "/copies", kMostCopied) {}

  /// kConflict for a job that is not completed, and for a format that no engine of ours runs, kNotFound where its
  /// artifact was removed.
  Result<std::unique_ptr<PredictionPicture>> begin(const Job& job);

  /// `predict --json` of this picture. kConflict with what to do where the engine is not on this machine or
  /// metadata.json asks for what is not done here, kValidationFailed where the engine refuses the artifact, kUnreadable
  /// for a picture that is none (or one that takes more than a minute or 4 GiB), kBusy when many are being asked for.
  Result<Json> predict(const Job& job, PredictionPicture& picture);

 private:
  Result<std::string> artifact_file(const Job& job, const WorkPlace& place);

  static constexpr int kAtOnce = 2;
  static constexpr int64_t kMostCopied = int64_t{1} << 30;
  const OwnProgram program_;
  ArtifactStore& artifacts_;
  ArtifactCopies copies_;
  Places places_{kAtOnce};
};

}  // namespace modelport

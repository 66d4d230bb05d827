#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/jobs/job_store.h"

/// A database as it was when every export was a version of its own and a training had one default, and what becomes of
/// it.
namespace modelport::version_migration {

/// The last schema of that time.
inline constexpr int64_t kBefore = 3;

struct OldJob {
  std::string id, format, checkpoint, path, status;
  int version;
  bool is_default;
  int becomes_version;
  bool becomes_default;
};

inline const std::vector<OldJob> kJobs = {
    {"a", "onnx", "one", "", "completed", 1, false, 1, false},
    {"b", "openvino", "one", "", "completed", 2, false, 1, false},
    {"c", "onnx", "two", "", "completed", 3, true, 3, true},
    {"d", "openvino", "two", "", "completed", 4, false, 3, true},
    {"e", "onnx", "one", "", "failed", 5, false, 1, false},
    {"f", "onnx", "three", "/runs/last.pt", "completed", 6, false, 6, false},
    {"g", "onnx", "", "/runs/last.pt", "pending", 7, false, 7, false},
    {"h", "coreml", "three", "/runs/last.pt", "completed", 8, false, 6, true},
};

/// INSERT of one of them; `yes` and `no` are the database's words.
inline std::string insert(const OldJob& job, const std::string& yes, const std::string& no) {
  const bool has_ended = job.status != "pending", has_result = job.status == "completed";
  const auto quoted = [](const std::string& text) { return "'" + text + "'"; };
  return "INSERT INTO jobs (id, framework, export_format, requested_checkpoint_id, checkpoint_path, export_config, "
         "training_job_id, version_tag, webhook_url, set_as_default, force, checkpoint_id, version, is_default, "
         "status, "
         "error, metadata, artifact_key, max_attempts, retry_of, created_at, completed_at) VALUES (" +
         quoted(job.id) + ", 'timm', " + quoted(job.format) + ", " + quoted(job.path.empty() ? job.checkpoint : "") +
         ", " + quoted(job.path) + ", '{}', 'training', " + quoted("tag of " + job.id) + ", '', " + no + ", " + no +
         ", " + quoted(job.checkpoint) + ", " + std::to_string(job.version) + ", " + (job.is_default ? yes : no) +
         ", " + quoted(job.status) + ", " + (job.status == "failed" ? "'{\"code\": \"export_failed\"}'" : "NULL") +
         ", " + (has_result ? "'{}'" : "NULL") + ", " + (has_result ? quoted(job.id + ".zip") : "NULL") +
         ", 3, '', 1, " + (has_ended ? "2" : "NULL") + ")";
}

inline constexpr const char* kTraining = "INSERT INTO trainings (id, last_version) VALUES ('training', 8)";

/// Holds the opened store to what each job has to have become.
inline void expect_migrated(JobStore& store) {
  for (const OldJob& old : kJobs) {
    const auto job = store.find(old.id);
    ASSERT_TRUE(job) << old.id;
    EXPECT_EQ(job->version, old.becomes_version) << old.id;
    EXPECT_EQ(job->is_default, old.becomes_default) << old.id;
    EXPECT_EQ(job->request.version_tag, "tag of " + old.id);
  }
  const auto version_of = [&](const std::string& checkpoint, const std::string& path) {
    NewJob job;
    job.request.framework = "timm";
    job.request.export_format = "onnx";
    job.request.checkpoint_id = checkpoint;
    job.request.checkpoint_path = path;
    job.request.training_job_id = "training";
    return store.create(job)->job.version;
  };
  EXPECT_EQ(version_of("two", ""), 3);
  EXPECT_EQ(version_of("", "/runs/last.pt"), 7);
  EXPECT_EQ(version_of("new", ""), 9) << "no number is given twice";
}

}  // namespace modelport::version_migration

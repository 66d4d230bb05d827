#include "service/api/job_json.h"

#include <gtest/gtest.h>

#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

TEST(LogLineLevel, IsThatOfTheConventionsFormat) {
  EXPECT_EQ(log_line_level("2025-11-16 10:30:00,123 - INFO - exporting"), "info");
  EXPECT_EQ(log_line_level("2025-11-16 10:30:00,123 - CRITICAL - gone"), "error");
  for (const char* text : {"", "INFO - exporting", "2025-11-16 10:30:00.123 - INFO - x",
                           "2025-11-16 10:30:00,123 - NOTE - x", "2025-11-16 10:30:00,123 - INFO"})
    EXPECT_EQ(log_line_level(text), "") << text;
}

TEST(ReadableLine, IsOneLineThatDoesNothing) {
  EXPECT_EQ(readable_line("a\tb\x1b[31mc\rd\xff"), "a b\\x1b[31mc d\\xff");
}

TEST(DownloadName, IsAPlainFileName) {
  Job job;
  job.request.export_format = "onnx";
  EXPECT_EQ(download_name(job), "model-onnx.zip");
  job.model_name = "../a b\"\r\nX: y";
  job.version = 3;
  EXPECT_EQ(download_name(job), ".._a_b___X__y-onnx-v3.zip");
  job.model_name = std::string(500, 'a');
  EXPECT_LE(download_name(job).size(), 124u);
}

TEST(JobJson, ShowsWhatIsNotThereAsNull) {
  Job job;
  job.id = "job_1";
  const Json document = job_json(job);
  for (const char* name :
       {"training_job_id", "task_type", "version", "phase", "error_message", "export_path", "export_results",
        "file_size_mb", "validation_passed", "proof", "started_at", "completed_at"}) {
    ASSERT_TRUE(document.contains(name)) << name;
    EXPECT_TRUE(document[name].is_null()) << name;
  }
  EXPECT_FALSE(document["links"].contains("download"));
}

TEST(JobJson, ShowsAWordOfProofThatIsNotKnown) {
  Job job;
  job.status = JobStatus::kCompleted;
  job.proof = "none";
  job.export_results = {{"extra_metadata", {{"proof", {{"level", "ru\nmour"}}}}}};
  EXPECT_EQ(job_json(job)["proof"]["level"], "none") << "nobody judged it";
  EXPECT_TRUE(job_json(job)["proof"]["by"].is_null());
  EXPECT_EQ(job_json(job)["proof_word"], "ru mour");
  job.export_results = {{"extra_metadata", {{"proof", {{"level", "loads"}}}}}};
  EXPECT_TRUE(job_json(job)["proof_word"].is_null());
}

TEST(JobJson, NamesTheCheckpoint) {
  const ScratchDirectory scratch;
  const auto checkpoints = *CheckpointStore::open(scratch.path() + "/checkpoints", {}, CheckpointLimits());
  const auto upload = *checkpoints->begin_upload("runs/best.pt", UploadKind::kFile, system_clock().now());
  ASSERT_TRUE(upload->append(std::as_bytes(std::span("weights"))));
  const auto stored = upload->finish();
  ASSERT_TRUE(stored);

  CheckpointNames names(*checkpoints);
  Job job;
  job.request.checkpoint_id = stored->id;
  EXPECT_EQ(job_json(job, names)["checkpoint_name"], "best.pt");
  job.request.checkpoint_id = std::string(64, '0');
  EXPECT_TRUE(job_json(job, names)["checkpoint_name"].is_null());
  for (const char* path : {"/models/run 7/last.pt", "s3://bucket/last.pt", "/models/last.pt/"}) {
    job.request.checkpoint_path = path;
    EXPECT_EQ(job_json(job, names)["checkpoint_name"], "last.pt");
  }
}

TEST(JobJson, MakesAFailurePrintable) {
  Job job;
  job.error = JobError{FailureCode::kExportFailed, "\x1b[31mred\n<b>", JobPhase::kExporting, 1, 0};
  const Json document = job_json(job);
  EXPECT_EQ(document["error_message"], "\\x1b[31mred <b>");
  EXPECT_EQ(document["error_code"], "export_failed");
  EXPECT_EQ(document["error"]["exit_code"], 1);
  EXPECT_TRUE(document["error"]["signal"].is_null());
}

}  // namespace
}  // namespace modelport

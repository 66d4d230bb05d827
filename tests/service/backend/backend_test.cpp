#include "service/backend/backend.h"

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"
#include "io/zip_writer.h"
#include "process/process_tree.h"
#include "tests/service/backend/backend_fixture.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

class BackendTest : public BackendFixture {
 protected:
  void SetUp() override { start(config()); }
};

struct FailureRow {
  std::string behave;
  FailureCode code;
  std::string sentence;
  JobPhase phase = JobPhase::kExporting;
};

class FailureTest : public BackendFixture, public testing::WithParamInterface<FailureRow> {};

TEST_F(BackendTest, TakesACheckpointToADownloadableResult) {
  JobRequest wanted = request();
  wanted.training_job_id = "training-1";
  const Job job = run(wanted);
  ASSERT_EQ(job.status, JobStatus::kCompleted) << log_text(job.id);
  EXPECT_EQ(job.model_name, "tiny");
  EXPECT_EQ(job.task_type, "classification");
  EXPECT_EQ(job.proof, "none") << "an exporter that proves nothing is never shown as proven";
  EXPECT_EQ(job.validation_passed, true);
  EXPECT_EQ(job.version, 1);
  EXPECT_TRUE(job.is_default);
  EXPECT_EQ(job.attempt, 1);
  EXPECT_THAT(log_text(job.id), HasSubstr("INFO - done"));

  const auto path = backend_->artifacts().local_path(job.artifact->key);
  ASSERT_TRUE(path);
  const std::string zip = file_text(*path);
  EXPECT_EQ(sha256_hex(std::as_bytes(std::span(zip))), job.artifact->sha256);
  EXPECT_EQ(static_cast<int64_t>(zip.size()), job.artifact->bytes);
  const auto archive = ZipReader::open(std::as_bytes(std::span(zip)));
  ASSERT_TRUE(archive) << archive.error().text();
  for (const char* name : {"README.md", "manifest.json", "metadata.json", "model.onnx", "snippets/run_onnx.py"})
    EXPECT_NE(archive->find(name), nullptr) << name;
  const std::string work = scratch_.path("data/work/" + job.id + ".1");
  for (int i = 0; i < 500 && std::filesystem::exists(work); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(std::filesystem::exists(work));
}

TEST_F(BackendTest, PacksDirectoriesAndCompanions) {
  const Job package = run(request("", "coreml"));
  ASSERT_EQ(package.status, JobStatus::kCompleted) << log_text(package.id);
  const std::string zip = file_text(*backend_->artifacts().local_path(package.artifact->key));
  const auto archive = ZipReader::open(std::as_bytes(std::span(zip)));
  ASSERT_TRUE(archive);
  EXPECT_NE(archive->find("model.mlpackage/Data/com.apple.CoreML/model.mlmodel"), nullptr);
  const Job companion = run(request("companion"));
  ASSERT_EQ(companion.status, JobStatus::kCompleted);
  const std::string other = file_text(*backend_->artifacts().local_path(companion.artifact->key));
  EXPECT_NE(ZipReader::open(std::as_bytes(std::span(other)))->find("model.onnx.data"), nullptr);
}

TEST_F(BackendTest, ExportsADirectoryAndAPathUnderARoot) {
  scratch_.write("roots/vit/config.json", "{}");
  scratch_.write("roots/vit/model.safetensors", "tensors");
  JobRequest wanted = request();
  wanted.checkpoint_id.clear();
  wanted.checkpoint_path = scratch_.path("roots/vit");
  const Job directory = run(wanted);
  ASSERT_EQ(directory.status, JobStatus::kCompleted) << log_text(directory.id);
  EXPECT_EQ(directory.checkpoint_id.size(), 64u);
  wanted.checkpoint_path = scratch_.path("roots/vit/model.safetensors");
  EXPECT_EQ(run(wanted).status, JobStatus::kCompleted);
  wanted.checkpoint_path = scratch_.path("data/jobs.sqlite");
  const auto refused = backend_->submit(wanted, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().text(), Not(HasSubstr(scratch_.path())));
}

TEST_F(BackendTest, ExportsAnUploadedDirectory) {
  std::string archive;
  ZipWriter writer([&](std::span<const std::byte> bytes) -> Status {
    archive.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  });
  for (const std::string name : {"vit/config.json", "vit/model.safetensors", "vit/preprocessor_config.json"})
    ASSERT_TRUE(writer.add_member(name, std::as_bytes(std::span(name))));
  ASSERT_TRUE(writer.finish());
  JobRequest wanted = request();
  wanted.checkpoint_id = upload(archive, "vit.zip", UploadKind::kDirectory);
  const Job job = run(wanted);
  ASSERT_EQ(job.status, JobStatus::kCompleted) << log_text(job.id);
  EXPECT_THAT(log_text(job.id), HasSubstr("/vit to onnx"));
}

TEST_F(BackendTest, RefusesWhatCannotBecomeAJob) {
  const auto code_of = [&](auto change) {
    JobRequest wanted = request();
    change(wanted);
    auto refused = backend_->submit(wanted, "");
    EXPECT_FALSE(refused);
    return refused ? Error{} : refused.error();
  };
  const Error framework = code_of([](JobRequest& r) { r.framework = "plian"; });
  EXPECT_EQ(framework.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(framework.text(), HasSubstr("valid are plain; did you mean plain?"));
  const Error format = code_of([](JobRequest& r) { r.export_format = "onx"; });
  EXPECT_THAT(format.text(), HasSubstr("valid are onnx, tensorrt, coreml, tflite, torchscript, openvino"));
  EXPECT_EQ(code_of([](JobRequest& r) { r.checkpoint_id.clear(); }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](JobRequest& r) { r.checkpoint_path = "/x"; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](JobRequest& r) { r.checkpoint_id = std::string(64, 'a'); }).code, ErrorCode::kNotFound);
  EXPECT_EQ(code_of([](JobRequest& r) { r.export_config = "text"; }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](JobRequest& r) { r.version_tag = std::string(300, 'x'); }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(backend_->jobs().counts()->by_status[0], 0);
}

TEST_F(BackendTest, GivesAStoredArtifactAgainUnlessForced) {
  const Job first = run(request());
  const Job again = run(request());
  EXPECT_TRUE(again.from_cache);
  EXPECT_EQ(again.artifact->key, first.artifact->key);
  JobRequest forced = request();
  forced.force = true;
  const Job third = run(forced);
  EXPECT_FALSE(third.from_cache);
  EXPECT_NE(third.artifact->key, first.artifact->key);
  EXPECT_EQ(third.artifact->sha256, first.artifact->sha256) << "the same input gives the same bytes";
  JobRequest other = request("companion");
  EXPECT_FALSE(run(other).from_cache);

  ASSERT_TRUE(backend_->remove(first.id));
  EXPECT_TRUE(backend_->artifacts().stat(first.artifact->key)) << "another job still points at it";
  ASSERT_TRUE(backend_->remove(again.id));
  EXPECT_FALSE(backend_->artifacts().stat(first.artifact->key));
  EXPECT_EQ(backend_->logs().last_id(first.id), 0);
}

TEST_F(BackendTest, CancelsWithGraceAndByForce) {
  for (const auto& [behave, mode] : {std::pair{"slow", CancelMode::kGraceful},
                                     {"stubborn", CancelMode::kGraceful},
                                     {"stubborn", CancelMode::kForce}}) {
    const Job job = submit(request(behave));
    for (int i = 0; i < 1000 && log_text(job.id).find("started") == std::string::npos; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const auto attempt = backend_->jobs().running_attempts();
    ASSERT_TRUE(attempt && attempt->size() == 1 && attempt->front().process);
    ASSERT_TRUE(backend_->cancel(job.id, mode));
    EXPECT_EQ(wait_for_end(job.id).status, JobStatus::kCancelled);
    EXPECT_FALSE(is_running(*attempt->front().process));
    EXPECT_EQ(kill_marked("MODELPORT_RUN", job.id + ".1"), 0u);
  }
}

TEST_F(BackendTest, LeavesNoDaemonOfAnExporter) {
  const Job job = run(request("daemon"));
  EXPECT_EQ(job.status, JobStatus::kCompleted);
  EXPECT_EQ(kill_marked("MODELPORT_RUN", job.id + ".1"), 0u);
}

TEST_F(BackendTest, ShowsExportersNothingOfItsOwn) {
  ::setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-service", 1);
  const Job job = run(request("environment"));
  EXPECT_THAT(log_text(job.id), Not(HasSubstr("secret-of-the-service")));
  const Job meddler = run(request("meddle"));
  EXPECT_EQ(file_text(backend_->checkpoints().find(meddler.checkpoint_id)->path),
            meddler.sandbox.starts_with("bubblewrap") ? "weights of a model" : "weights of a modelchanged\n");
}

TEST_F(BackendTest, GivesAnExporterNoNetworkWhereTheSandboxWorks) {
  const Job job = run(request("network"));
  if (!job.sandbox.starts_with("bubblewrap")) GTEST_SKIP() << "bubblewrap does not work here";
  EXPECT_THAT(log_text(job.id), Not(HasSubstr("eth0")));
}

TEST_F(BackendTest, KeepsALogWithinItsCap) {
  ServiceConfig small = config();
  small.max_log_bytes = 10'000;
  start(small);
  const Job job = run(request("flood"));
  EXPECT_EQ(job.status, JobStatus::kCompleted);
  const std::string text = log_text(job.id);
  EXPECT_LT(text.size(), 11'000u);
  EXPECT_THAT(text, HasSubstr("the log has reached its limit"));
}

TEST_F(BackendTest, RetriesAsANewJob) {
  const Job failed = run(request("exit1"));
  auto again = backend_->retry(failed.id, "");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_NE(again->job.id, failed.id);
  EXPECT_EQ(again->job.retry_of, failed.id);
  EXPECT_EQ(wait_for_end(again->job.id).status, JobStatus::kFailed);
  EXPECT_EQ(backend_->jobs().find(failed.id)->completed_at, failed.completed_at);
  const Job done = run(request());
  EXPECT_EQ(backend_->retry(done.id, "").error().code, ErrorCode::kConflict);
}

TEST_P(FailureTest, EndsWithACodeAndASentence) {
  start(config());
  const Job job = run(request(GetParam().behave));
  ASSERT_EQ(job.status, JobStatus::kFailed) << log_text(job.id);
  EXPECT_EQ(info(job.error->code).name, info(GetParam().code).name);
  EXPECT_THAT(job.error->message, HasSubstr(GetParam().sentence));
  EXPECT_EQ(job.error->phase, GetParam().phase);
  EXPECT_FALSE(job.artifact);
  EXPECT_TRUE(backend_->artifacts().list("", "", 10)->empty());
}

INSTANTIATE_TEST_SUITE_P(
    Behaviours, FailureTest,
    testing::Values(
        FailureRow{"exit1", FailureCode::kExportFailed, "layer 7 is unknown"},
        FailureRow{"exit2", FailureCode::kValidationFailed, "outputs differ by 0.5"},
        FailureRow{"exit3", FailureCode::kConfigurationError, "opset_version is no number"},
        FailureRow{"exit9", FailureCode::kUnexpectedExitCode, "INFO - exporting"},
        FailureRow{"unsupported", FailureCode::kUnsupportedFormat, "not for this model: this trainer writes no onnx"},
        FailureRow{"argparse", FailureCode::kConfigurationError, "unrecognized arguments: --x"},
        FailureRow{"not_implemented", FailureCode::kUnsupportedFormat,
                   "not for this model: onnx is not available here"},
        FailureRow{"segv", FailureCode::kKilledBySignal, "signal 11"},
        FailureRow{"memory", FailureCode::kOutOfMemory, "MemoryError"},
        FailureRow{"no_metadata", FailureCode::kMissingOutput, "metadata.json lies in output_dir",
                   JobPhase::kValidating},
        FailureRow{"no_artifact", FailureCode::kMissingOutput, "model.onnx", JobPhase::kValidating},
        FailureRow{"other_format", FailureCode::kInvalidMetadata, "export_format is the format that was asked for",
                   JobPhase::kValidating},
        FailureRow{"bad_metadata", FailureCode::kInvalidMetadata, "required field", JobPhase::kValidating},
        FailureRow{"not_json", FailureCode::kInvalidMetadata, "metadata.json", JobPhase::kValidating},
        FailureRow{"wrong_shape", FailureCode::kArtifactMismatch, "output_shape", JobPhase::kValidating},
        FailureRow{"not_onnx", FailureCode::kArtifactMismatch, "file of its format", JobPhase::kValidating},
        FailureRow{"link", FailureCode::kUnsafeOutput, "model.onnx is a symbolic link", JobPhase::kValidating},
        FailureRow{"hard_link", FailureCode::kUnsafeOutput, "hard link", JobPhase::kValidating},
        FailureRow{"pipe", FailureCode::kUnsafeOutput, "pipe is neither", JobPhase::kValidating},
        FailureRow{"replaced", FailureCode::kUnsafeOutput, "output directory", JobPhase::kValidating}),
    [](const auto& tested) { return tested.param.behave; });

TEST_F(BackendTest, FailsWhatExceedsItsLimits) {
  ServiceConfig tight = config();
  tight.trainers[0].limits.timeout = std::chrono::seconds(1);
  start(tight);
  const Job slow = run(request("slow"));
  EXPECT_EQ(slow.error->code, FailureCode::kTimedOut);
  EXPECT_THAT(slow.error->message, HasSubstr("longer than the 1 s"));
  EXPECT_FALSE(slow.error->exit_code);
}

TEST_F(BackendTest, SaysThatAnExporterIsMissing) {
  ServiceConfig missing = config();
  missing.trainers[0].command = {"/nowhere/exporter"};
  start(missing);
  const auto refused = backend_->submit(request(), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupportedFormat);
  EXPECT_THAT(refused.error().text(), HasSubstr("the program of trainer plain is not on this machine"));
  bool is_told = false;
  for (const ReadinessCheck& check : backend_->readiness())
    is_told |= check.name == "framework plain" && !check.is_ready;
  EXPECT_TRUE(is_told);
}

TEST_F(BackendTest, RefusesASecondProcessOnItsDirectory) {
  const auto second = Backend::start(config());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
}

TEST_F(BackendTest, RunsAgainWhatAShutdownInterrupted) {
  const Job job = submit(request("slow"));
  wait_until(job.id, [](const Job& now) { return now.phase == JobPhase::kExporting; });
  const Job quick = submit(request());
  backend_->shutdown(std::chrono::seconds(0));
  EXPECT_EQ(backend_->jobs().find(job.id)->status, JobStatus::kPending);
  EXPECT_EQ(backend_->jobs().find(quick.id)->status, JobStatus::kPending);
  ServiceConfig two = config();
  two.trainers[0].concurrency = 2;
  start(two);
  EXPECT_EQ(wait_for_end(quick.id).status, JobStatus::kCompleted);
  wait_until(job.id, [](const Job& now) { return now.attempt == 2; });
}

}  // namespace
}  // namespace modelport

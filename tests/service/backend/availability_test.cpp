#include <gmock/gmock.h>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "service/backend/trainer_registry.h"
#include "tests/service/backend/backend_fixture.h"

/// When a format becomes unavailable for a framework, and when it is available again.
namespace modelport {
namespace {

using testing::HasSubstr;

class Availability : public BackendFixture {
 protected:
  void SetUp() override { start(config()); }
  FormatCapability format(const std::string& name) {
    for (const FrameworkCapability& framework : backend_->capabilities()) {
      const auto row = std::ranges::find(framework.formats, name, &FormatCapability::format);
      if (row != framework.formats.end()) return *row;
    }
    return {};
  }
};

TEST_F(Availability, IsMarkedByWhatTheExporterSaysWithoutAModel) {
  EXPECT_TRUE(format("torchscript").supported);
  const Job job = run(request("", "torchscript"));
  EXPECT_EQ(job.error->code, FailureCode::kUnsupportedFormat);
  EXPECT_EQ(job.error->message, "Unsupported format: this trainer writes no torchscript");
  EXPECT_FALSE(format("torchscript").supported);
  EXPECT_EQ(format("torchscript").reason, "this trainer writes no torchscript");
  EXPECT_TRUE(format("torchscript").since);
  EXPECT_EQ(format("torchscript").marked_by, job.id);
  EXPECT_TRUE(format("tflite").supported);
  const auto refused = backend_->submit(request("", "torchscript"), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupportedFormat);
  EXPECT_THAT(refused.error().text(), HasSubstr("this trainer writes no torchscript"));
  JobRequest forced = request("", "torchscript");
  forced.force = true;
  EXPECT_TRUE(backend_->submit(forced, ""));
}

TEST_F(Availability, IsNotTakenFromOthersByOneModelsTrouble) {
  for (const char* behave : {"unsupported", "not_implemented"}) {
    const Job job = run(request(behave));
    EXPECT_EQ(job.error->code, FailureCode::kUnsupportedFormat);
    EXPECT_THAT(job.error->message, testing::StartsWith("not for this model: ")) << behave;
    EXPECT_TRUE(format("onnx").supported) << behave;
  }
  EXPECT_EQ(run(request()).status, JobStatus::kCompleted);
}

TEST_F(Availability, IsNotKnownBeforeAnExportCompletedOrAnybodySaidSo) {
  EXPECT_TRUE(format("onnx").supported);
  EXPECT_FALSE(format("onnx").is_known);
  run(request());
  EXPECT_TRUE(format("onnx").is_known);
  EXPECT_FALSE(format("coreml").is_known);
  ServiceConfig listed = config();
  listed.trainers[0].formats = {"coreml"};
  start(listed);
  EXPECT_TRUE(format("coreml").is_known);
  EXPECT_FALSE(format("onnx").supported);
}

TEST_F(Availability, IsOfferedAgainByAPerson) {
  run(request("", "torchscript"));
  ASSERT_TRUE(backend_->clear_override("plain", "torchscript"));
  EXPECT_TRUE(format("torchscript").supported);
  EXPECT_EQ(backend_->clear_override("nobody", "torchscript").error().code, ErrorCode::kNotFound);
}

TEST_F(Availability, IsNotMarkedByAnyOtherFailure) {
  for (const char* behave : {"exit1", "exit2", "exit3", "exit9", "segv", "no_metadata"}) run(request(behave));
  EXPECT_TRUE(format("onnx").supported);
}

// What was accepted under a key is given again, also when it could not be accepted any more.
TEST_F(Availability, DoesNotMatterToAKeyThatWasUsed) {
  const JobRequest wanted = request("", "torchscript");
  const auto first = backend_->submit(wanted, "key");
  ASSERT_TRUE(first);
  ASSERT_EQ(wait_for_end(first->job.id).error->code, FailureCode::kUnsupportedFormat);
  const auto again = backend_->submit(wanted, "key");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->job.id, first->job.id);
  EXPECT_EQ(again->outcome, JobCreation::Outcome::kReplayed);
  EXPECT_FALSE(backend_->submit(wanted, "another key"));
  EXPECT_EQ(backend_->submit(request(), "key")->outcome, JobCreation::Outcome::kKeyReused);

  ASSERT_TRUE(backend_->reload(config()));
  const auto retried = backend_->retry(first->job.id, "retry");
  ASSERT_TRUE(retried);
  wait_for_end(retried->job.id);
  const auto retried_again = backend_->retry(first->job.id, "retry");
  ASSERT_TRUE(retried_again) << retried_again.error().text();
  EXPECT_EQ(retried_again->job.id, retried->job.id);
}

TEST_F(Availability, ReturnsWithAReload) {
  run(request("", "torchscript"));
  ASSERT_TRUE(backend_->reload(config()));
  EXPECT_TRUE(format("torchscript").supported);
}

TEST_F(Availability, ReturnsWithAnotherTrainer) {
  run(request("", "torchscript"));
  ServiceConfig changed = config();
  changed.trainers[0].command = {"/bin/bash", MODELPORT_SOURCE_DIR "/tests/service/exporters/plain.sh"};
  start(changed);
  EXPECT_TRUE(format("torchscript").supported);
}

TEST_F(Availability, IsStillMarkedAfterARestart) {
  run(request("", "torchscript"));
  start(config());
  EXPECT_FALSE(format("torchscript").supported);
}

class Announced : public BackendFixture {
 protected:
  Json document(const std::string& version = "1.0") {
    Json formats = Json::array();
    for (const char* name : {"onnx", "tensorrt", "coreml", "tflite", "torchscript", "openvino"}) {
      if (std::string(name) == "onnx") {
        formats.push_back({{"format", name},
                           {"supported", true},
                           {"files", {"model.onnx"}},
                           {"proof", "runtime"},
                           {"export_config", {{"properties", {{"opset_version", {{"default", 17}}}}}}}});
      } else {
        formats.push_back({{"format", name}, {"supported", false}, {"reason", "not here"}});
      }
    }
    return {{"convention_version", version},
            {"framework", "plain"},
            {"exporter", "speaking"},
            {"exporter_version", "2.5"},
            {"task_types", {"detection"}},
            {"default_format", "onnx"},
            {"formats", formats},
            {"extensions", Json::array()}};
  }
  void start_speaking(const std::string& text) {
    ServiceConfig speaking = config();
    speaking.trainers[0].command = {"/bin/sh", MODELPORT_SOURCE_DIR "/tests/service/exporters/speaking.sh"};
    speaking.trainers[0].environment = {{"CAPABILITIES", scratch_.write("answers/capabilities.json", text)}};
    speaking.trainers[0].readable = {scratch_.path("answers")};
    start(speaking);
  }
};

TEST_F(Announced, IsWhatTheExporterSays) {
  start_speaking(print_json(document()));
  const auto capabilities = backend_->capabilities();
  ASSERT_EQ(capabilities.size(), 1u);
  const FrameworkCapability& plain = capabilities[0];
  EXPECT_EQ(plain.problem, "");
  EXPECT_EQ(plain.exporter_version, "speaking 2.5");
  EXPECT_EQ(plain.formats[0].optimization_options, std::vector<std::string>{"opset_version"});
  EXPECT_EQ(plain.formats[0].proof, "runtime");
  EXPECT_FALSE(plain.formats[1].supported);
  EXPECT_EQ(plain.formats[1].reason, "not here");
  const Job first = run(request());
  EXPECT_EQ(first.exporter_version, "speaking 2.5");
  JobRequest spelled_out = request();
  spelled_out.export_config = {{"opset_version", 17}};
  EXPECT_TRUE(run(spelled_out).from_cache) << "the schema's default is the same effective configuration";
  EXPECT_FALSE(backend_->submit(request("", "tflite"), ""));
}

TEST_F(Announced, IsRefusedOfAnotherMajorVersion) {
  start_speaking(print_json(document("2.0")));
  EXPECT_EQ(backend_->capabilities()[0].problem, "the exporter follows convention 2.0, this service knows 1.x");
  EXPECT_FALSE(backend_->submit(request(), ""));
}

TEST_F(Announced, IsRefusedWhenItBreaksTheSchema) {
  Json broken = document();
  broken.erase("formats");
  start_speaking(print_json(broken));
  EXPECT_THAT(backend_->capabilities()[0].problem, HasSubstr("does not follow the schema"));
}

TEST_F(Announced, MayCallItsProofWhatThisServiceDoesNotKnow) {
  Json later = document();
  later["formats"][0]["proof"] = "rumour";
  start_speaking(print_json(later));
  EXPECT_EQ(backend_->capabilities()[0].problem, "");
  EXPECT_EQ(backend_->capabilities()[0].formats[0].proof, "rumour") << "it is shown; the API counts it as none";
}

/// An exporter whose answer to --capabilities comes when the test writes it into a pipe.
class AnsweringLate : public Announced {
 protected:
  ServiceConfig late_config() {
    ServiceConfig late = config();
    scratch_.write("late/export.sh",
                   "[ \"$1\" = --capabilities ] && exec cat \"$CAPABILITIES\"\n"
                   "exec /bin/sh " MODELPORT_SOURCE_DIR "/tests/service/exporters/plain.sh \"$@\"\n");
    TrainerConfig trainer = plain_trainer();
    trainer.name = "late";
    trainer.frameworks = {"late"};
    trainer.command = {"/bin/sh", program()};
    trainer.environment = {{"CAPABILITIES", pipe()}, {"FRAMEWORK", "late"}};
    trainer.readable = {scratch_.path("late")};
    late.trainers.push_back(trainer);
    late.trainer_timeout = std::chrono::milliseconds(300);
    late.lease = std::chrono::seconds(1);
    EXPECT_EQ(::mkfifo(pipe().c_str(), 0600), 0);
    return late;
  }
  std::string program() { return scratch_.path("late/export.sh"); }
  std::string pipe() { return scratch_.path("late/pipe"); }
  std::string problem_of_late() {
    for (const FrameworkCapability& row : backend_->capabilities()) {
      if (row.framework == "late") return row.problem;
    }
    return "not there";
  }
  bool eventually(auto condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return condition();
  }
  void answer() { std::ofstream(pipe()) << print_json(document()); }
  JobRequest late_request() {
    JobRequest wanted = request();
    wanted.framework = "late";
    return wanted;
  }
};

TEST_F(AnsweringLate, HoldsUpNeitherTheStartNorOthers) {
  const auto begin = std::chrono::steady_clock::now();
  start(late_config());
  EXPECT_EQ(run(request()).status, JobStatus::kCompleted);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << "an exporter has a minute to answer";
  EXPECT_THAT(problem_of_late(), HasSubstr("has not answered"));
  EXPECT_EQ(backend_->submit(late_request(), "").error().code, ErrorCode::kUnavailable);
  answer();
  EXPECT_TRUE(eventually([&] { return problem_of_late().empty(); })) << problem_of_late();
  EXPECT_EQ(run(late_request()).status, JobStatus::kCompleted);
}

TEST_F(AnsweringLate, LeavesItsJobsWaitingUntilThen) {
  std::thread writer([this] {
    eventually([&] { return std::filesystem::exists(pipe()); });
    answer();
  });
  ServiceConfig late = late_config();
  late.trainer_timeout = std::chrono::minutes(1);
  start(late);
  writer.join();
  JobRequest wanted = late_request();
  wanted.export_config = {{"behave", "slow"}};
  submit(wanted);
  const std::string id = submit(late_request()).id;
  late.trainer_timeout = std::chrono::milliseconds(300);
  start(late);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_TRUE(backend_->jobs().running_attempts()->empty());
  answer();
  EXPECT_TRUE(eventually([&] { return !backend_->jobs().running_attempts()->empty(); }));
  ASSERT_TRUE(backend_->cancel(backend_->jobs().running_attempts()->front().lease.job_id, CancelMode::kForce));
  EXPECT_EQ(wait_for_end(id).exporter_version, "speaking 2.5");
}

TEST_F(AnsweringLate, IsCalledOffWhenTheServiceEnds) {
  start(late_config());
  answer();
  ASSERT_TRUE(eventually([&] { return problem_of_late().empty(); }));
  std::ofstream(program(), std::ios::app) << "# installed anew\n";
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(problem_of_late(), "") << "what it said before counts meanwhile";
  const auto begin = std::chrono::steady_clock::now();
  backend_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace modelport

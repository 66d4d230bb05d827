#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/sha256.h"
#include "process/confined_run.h"
#include "service/run/sandbox.h"
#include "tests/service/backend/backend_fixture.h"

/// tests/service/hostile_exporters/hostile.sh, behaviour by behaviour, at every level of isolation.
namespace modelport {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// What must come of a behaviour.
struct Expected {
  enum class Kind {
    kHonestResult,  ///< It got through nowhere, and what is downloaded is what an honest exporter wrote.
    kFailure,
    kOutOfScope,  ///< What this level is not for (docs/backend_sandbox.md); not run.
  } kind = Kind::kHonestResult;
  FailureCode code = FailureCode::kInternal;
};
constexpr Expected kHonest{Expected::Kind::kHonestResult};
constexpr Expected kOutOfScope{Expected::Kind::kOutOfScope};
constexpr Expected failure(FailureCode code) { return {Expected::Kind::kFailure, code}; }
constexpr Expected kUnsafe = failure(FailureCode::kUnsafeOutput);
constexpr Expected kRefusedByKernel = failure(FailureCode::kExportFailed);
constexpr Expected kTooMuch = failure(FailureCode::kOutputLimit);

struct Behaviour {
  std::string name;
  Expected process, bubblewrap;
};

const Behaviour kBehaviours[] = {
    // What stays behind.
    {"double_fork", kHonest, kHonest},
    {"clean_daemon", kHonest, kHonest},
    {"holds_output", kHonest, kHonest},
    {"kills_supervisor", failure(FailureCode::kExportFailed), kHonest},
    {"comet", kHonest, kHonest},
    // What lies in the output.
    {"socket", kUnsafe, kUnsafe},
    {"device", kRefusedByKernel, kRefusedByKernel},
    {"link_to_directory", kUnsafe, kUnsafe},
    {"link_up", kUnsafe, kUnsafe},
    {"hard_link_to_checkpoint", kUnsafe, kRefusedByKernel},
    {"newline_name", kUnsafe, kUnsafe},
    {"escape_name", kUnsafe, kUnsafe},
    {"latin_name", kUnsafe, kUnsafe},
    {"backslash_name", kUnsafe, kUnsafe},
    {"deep", kUnsafe, kUnsafe},
    // What lies where the service writes.
    {"zip_pipe", kHonest, kHonest},
    {"zip_link", kHonest, kHonest},
    {"zip_directory", kHonest, kHonest},
    {"no_scratch", kHonest, kHonest},
    // What fills.
    {"sparse", kTooMuch, kTooMuch},
    {"one_large_file", kTooMuch, kTooMuch},
    {"many_files", kTooMuch, kTooMuch},
    {"memory_disk", kOutOfScope, kHonest},
    {"log_flood", kHonest, kHonest},
    {"endless_line", kHonest, kHonest},
    {"escape_error", failure(FailureCode::kExportFailed), failure(FailureCode::kExportFailed)},
    // What looks around.
    {"environment", kHonest, kHonest},
    {"descriptors", kHonest, kHonest},
    {"privileges", kHonest, kHonest},
    {"other_jobs", kOutOfScope, kHonest},
    {"writes_outside", kOutOfScope, kHonest},
    {"namespace", kOutOfScope, kHonest},
};

class HostileExporterTest : public BackendFixture, public testing::WithParamInterface<SandboxLevel> {
 protected:
  void SetUp() override {
    if (GetParam() > probe_sandbox().level) GTEST_SKIP() << "not on this machine: " << probe_sandbox().detail;
    secret_ = scratch_.write("secrets/secret.txt", "secret");
  }

  ServiceConfig hostile_config() {
    ServiceConfig hostile = config();
    hostile.max_log_bytes = 100'000;
    TrainerConfig& trainer = hostile.trainers[0];
    trainer.command = {"/bin/sh", MODELPORT_SOURCE_DIR "/tests/service/hostile_exporters/hostile.sh"};
    trainer.readable = {MODELPORT_SOURCE_DIR "/tests/service/exporters"};
    trainer.wanted_sandbox = trainer.minimum_sandbox = GetParam();
    trainer.concurrency = 4;
    trainer.limits.output_bytes = 32'000'000;
    trainer.limits.file_bytes = 50'000'000;
    return hostile;
  }

  JobRequest hostile_request(const std::string& behave) {
    JobRequest wanted = request();
    wanted.export_config = {{"behave", behave}, {"secret", secret_}, {"service", std::to_string(::getpid())}};
    return wanted;
  }

  /// Processes that name the job on their command line or in their environment.
  static std::vector<std::string> left_of(const Job& job) {
    std::vector<std::string> left;
    std::error_code failed;
    for (fs::directory_iterator process("/proc", failed), end; !failed && process != end; process.increment(failed)) {
      if (process->path() == fs::path("/proc") / std::to_string(::getpid())) continue;
      for (const char* file : {"cmdline", "environ"}) {
        if (file_text(process->path() / file).find(job.id) != std::string::npos) left.push_back(process->path());
      }
    }
    return left;
  }

  void require_honest_result(const Job& job) {
    ASSERT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
    const std::string zip = file_text(*backend_->artifacts().local_path(job.artifact->key));
    EXPECT_EQ(sha256_hex(std::as_bytes(std::span(zip))), job.artifact->sha256);
    EXPECT_THAT(zip, HasSubstr("model.onnx"));
  }

  void judge(const Job& job, const Expected& expected) {
    EXPECT_TRUE(job.sandbox.starts_with(sandbox_level_name(GetParam()))) << job.sandbox;
    EXPECT_THAT(log_text(job.id), Not(HasSubstr("reached: ")));
    EXPECT_THAT(left_of(job), testing::IsEmpty());
    // Removed when the job has ended already.
    const std::string directory = scratch_.path("data/work/" + job.id + ".1");
    for (int i = 0; i < 3000 && fs::exists(directory); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(fs::exists(directory));
    if (expected.kind == Expected::Kind::kHonestResult) return require_honest_result(job);
    ASSERT_EQ(job.status, JobStatus::kFailed);
    EXPECT_EQ(info(job.error->code).name, info(expected.code).name) << job.error->message;
    for (const unsigned char c : job.error->message) EXPECT_TRUE(c >= ' ' && c != 0x7f) << job.error->message;
    EXPECT_FALSE(job.artifact);
  }

  std::string secret_;
};

TEST_P(HostileExporterTest, GetsNothingDone) {
  start(hostile_config());
  std::vector<std::pair<Behaviour, std::string>> jobs;
  const auto at_this_level = [](const Behaviour& behaviour) {
    return GetParam() == SandboxLevel::kProcess ? behaviour.process : behaviour.bubblewrap;
  };
  for (const Behaviour& behaviour : kBehaviours) {
    if (at_this_level(behaviour).kind != Expected::Kind::kOutOfScope)
      jobs.emplace_back(behaviour, submit(hostile_request(behaviour.name)).id);
  }
  for (const auto& [behaviour, id] : jobs) {
    SCOPED_TRACE(behaviour.name);
    judge(wait_for_end(id), at_this_level(behaviour));
    std::string log = log_text(id);
    std::erase(log, '\n');
    EXPECT_LT(log.size(), 110'000u) << "the cap is for what is between line ends";
  }
  EXPECT_EQ(file_text(secret_), "secret");
}

TEST_P(HostileExporterTest, HasNoMoreProcessesThanItMay) {
  ServiceConfig few = hostile_config();
  few.trainers[0].limits.processes = 32;
  start(few);
  judge(run(hostile_request("fork_tree")), failure(FailureCode::kTooManyProcesses));
}

TEST_P(HostileExporterTest, EndsWhenItsTimeIsOver) {
  ServiceConfig brief = hostile_config();
  brief.trainers[0].limits.timeout = std::chrono::seconds(3);
  start(brief);
  for (const char* behave : {"ignores_all", "stops_itself"}) {
    SCOPED_TRACE(behave);
    judge(run(hostile_request(behave)), failure(FailureCode::kTimedOut));
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, HostileExporterTest,
                         testing::Values(SandboxLevel::kProcess, SandboxLevel::kBubblewrap),
                         [](const auto& tested) { return std::string(sandbox_level_name(tested.param)); });

TEST(SandboxTest, HidesFilesAsWellAsDirectories) {
  const SandboxSupport support = probe_sandbox();
  if (support.level != SandboxLevel::kBubblewrap) GTEST_SKIP() << support.detail;
  // Beside the test, because everything under /tmp is hidden anyway.
  const std::string directory = fs::current_path() / fmt::format("sandbox-test-{}", ::getpid());
  const std::string file = directory + ".toml";
  fs::create_directories(directory + "/scratch");
  std::ofstream(file) << "secret";
  const auto seen = [&](std::vector<std::string> hidden, std::vector<std::string> readable) {
    ConfinedRequest request;
    request.arguments = in_bubblewrap(support, {std::move(hidden), std::move(readable), directory}, {"/bin/cat", file});
    request.working_directory = "/";
    request.capabilities = Capabilities::kKept;
    std::string text;
    request.on_line = [&](Stream, std::string_view line) { text += line; };
    EXPECT_TRUE(run_confined(request));
    return text;
  };
  EXPECT_EQ(seen({}, {file}), "secret");
  EXPECT_THAT(seen({file}, {}), HasSubstr("Permission denied"));
  fs::remove_all(directory);
  fs::remove(file);
}

}  // namespace
}  // namespace modelport

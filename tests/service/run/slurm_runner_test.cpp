#include "service/run/slurm_runner.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "process/process_runner.h"
#include "service/run/slurm_script.h"
#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

TEST(SlurmStateTest, IsReadFromOneLine) {
  const auto state = parse_slurm_state(
      "JobId=12 JobName=job_a.1 UserId=root(0) Priority=1 JobState=FAILED Reason=NonZeroExitCode Dependency=(null) "
      "Restarts=0 ExitCode=3:0 RunTime=00:00:01");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->name, "FAILED");
  EXPECT_EQ(state->exit_code, 3);
  EXPECT_EQ(state->signal, 0);
  EXPECT_EQ(parse_slurm_state("JobId=1 JobState=FAILED ExitCode=0:9 ")->signal, 9);
  EXPECT_FALSE(parse_slurm_state("JobId=12 JobName=JobState=RUNNING"));
}

TEST(SlurmScriptTest, HoldsTextAsText) {
  ConfinedRequest request;
  request.arguments = {"/bin/a b", "it's", "$(id) `id` \n;"};
  request.environment = {{"NAME", "x'y"}};
  request.open_files = 64;
  request.file_bytes = 1024;
  EXPECT_EQ(slurm_script(request, {"/srv/it's"}),
            "#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\n[ -e '/srv/it'\\''s/script.sh' ] && "
            "mkdir '/srv/it'\\''s/begun' || exit 75\nexport NAME='x'\\''y'\nulimit -n 64\nulimit -f 2\nexec '/bin/a "
            "b' 'it'\\''s' '$(id) `id` "
            "\n;'\n");
}

/// Under a `most` of 4: how a run ends that has six daemons, which are nobody's children here but carry its mark.
ProcessOutcome run_with_daemons(const SlurmPlace& place, const std::string& mark) {
  ConfinedRequest request;
  request.processes = 4;
  request.environment = {{"MODELPORT_RUN", "job_of_the_test.1"}, {"PATH", "/usr/bin:/bin"}};
  request.arguments = {"/bin/sh", "-c",
                       "export MODELPORT_RUN=" + mark +
                           "; for each in 1 2 3 4 5 6; do (setsid sleep 4 >/dev/null 2>&1 &); done; exec sleep 3"};
  std::filesystem::create_directory(place.directory);
  std::ofstream(place.script()) << slurm_script(request, place);
  ProcessRequest process;
  process.arguments = {"/bin/sh", place.script()};
  const auto outcome = system_process_runner().run(process);
  return outcome ? *outcome : ProcessOutcome();
}

TEST(SlurmScriptTest, EndsARunWithTooManyProcessesHoweverFarTheyWent) {
  const ScratchDirectory scratch;
  const SlurmPlace place{scratch.path("marked")}, other{scratch.path("unmarked")};
  EXPECT_EQ(run_with_daemons(place, "job_of_the_test.1").signal, SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(place.overrun()));
  EXPECT_EQ(run_with_daemons(other, "job_of_another.1").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(other.overrun()));
}

TEST(SlurmScriptTest, BeginsOnceAndOnlyWhileItIsWanted) {
  const ScratchDirectory scratch;
  const SlurmPlace place{scratch.path("it's")};
  std::filesystem::create_directory(place.directory);
  ConfinedRequest request;
  request.arguments = {"/bin/echo", "begun"};
  const std::string copy = scratch.path("copy.sh");
  for (const std::string& path : {place.script(), copy}) std::ofstream(path) << slurm_script(request, place);
  const auto run = [&] {
    std::string said;
    ProcessRequest process;
    process.arguments = {"/bin/sh", copy};
    process.on_line = [&](Stream stream, std::string_view line) { said += stream == Stream::kStdout ? line : ""; };
    const auto outcome = system_process_runner().run(process);
    return std::pair(outcome ? outcome->exit_code.value_or(-1) : -1, said);
  };
  EXPECT_EQ(run(), std::pair(0, std::string("begun")));
  EXPECT_EQ(run(), std::pair(75, std::string()));
  std::filesystem::remove(place.begun());
  std::filesystem::remove(place.script());
  EXPECT_EQ(run(), std::pair(75, std::string()));
}

}  // namespace
}  // namespace modelport

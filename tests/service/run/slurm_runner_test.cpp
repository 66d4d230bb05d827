#include "service/run/slurm_runner.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(slurm_script(request),
            "#!/bin/sh\nexport NAME='x'\\''y'\nulimit -n 64\nulimit -f 2\nexec '/bin/a b' 'it'\\''s' '$(id) `id` "
            "\n;'\n");
}

}  // namespace
}  // namespace modelport

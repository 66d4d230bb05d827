#include "service/config/trainer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(std::string_view text) {
  const auto parsed = parse_trainers(text, "trainers.toml");
  EXPECT_FALSE(parsed) << text;
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
  return parsed.error().text();
}

TEST(Trainers, HaveTheRepositorysOwnByDefault) {
  const auto trainers = parse_trainers(default_trainers_toml(), "default");
  ASSERT_TRUE(trainers) << trainers.error().text();
  ASSERT_EQ(trainers->size(), 1u);
  EXPECT_EQ(trainers->front().name, "ultralytics");
  EXPECT_THAT(trainers->front().command, ElementsAre("modelport-ultralytics"));
  EXPECT_THAT(trainers->front().frameworks, ElementsAre("ultralytics", "yolov5"));
}

TEST(Trainers, AreLookedForBesideTheirFile) {
  const auto command = [](std::string_view parts) {
    const auto trainers = parse_trainers(fmt::format("[[trainer]]\nname = \"t\"\ncommand = [{}]\n", parts),
                                         "/etc/modelport/trainers.toml");
    EXPECT_TRUE(trainers) << trainers.error().text();
    return trainers->front().command;
  };
  EXPECT_THAT(command(R"("bin/export", "a/b")"), ElementsAre("/etc/modelport/bin/export", "a/b"));
  EXPECT_THAT(command(R"("python3", "./export.py", "../lib", "-v")"),
              ElementsAre("python3", "/etc/modelport/./export.py", "/etc/modelport/../lib", "-v"));
  EXPECT_THAT(command(R"("/usr/bin/docker", "run", "org/image:1")"),
              ElementsAre("/usr/bin/docker", "run", "org/image:1"));
}

TEST(Trainers, AreReadWithEveryKey) {
  const auto trainers = parse_trainers(R"(
[[trainer]]
name = "timm"
command = ["python3", "/opt/timm/export.py"]
formats = ["onnx", "torchscript"]
task_types = ["classification"]
default_format = "onnx"
concurrency = 2
timeout_seconds = 60
grace_seconds = 5
memory_mb = 4096
file_mb = 100
output_mb = 200
processes = 64
open_files = 256
environment = { CUDA_VISIBLE_DEVICES = "0" }
sandbox = "process"
readable = ["/opt/timm"]
runner = "slurm"
slurm_partition = "gpu"
slurm_options = ["--gres=gpu:1"]
)",
                                       "trainers.toml");
  ASSERT_TRUE(trainers) << trainers.error().text();
  const TrainerConfig& timm = trainers->front();
  EXPECT_THAT(timm.frameworks, ElementsAre("timm"));
  EXPECT_THAT(timm.formats, ElementsAre("onnx", "torchscript"));
  EXPECT_EQ(timm.concurrency, 2);
  EXPECT_EQ(timm.limits.timeout, std::chrono::seconds(60));
  EXPECT_EQ(timm.limits.grace, std::chrono::seconds(5));
  EXPECT_EQ(timm.limits.memory_bytes, uint64_t{4096} << 20);
  EXPECT_EQ(timm.limits.file_bytes, uint64_t{100} << 20);
  EXPECT_EQ(timm.limits.output_bytes, uint64_t{200} << 20);
  EXPECT_EQ(timm.limits.processes, 64u);
  EXPECT_EQ(timm.limits.open_files, 256u);
  EXPECT_EQ(timm.environment.at("CUDA_VISIBLE_DEVICES"), "0");
  EXPECT_EQ(timm.wanted_sandbox, SandboxLevel::kProcess);
  EXPECT_EQ(timm.runner, RunnerKind::kSlurm);
  EXPECT_EQ(timm.slurm.partition, "gpu");
  EXPECT_THAT(timm.slurm.sbatch, ElementsAre("--gres=gpu:1"));
}

TEST(Trainers, AreRefusedWithTheLine) {
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\n"), HasSubstr("trainer a needs a command"));
  EXPECT_THAT(refusal("[[trainer]]\ncommand = [\"x\"]\n"), HasSubstr("needs a name"));
  EXPECT_THAT(
      refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nconcurency = 2\n"),
      HasSubstr("trainers.toml: line 4: a trainer has no key concurency (did you mean concurrency? there are name, "));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = \"x y\"\n"),
              HasSubstr("line 3: command is a list of texts"));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nconcurrency = 0\n"), HasSubstr("from 1 to"));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nrunner = \"cloud\"\n"), HasSubstr("\"slurm\""));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nslurm_partition = \"gpu\"\n"),
              HasSubstr("does not run there"));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nsandbox = \"none\"\n"),
              HasSubstr("\"bubblewrap\""));
  EXPECT_THAT(
      refusal(
          "[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nsandbox = \"process\"\nminimum_sandbox = \"bubblewrap\"\n"),
      HasSubstr("less isolation than its minimum"));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\n[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\n"),
              HasSubstr("two trainers a"));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\n[[trainer]]\nname = \"b\"\nframeworks = "
                      "[\"a\"]\ncommand = [\"x\"]\n"),
              HasSubstr("framework a"));
  EXPECT_THAT(refusal("[trainer]\nname = \"a\"\n"), HasSubstr("no [[trainer]]"));
  EXPECT_THAT(refusal("trainer = \n"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("[[trainer]]\nname = \"a\"\ncommand = [\"x\"]\nenvironment = { A = 1 }\n"),
              HasSubstr("A in environment"));
}

}  // namespace
}  // namespace modelport

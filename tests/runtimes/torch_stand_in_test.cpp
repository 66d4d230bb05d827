#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "runtimes/torch_process.h"

namespace modelport {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Optimization = Engine::Optimization;

/// What a stand-in sends: a message's size in 8 bytes, then its text.
std::string say(const std::string& text) {
  return fmt::format("printf '\\{:03o}\\000\\000\\000\\000\\000\\000\\000%s' '{}' >&0\n", text.size(), text);
}
const std::string kGreeting = say(R"({"torch": "0.1"})");
/// Takes whatever is asked.
const std::string kHear = "dd bs=65536 count=1 of=/dev/null 2>/dev/null\n";

/// An interpreter that is a shell script.
class TorchStandIn : public testing::Test {
 protected:
  std::string script(const std::string& name, const std::string& body) {
    const std::string path = testing::TempDir() + "torch_stand_in_" + name;
    std::ofstream(path) << "#!/bin/sh\n" << body;
    ::chmod(path.c_str(), 0700);
    scripts_.push_back(path);
    return path;
  }
  std::unique_ptr<Engine> engine(const std::string& body, TorchPatience patience = {}) {
    return make_torch_engine({{script("python", body), ""}}, patience);
  }
  void TearDown() override {
    for (const std::string& path : scripts_) std::filesystem::remove(path);
  }

 private:
  std::vector<std::string> scripts_;
};

/// Why a run of a model in this engine failed.
std::string failure(Engine& engine) {
  auto session = engine.load_file("model.torchscript", Optimization::kAll);
  if (!session) return session.error().message;
  const auto outputs = (*session)->run({{"x", Tensor::from_floats({1}, {1})}});
  return outputs ? "it did not fail" : outputs.error().message;
}

TEST_F(TorchStandIn, IsAbsentWhereNoInterpreterIs) {
  const auto absent = make_torch_engine({{"/nowhere/bin/python", "no torch in its site-packages"}, {"/none", ""}}, {});
  EXPECT_FALSE(absent->presence().found);
  EXPECT_THAT(absent->presence().looked_at, ElementsAre("/nowhere/bin/python: no torch in its site-packages",
                                                        "/none: cannot start /none: No such file or directory"));
  EXPECT_THAT(absent->presence().hint, HasSubstr("MODELPORT_TORCH_PYTHON"));
  const auto session = absent->load_file("model.torchscript", Optimization::kAll);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::kUnavailable);
}

TEST_F(TorchStandIn, TakesTheFirstInterpreterThatImportsTorch) {
  const std::string without = script("without", say(R"({"error": "ModuleNotFoundError: No module named torch"})"));
  const std::string with = script("with", kGreeting + kHear);
  const auto found = make_torch_engine({{without, ""}, {with, ""}, {"/never/asked", ""}}, {});
  EXPECT_TRUE(found->presence().found);
  EXPECT_EQ(found->presence().version, "0.1");
  EXPECT_EQ(found->presence().library, with);
  EXPECT_THAT(found->presence().looked_at, ElementsAre(without + ": ModuleNotFoundError: No module named torch", with));
}

TEST_F(TorchStandIn, KnowsWhetherItComputesInFloat16) {
  EXPECT_TRUE(engine(kGreeting + kHear)->presence().computes_float16);
  const auto old = engine(say(R"({"torch": "1.13.0", "float16": false})") + kHear);
  EXPECT_TRUE(old->presence().found);
  EXPECT_FALSE(old->presence().computes_float16);
}

TEST_F(TorchStandIn, SaysWhyAnInterpreterDoesNotDo) {
  const auto why = [&](const std::string& body) {
    const auto absent = engine(body, {.start = milliseconds(500)});
    EXPECT_FALSE(absent->presence().found);
    return absent->presence().looked_at.at(0);
  };
  EXPECT_THAT(why("echo 'libtorch.so: not found' >&2; exit 1"),
              HasSubstr("ended with exit code 1; the last it printed: libtorch.so: not found"));
  EXPECT_THAT(why("kill -ILL $$"), HasSubstr("was ended by signal 4"));
  EXPECT_THAT(why("sleep 60"), HasSubstr("gave no answer within 0.5 s"));
  EXPECT_THAT(why("echo 'Python 2 says hello to everybody' >&0; cat"), HasSubstr("answers in another language"));
  EXPECT_THAT(why(say("[1]")), HasSubstr("answers in another language"));
  EXPECT_THAT(why(say(R"({"error": 7})")), HasSubstr("answers in another language"));
  EXPECT_THAT(why(say("{}")), HasSubstr("without a version"));
}

TEST_F(TorchStandIn, FailsInWordsWhenTheProcessDiesOrHangsOverAModel) {
  EXPECT_EQ(failure(*engine(kGreeting + kHear + "echo out of memory; exit 9")),
            "torch's process cannot load: it ended with exit code 9; the last it printed: out of memory");
  EXPECT_EQ(failure(*engine(kGreeting + kHear + "sleep 60", {.answer = milliseconds(300)})),
            "torch's process cannot load: it gave no answer within 0.3 s");
  EXPECT_THAT(failure(*engine(kGreeting + kHear + say(R"({"session": 1})") + kHear + "kill -SEGV $$")),
              HasSubstr("torch's process cannot run: it was ended by signal 11"));
}

TEST_F(TorchStandIn, BelievesNoSizeThatCannotBe) {
  const std::string loads = kGreeting + kHear + say(R"({"session": 1})") + kHear;
  for (const char* output :
       {R"({"dtype": "float32", "shape": [4294967296, 4294967296]})", R"({"dtype": "float32", "shape": [-1]})",
        R"({"dtype": "float32", "shape": [99999999999]})", R"({"dtype": "quaternion", "shape": []})", "7"}) {
    EXPECT_THAT(failure(*engine(loads + say(fmt::format(R"({{"outputs": [{}]}})", output)))),
                HasSubstr("gives an output that cannot be"))
        << output;
  }
  EXPECT_THAT(failure(*engine(kGreeting + kHear + say(R"({"session": "one"})"))), HasSubstr("does not answer"));
}

TEST_F(TorchStandIn, StartsAnotherProcessAfterOneThatDied) {
  const std::string mark = testing::TempDir() + "torch_stand_in_mark";
  std::filesystem::remove(mark);
  const auto again = engine(kGreeting + kHear + "[ -e " + mark + " ] || { touch " + mark + "; exit 1; }\n" +
                            say(R"({"session": 1})") + kHear + say(R"({"outputs": []})") + kHear);
  EXPECT_THAT(failure(*again), HasSubstr("ended with exit code 1"));
  EXPECT_EQ(failure(*again), "it did not fail");
  std::filesystem::remove(mark);
}

TEST_F(TorchStandIn, IsLikelyWithoutBeingStarted) {
  const std::string mark = testing::TempDir() + "torch_stand_in_started";
  EXPECT_TRUE(engine("touch " + mark)->is_likely());
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_FALSE(make_torch_engine({{"/nowhere/bin/python", ""}}, {})->is_likely());
  EXPECT_FALSE(make_torch_engine({{script("bare", ""), "no torch in its site-packages"}}, {})->is_likely());
}

TEST_F(TorchStandIn, IsTheOneThatTheEnvironmentNames) {
  ::setenv("MODELPORT_TORCH_PYTHON", "/opt/somewhere/python3", 1);
  const std::vector<TorchInterpreter> named = torch_interpreters();
  ::unsetenv("MODELPORT_TORCH_PYTHON");
  ASSERT_EQ(named.size(), 1u);
  EXPECT_EQ(named[0].path, "/opt/somewhere/python3");
  EXPECT_EQ(named[0].problem, "");
}

}  // namespace
}  // namespace modelport

#include "runtimes/torch_process.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <thread>

#include "../io/zip_builder.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Optimization = Engine::Optimization;

const std::string kProbe = std::string(MODELPORT_SOURCE_DIR) + "/tests/runtimes/torchscript-probe.pt";

/// With a Python that has torch.
class TorchProcess : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch().presence().found) GTEST_SKIP() << "skipped: no Python with torch was found";
  }
};

/// The probe on 0, 1, 2...: relu(2x + 1), whether that is above 3, and the input's shape.
void expect_probe(EngineSession& session, const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(*element_count(shape)));
  std::vector<float> expected(values.size());
  std::vector<int64_t> above(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i) - 2;
    expected[i] = std::max(0.0F, 2 * values[i] + 1);
    above[i] = expected[i] > 3;
  }
  const auto outputs = session.run({{"anything", Tensor::from_floats(shape, values)}});
  ASSERT_TRUE(outputs) << outputs.error().text();
  ASSERT_EQ(outputs->size(), 3u);
  EXPECT_EQ((*outputs)[0].name, "output0");
  EXPECT_EQ((*outputs)[0].tensor.shape(), shape);
  EXPECT_EQ((*outputs)[0].tensor.to_floats(), expected);
  EXPECT_EQ((*outputs)[1].name, "output1");
  EXPECT_EQ((*outputs)[1].tensor.dtype(), DType::kBool);
  EXPECT_EQ((*outputs)[1].tensor.to_int64s(), above);
  EXPECT_EQ((*outputs)[2].name, "output2");
  EXPECT_EQ((*outputs)[2].tensor.to_int64s(), shape);
}

/// The probe with this operator in place of torch.relu.
std::string probe_that_calls(std::string_view function) {
  const auto file = MappedFile::open(kProbe);
  const auto zip = ZipReader::open((*file)->bytes());
  ZipBuilder changed;
  for (const ZipMember& member : zip->members()) {
    if (member.name.ends_with(".debug_pkl")) continue;  // It names places in the text that is changed.
    const bool is_packed = member.method == ZipMember::Method::kDeflated;
    const auto unpacked =
        is_packed ? *inflate_member(member, member.size) : std::vector(member.raw.begin(), member.raw.end());
    std::string content(reinterpret_cast<const char*>(unpacked.data()), unpacked.size());
    constexpr std::string_view kCalled = "torch.relu(";
    if (const size_t at = content.find(kCalled); member.name.ends_with("__torch__.py") && at != content.npos)
      content.replace(at, kCalled.size(), function);
    changed.add(member.name, content);
  }
  return changed.finish();
}

TEST_F(TorchProcess, TellsItsVersionAndWhereItIs) {
  EXPECT_THAT(torch().presence().version, testing::MatchesRegex("[0-9]+\\.[0-9]+.*"));
  EXPECT_THAT(torch().presence().library, HasSubstr("python"));
}

TEST_F(TorchProcess, RunsAnArchiveAtSeveralShapesOptimizedOrNot) {
  for (const Optimization optimization : {Optimization::kNone, Optimization::kAll}) {
    auto session = torch().load_file(kProbe, optimization);
    ASSERT_TRUE(session) << session.error().text();
    for (const Shape& shape : {Shape{1, 1, 2, 3}, Shape{2, 1, 4, 4}, Shape{1, 1, 2, 3}, Shape{0, 1, 2, 2}}) {
      expect_probe(**session, shape);
    }
  }
}

TEST_F(TorchProcess, RunsAnArchiveFromMemoryBesideOneFromItsFile) {
  const auto bytes = MappedFile::open(kProbe);
  ASSERT_TRUE(bytes);
  auto from_file = torch().load_file(kProbe, Optimization::kAll);
  auto from_memory = torch().load("not/there", (*bytes)->bytes(), Optimization::kNone);
  ASSERT_TRUE(from_memory) << from_memory.error().text();
  expect_probe(**from_file, {1, 1, 2, 2});
  expect_probe(**from_memory, {1, 1, 3, 3});
  from_file->reset();
  expect_probe(**from_memory, {1, 1, 4, 4});
}

TEST_F(TorchProcess, RefusesInTorchsOwnWordsAndGoesOn) {
  const auto missing = torch().load_file("/nowhere/model.torchscript", Optimization::kNone);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kValidationFailed);
  EXPECT_THAT(missing.error().message, HasSubstr("torch cannot load the model: "));
  EXPECT_THAT(missing.error().message, HasSubstr("/nowhere/model.torchscript"));
  const std::string text = "no archive";
  EXPECT_FALSE(torch().load("here", std::as_bytes(std::span(text)), Optimization::kNone));

  const std::string absent = probe_that_calls("ops.absent.relu(");
  const auto unknown = torch().load("here", std::as_bytes(std::span(absent)), Optimization::kNone);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().text(), testing::AllOf(HasSubstr("absent"), HasSubstr("comes with another package")));

  auto session = torch().load_file(kProbe, Optimization::kNone);
  ASSERT_TRUE(session);
  const auto flat = (*session)->run({{"x", Tensor::from_floats({2, 2}, {1, 2, 3, 4})}});
  ASSERT_FALSE(flat);
  EXPECT_EQ(flat.error().code, ErrorCode::kValidationFailed);
  EXPECT_THAT(flat.error().message, HasSubstr("torch cannot run the model: "));
  EXPECT_THAT(flat.error().message, HasSubstr("four axes are needed"));
  expect_probe(**session, {1, 1, 2, 3});
}

TEST_F(TorchProcess, ServesSeveralThreads) {
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; ++i) {
    threads.emplace_back([i] {
      auto session = torch().load_file(kProbe, Optimization::kNone);
      ASSERT_TRUE(session) << session.error().text();
      for (int64_t size = 1; size < 5; ++size) expect_probe(**session, {i, 1, size, 2});
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// The children of a process.
std::vector<pid_t> children_of(pid_t pid) {
  std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", pid));
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

/// Whether it still does anything; one that nobody has waited for does not.
bool is_alive(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z";
}

/// Forks a process that starts a helper, says so and goes on with `rest`, and kills it a moment later.
void expect_helper_to_end(const std::function<void(Engine& engine)>& rest) {
  std::array<int, 2> started{};
  ASSERT_EQ(::pipe(started.data()), 0);
  const pid_t exporter = ::fork();
  if (exporter == 0) {
    const auto engine = make_torch_engine({{torch().presence().library, ""}}, {});
    const char found = engine->presence().found ? 'y' : 'n';
    if (::write(started[1], &found, 1) == 1) rest(*engine);
    ::_exit(0);
  }
  char found = 'n';
  ASSERT_EQ(::read(started[0], &found, 1), 1);
  ASSERT_EQ(found, 'y');
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const std::vector<pid_t> helpers = children_of(exporter);
  ::kill(exporter, SIGKILL);
  ::waitpid(exporter, nullptr, 0);
  ASSERT_EQ(helpers.size(), 1u);
  for (int i = 0; i < 500 && is_alive(helpers[0]); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(is_alive(helpers[0])) << "the helper outlived its parent";
}

TEST_F(TorchProcess, EndsWhenThisProcessIsKilledWhileItWaits) {
  expect_helper_to_end([](Engine&) { ::pause(); });
}

TEST_F(TorchProcess, EndsWhenThisProcessIsKilledWhileItComputes) {
  expect_helper_to_end([](Engine& engine) {
    auto session = engine.load_file(kProbe, Optimization::kNone);
    if (session) static_cast<void>((*session)->run({{"x", Tensor::from_floats({1}, {1})}}));
  });
}

}  // namespace
}  // namespace modelport

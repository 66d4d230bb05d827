#include "io/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <vector>

namespace modelport {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

class OutputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "modelport-output-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }
  fs::path folder_;
};

TEST_F(OutputFileTest, CountsAndHashesWhatItWrites) {
  auto file = OutputFile::create(path("a"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->append(bytes_of("ab")));
  ASSERT_TRUE(file->append(bytes_of("")));
  ASSERT_TRUE(file->append(bytes_of("c")));
  ASSERT_TRUE(file->finish());
  EXPECT_EQ(file->size(), 3);
  EXPECT_EQ(file->sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(fs::file_size(path("a")), 3u);
}

TEST_F(OutputFileTest, WritesMoreThanOneCallTakes) {
  const std::vector<std::byte> large((size_t{1} << 24) + 12345, std::byte{7});
  auto file = OutputFile::create(path("large"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->append(large));
  ASSERT_TRUE(file->finish());
  EXPECT_EQ(fs::file_size(path("large")), large.size());
  EXPECT_EQ(file->sha256(), sha256_hex(large));
}

TEST_F(OutputFileTest, FollowsNoLink) {
  fs::create_symlink(path("elsewhere"), path("link"));
  auto file = OutputFile::create(path("link"));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kUnwritable);
  EXPECT_FALSE(fs::exists(path("elsewhere")));
}

TEST_F(OutputFileTest, NamesThePathAndTheReason) {
  auto file = OutputFile::create(path("missing/a"));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().text(), "cannot write " + path("missing/a") + ": No such file or directory");
}

TEST_F(OutputFileTest, TellsAFullDevice) {
  auto file = OutputFile::create("/dev/full");
  ASSERT_TRUE(file);
  const Status status = file->append(bytes_of("x"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnwritable);
  EXPECT_EQ(status.error().text(), "cannot write /dev/full: No space left on device");
}

TEST_F(OutputFileTest, TellsASizeLimitAfterAPartialWrite) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto file = OutputFile::create(path("limited"));
    const std::vector<std::byte> bytes(1500);
    const Status status = file->append(bytes);
    ::_exit(!status && status.error().text().ends_with("File too large") && file->size() == 1000 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace modelport

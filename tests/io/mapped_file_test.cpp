#include "io/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace modelport {
namespace {

namespace fs = std::filesystem;

class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "modelport-mapped-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "file";
  }
  void TearDown() override { fs::remove_all(folder_); }
  void put(size_t size) const { std::ofstream(path_) << std::string(size, 'x'); }
  fs::path folder_;
  std::string path_;
};

TEST_F(MappedFileTest, ShowsTheBytesOfAFile) {
  put(3);
  const auto file = MappedFile::open(path_);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->bytes().size(), 3u);
  EXPECT_EQ((*file)->bytes()[2], std::byte{'x'});
  EXPECT_TRUE((*file)->check_intact());
}

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes) {
  put(0);
  const auto file = MappedFile::open(path_);
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->bytes().empty());
  EXPECT_TRUE((*file)->check_intact());
}

TEST_F(MappedFileTest, RefusesWhatIsNotARegularFile) {
  const auto missing = MappedFile::open(path_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const auto directory = MappedFile::open(folder_);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().text(), folder_.string() + " is a directory, not a file");
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto pipe = MappedFile::open(path_);
  ASSERT_FALSE(pipe) << "and does not wait for a writer";
  EXPECT_EQ(pipe.error().code, ErrorCode::kUnreadable);
}

TEST_F(MappedFileTest, AFileCutShortReadsAsZerosAndIsTold) {
  install_bus_error_guard();
  put(100'000);
  const auto file = MappedFile::open(path_);
  ASSERT_TRUE(file);
  fs::resize_file(path_, 5000);
  const auto bytes = (*file)->bytes();
  EXPECT_EQ(bytes[4999], std::byte{'x'});
  EXPECT_TRUE(std::all_of(bytes.begin() + 8192, bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
  const Status intact = (*file)->check_intact();
  ASSERT_FALSE(intact);
  EXPECT_EQ(intact.error().code, ErrorCode::kDamaged);
}

TEST_F(MappedFileTest, AFileChangedInPlaceIsTold) {
  put(100);
  const auto file = MappedFile::open(path_);
  ASSERT_TRUE(file);
  ::usleep(20'000);
  put(100);
  EXPECT_FALSE((*file)->check_intact());
}

}  // namespace
}  // namespace modelport

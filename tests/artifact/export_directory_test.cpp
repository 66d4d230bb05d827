#include "artifact/export_directory.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace modelport {
namespace {

namespace fs = std::filesystem;
using Kind = DirectoryEntry::Kind;

class ExportDirectoryTest : public testing::Test {
 protected:
  ExportDirectoryTest() : folder_(fs::temp_directory_path() / ("modelport-directory-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "inner");
    std::ofstream(folder_ / "inner" / "file") << "content";
  }
  ~ExportDirectoryTest() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(ExportDirectoryTest, ListsAndMaps) {
  ::mkfifo((folder_ / "pipe").c_str(), 0600);
  fs::create_symlink("/etc/passwd", folder_ / "link");
  const auto directory = ExportDirectory::open(folder_.string());
  ASSERT_TRUE(directory) << directory.error().text();
  EXPECT_EQ(directory->entries().size(), 4u);
  EXPECT_EQ(directory->find("inner")->kind, Kind::kDirectory);
  EXPECT_EQ(directory->find("inner/file")->size, 7u);
  EXPECT_EQ(directory->find("pipe")->kind, Kind::kOther);
  EXPECT_EQ(directory->find("link")->kind, Kind::kLink);
  EXPECT_EQ(directory->find("link")->leads_to, "/etc/passwd");
  const auto file = directory->map("inner/file");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ((*file)->bytes().size(), 7u);
}

TEST_F(ExportDirectoryTest, NothingLeadsOut) {
  fs::create_symlink("/etc/passwd", folder_ / "link");
  fs::create_directory_symlink("/etc", folder_ / "etc");
  ::mkfifo((folder_ / "pipe").c_str(), 0600);
  const auto directory = ExportDirectory::open(folder_.string());
  for (const char* path : {"link", "etc/passwd",
                           "../"
                           "x",
                           "inner/../inner/file", "/etc/passwd", "", ".", "inner//file", "pipe", "inner"})
    EXPECT_FALSE(directory->map(path)) << path;
  EXPECT_EQ(directory->find("etc/passwd"), nullptr);
}

TEST_F(ExportDirectoryTest, Bounds) {
  fs::path deep = folder_;
  for (int i = 0; i < 20; ++i) deep /= "d";
  fs::create_directories(deep);
  EXPECT_EQ(ExportDirectory::open(folder_.string()).error().code, ErrorCode::kHostile);
  EXPECT_EQ(ExportDirectory::open((folder_ / "nowhere").string()).error().code, ErrorCode::kNotFound);
}

TEST_F(ExportDirectoryTest, AFileThatBecameALinkIsNotFollowed) {
  const auto directory = ExportDirectory::open(folder_.string());
  fs::remove(folder_ / "inner/file");
  fs::create_symlink("/etc/passwd", folder_ / "inner/file");
  EXPECT_EQ(directory->map("inner/file").error().code, ErrorCode::kHostile);
}

}  // namespace
}  // namespace modelport

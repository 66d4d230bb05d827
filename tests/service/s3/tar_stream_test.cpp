#include "service/s3/tar_stream.h"

#include <gmock/gmock.h>

#include "service/checkpoints/archive_expansion.h"
#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TarStream, IsReadByWhatExpandsUploads) {
  const ScratchDirectory scratch;
  const std::string names[] = {"config.json", "folder/" + std::string(120, 'n') + "/weights.bin",
                               "gr\xc3\xbc\xc3\x9f"
                               "e.txt",
                               std::string(100, 'h')};
  std::string tar;
  for (const std::string& name : names) {
    const auto bytes = static_cast<int64_t>(name.size());
    tar += tar_header(name, bytes) + name + tar_padding(bytes);
  }
  tar += tar_header("empty", 0) + tar_padding(0) + tar_end();
  const Status done = expand_archive(scratch.write("a.tar", tar), scratch.path("out"), CheckpointLimits());
  ASSERT_TRUE(done) << done.error().text();
  for (const std::string& name : names) EXPECT_EQ(file_text(scratch.path("out/" + name)), name);
  EXPECT_EQ(std::filesystem::file_size(scratch.path("out/empty")), 0u);
}

TEST(TarStream, TellsSizesThatTheOldHeaderCannotHold) {
  constexpr int64_t kLargest = (int64_t{1} << 33) - 1;
  EXPECT_THAT(tar_header("a", kLargest + 1), HasSubstr("19 size=8589934592\n"));
  EXPECT_THAT(tar_header("a", kLargest), testing::AllOf(HasSubstr("77777777777"), Not(HasSubstr("size="))));
}

}  // namespace
}  // namespace modelport

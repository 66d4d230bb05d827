#include "service/backend/data_directory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

TEST(DataDirectoryLock, WaitsForWhatTheLastServiceForked) {
  const ScratchDirectory scratch;
  pid_t child = -1;
  {
    const auto first = DataDirectory::hold(scratch.path("data"), "");
    ASSERT_TRUE(first) << first.error().text();
    child = ::fork();
    if (child == 0) {
      ::usleep(300'000);
      ::_exit(0);
    }
  }
  EXPECT_TRUE(DataDirectory::hold(scratch.path("data"), ""));
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST(DataDirectoryLock, IsNotSharedWithAServiceThatIsThere) {
  const ScratchDirectory scratch;
  const auto first = DataDirectory::hold(scratch.path("data"), "");
  ASSERT_TRUE(first) << first.error().text();
  const auto second = DataDirectory::hold(scratch.path("data"), "");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
}

}  // namespace
}  // namespace modelport

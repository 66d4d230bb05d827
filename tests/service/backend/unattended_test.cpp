#include "service/jobs/sqlite_job_store.h"
#include "tests/service/backend/backend_fixture.h"

namespace modelport {
namespace {

class Unattended : public BackendFixture {};

TEST_F(Unattended, AnAttemptThatIsOnRecordAndThatNobodyMakesIsTakenUp) {
  ServiceConfig brisk = config();
  brisk.lease = std::chrono::seconds(3);
  start(brisk);
  const Job busy = submit(request("slow"));
  wait_until(busy.id, [](const Job& job) { return job.phase == JobPhase::kExporting; });
  const Job waiting = submit(request("companion"));
  {
    // As it is when the end of an attempt could not be written for so long that it gave up.
    auto beside = SqliteJobStore::open(scratch_.path("data/jobs.sqlite"), system_clock());
    ASSERT_TRUE(beside) << beside.error().text();
    std::string worker = file_text(scratch_.path("data/worker-name"));
    worker.pop_back();
    const std::vector<std::string> frameworks = {"plain"};
    const auto claimed = (*beside)->claim(worker, frameworks, std::chrono::hours(1));
    ASSERT_TRUE(claimed && *claimed);
    ASSERT_EQ((*claimed)->job.id, waiting.id);
  }
  wait_until(waiting.id, [](const Job& job) { return job.status == JobStatus::kPending; });
  EXPECT_EQ(backend_->jobs().find(busy.id)->status, JobStatus::kRunning) << "who is attended to is left alone";
  ASSERT_TRUE(backend_->cancel(busy.id, CancelMode::kForce));
  const Job done = wait_for_end(waiting.id);
  EXPECT_EQ(done.status, JobStatus::kCompleted);
  EXPECT_EQ(done.attempt, 2);
}

}  // namespace
}  // namespace modelport

#include "service/backend/retention.h"

#include <gmock/gmock.h>

#include "service/backend/recovery.h"
#include "service/jobs/sqlite_job_store.h"
#include "tests/service/scratch_directory.h"
#include "tests/service/stepping_clock.h"

namespace modelport {
namespace {

using testing::ElementsAre;

/// Stores without a Backend: time goes where the test says.
class Retention : public testing::Test {
 protected:
  void SetUp() override {
    jobs_ = *SqliteJobStore::open(scratch_.path("jobs"), clock_);
    logs_ = *LogStore::open(scratch_.path("logs"), {});
    artifacts_ = *open_local_artifact_store(scratch_.path("artifacts"));
    checkpoints_ = *CheckpointStore::open(scratch_.path("checkpoints"), {}, {});
    environment_.emplace(*jobs_, *logs_, *artifacts_, *checkpoints_, clock_, SandboxSupport(), scratch_.path("work"),
                         std::vector<std::string>());
  }
  std::string complete(const std::string& training, const std::string& checkpoint = "c") {
    NewJob job;
    job.request.framework = "plain";
    job.request.checkpoint_id = checkpoint;
    job.request.training_job_id = training;
    EXPECT_TRUE(jobs_->create(job));
    const std::vector<std::string> frameworks = {"plain"};
    const ClaimedJob claimed = **jobs_->claim("worker", frameworks, std::chrono::seconds(60));
    const std::string key = artifact_key(claimed.lease);
    EXPECT_TRUE(artifacts_->put({key, scratch_.write("new", std::string(100, 'x')), "", {}}));
    logs_->append(claimed.job.id, 1, LogStream::kStdout, "line", clock_.now());
    Completion done;
    done.artifact = {key, "", 100};
    done.metadata = Json::object();
    EXPECT_TRUE(jobs_->finish_completed(claimed.lease, done));
    return claimed.job.id;
  }
  std::string upload(const std::string& content) {
    auto upload = checkpoints_->begin_upload("x.pt", UploadKind::kFile, clock_.now());
    EXPECT_TRUE((*upload)->append(std::as_bytes(std::span(content))));
    return (*upload)->finish()->id;
  }
  bool exists(const std::string& id) { return static_cast<bool>(jobs_->find(id)); }
  std::vector<std::string> objects() {
    std::vector<std::string> keys;
    const auto listed = artifacts_->list("", "", 100);
    for (const ObjectInfo& object : *listed) keys.push_back(object.key);
    return keys;
  }
  void apply(const ServiceConfig& config) {
    const Status done = apply_retention(*environment_, config);
    EXPECT_TRUE(done) << done.error().text();
  }

  ScratchDirectory scratch_;
  SteppingClock clock_;
  std::unique_ptr<JobStore> jobs_;
  std::unique_ptr<LogStore> logs_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<CheckpointStore> checkpoints_;
  std::optional<AttemptEnvironment> environment_;
};

TEST_F(Retention, RemovesWhatIsOldButNoDefault) {
  const std::string chosen = complete("a"), old = complete("a");
  clock_.advance(std::chrono::hours(48));
  const std::string fresh = complete("a");
  ServiceConfig config;
  config.retention = std::chrono::hours(24);
  apply(config);
  EXPECT_TRUE(exists(chosen));
  EXPECT_FALSE(exists(old));
  EXPECT_TRUE(exists(fresh));
  EXPECT_EQ(objects().size(), 2u);
  EXPECT_EQ(logs_->last_id(old), 0);
  apply(ServiceConfig());
  EXPECT_TRUE(exists(chosen));
}

TEST_F(Retention, HoldsTheQuotaOldestFirst) {
  const std::string chosen = complete("a"), second = complete("a"), third = complete("a");
  ServiceConfig config;
  config.store_quota_bytes = 250;
  apply(config);
  EXPECT_TRUE(exists(chosen));
  EXPECT_FALSE(exists(second));
  EXPECT_TRUE(exists(third));
  config.store_quota_bytes = 50;
  apply(config);
  EXPECT_TRUE(exists(chosen)) << "a default stays, quota or not";
  EXPECT_FALSE(exists(third));
}

TEST_F(Retention, RemovesUploadsThatNoJobNames) {
  const std::string used = upload("used"), unused = upload("unused");
  complete("", used);
  ServiceConfig config;
  config.upload_retention = std::chrono::hours(24);
  apply(config);
  EXPECT_TRUE(checkpoints_->find(unused));
  clock_.advance(std::chrono::hours(48));
  apply(config);
  EXPECT_FALSE(checkpoints_->find(unused));
  EXPECT_TRUE(checkpoints_->find(used));
}

TEST_F(Retention, CollectsWhatARemovalThatWasCutShortLeft) {
  const std::string id = complete("");
  // As remove_job() does, up to the moment of a crash.
  ASSERT_TRUE(jobs_->remove(id));
  EXPECT_EQ(objects().size(), 1u);
  ASSERT_TRUE(collect_orphans(*environment_));
  EXPECT_TRUE(objects().empty());
  EXPECT_TRUE(jobs_->doomed_artifacts(10)->empty());
  EXPECT_EQ(logs_->last_id(id), 0);
}

TEST_F(Retention, LeavesForeignObjectsOfASharedStoreAlone) {
  ASSERT_TRUE(artifacts_->put({"somebody-elses.zip", scratch_.write("new", "x"), "", {}}));
  ASSERT_TRUE(collect_orphans(*environment_));
  ASSERT_TRUE(recover(*environment_, ""));
  EXPECT_THAT(objects(), ElementsAre("somebody-elses.zip"));
}

}  // namespace
}  // namespace modelport

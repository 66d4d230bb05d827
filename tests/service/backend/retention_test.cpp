#include "service/backend/retention.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/sha256.h"
#include "io/failpoint.h"
#include "service/backend/recorded_artifact_store.h"
#include "service/backend/recovery.h"
#include "service/jobs/sqlite_job_store.h"
#include "service/s3/s3_artifact_store.h"
#include "service/s3/s3_client.h"
#include "service/s3/s3_listing.h"
#include "tests/service/artifacts/wrapped_artifact_store.h"
#include "tests/service/radosgw_server.h"
#include "tests/service/scratch_directory.h"
#include "tests/service/stepping_clock.h"

namespace modelport {
namespace {

using testing::ElementsAre;

RadosgwServer& bucket_server() {
  static RadosgwServer server;
  return server;
}

/// A bucket of its own for every test.
S3Config fresh_bucket_config() {
  static int count = 0;
  const auto variables = bucket_server().environment(fmt::format("retention-{}", ++count), "exports");
  return *s3_config_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

/// Where artifacts lie, and how many files or objects there are in all.
struct RetentionPlace {
  std::unique_ptr<ArtifactStore> store;
  std::function<size_t()> stored;
};

struct RetentionRow {
  std::string name;
  std::function<std::string()> missing;
  std::function<RetentionPlace(const ScratchDirectory&)> make;
  size_t stored_for_each;  ///< On S3 metadata.json lies beside.
};

RetentionRow local_retention() {
  return {"local", [] { return ""; },
          [](const ScratchDirectory& scratch) {
            const std::string place = scratch.path("artifacts");
            return RetentionPlace{*open_local_artifact_store(place), [place] {
                                    using Walk = std::filesystem::recursive_directory_iterator;
                                    return static_cast<size_t>(std::ranges::count_if(
                                        Walk(place), Walk(), [](const auto& each) { return each.is_regular_file(); }));
                                  }};
          },
          1};
}
RetentionRow s3_retention() {
  return {"s3", [] { return bucket_server().is_there() ? "" : bucket_server().missing(); },
          [](const ScratchDirectory&) {
            const S3Config config = fresh_bucket_config();
            return RetentionPlace{make_s3_artifact_store(config),
                                  [client = S3Client(config)] { return list_objects(client, "", "", 1000)->size(); }};
          },
          2};
}

/// Goes away and comes back, as a store on the network does.
class MoodyStore final : public WrappedArtifactStore {
 public:
  using WrappedArtifactStore::WrappedArtifactStore;
  bool is_away = false;        ///< Nothing is done.
  bool loses_replies = false;  ///< It is done, and nobody hears of it.

  Status put(const NewObject& object) override {
    if (is_away) return away();
    CHECK_OK(WrappedArtifactStore::put(object));
    return loses_replies ? Status(away()) : Status();
  }
  Status remove(std::string_view key) override { return is_away ? Status(away()) : WrappedArtifactStore::remove(key); }

 private:
  static Error away() { return fail(ErrorCode::kUnavailable, "nobody answers"); }
};

/// Stores without a Backend: time goes where the test says.
class Retention : public testing::TestWithParam<RetentionRow> {
 protected:
  void SetUp() override {
    if (const std::string missing = GetParam().missing(); !missing.empty()) GTEST_SKIP() << missing;
    RetentionPlace place = GetParam().make(scratch_);
    auto moody = std::make_unique<MoodyStore>(std::move(place.store));
    moody_ = moody.get();
    stored_ = std::move(place.stored);
    jobs_ = *SqliteJobStore::open(scratch_.path("jobs"), clock_);
    artifacts_ = std::make_unique<RecordedArtifactStore>(std::move(moody), *jobs_);
    logs_ = *LogStore::open(scratch_.path("logs"), {});
    checkpoints_ = *CheckpointStore::open(scratch_.path("checkpoints"), {}, {});
    environment_.emplace(*jobs_, *logs_, *artifacts_, *checkpoints_, clock_, SandboxSupport(), scratch_.path("work"),
                         std::vector<std::string>());
  }
  ClaimedJob begin(const std::string& training, const std::string& checkpoint = "c") {
    NewJob job;
    job.request.framework = "plain";
    job.request.checkpoint_id = checkpoint;
    job.request.training_job_id = training;
    EXPECT_TRUE(jobs_->create(job));
    const std::vector<std::string> frameworks = {"plain"};
    return **jobs_->claim("worker", frameworks, std::chrono::seconds(60));
  }
  std::string complete(const std::string& training, const std::string& checkpoint = "c") {
    const ClaimedJob claimed = begin(training, checkpoint);
    const std::string key = artifact_key(claimed.lease);
    put(key, std::string(100, 'x'));
    logs_->append(claimed.job.id, 1, LogStream::kStdout, "line", clock_.now());
    Completion done;
    done.artifact = {key, "", 100};
    done.metadata = Json::object();
    EXPECT_TRUE(jobs_->finish_completed(claimed.lease, done));
    return claimed.job.id;
  }
  Status try_to_put(const std::string& key, const std::string& content) {
    const std::string digest = sha256_hex(std::as_bytes(std::span(content)));
    return artifacts_->put({key, scratch_.write("new", content), digest, {}, "{}"});
  }
  void put(const std::string& key, const std::string& content) {
    const Status done = try_to_put(key, content);
    EXPECT_TRUE(done) << done.error().text();
  }
  void collect() {
    const Status done = collect_orphans(*environment_);
    EXPECT_TRUE(done) << done.error().text();
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
    EXPECT_EQ(stored_(), GetParam().stored_for_each * keys.size()) << "nothing lies beside them";
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
  MoodyStore* moody_ = nullptr;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::function<size_t()> stored_;
  std::unique_ptr<CheckpointStore> checkpoints_;
  std::optional<AttemptEnvironment> environment_;
};

TEST_P(Retention, RemovesWhatIsOldButNoDefault) {
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

TEST_P(Retention, LeavesWhatWasChosenOrRemovedWhileItWasAtWork) {
  complete("a");
  complete("a");
  const std::string chosen = complete("a"), removed = complete("a"), old = complete("a");
  ServiceConfig days, quota;
  days.retention = std::chrono::hours(24);
  quota.store_quota_bytes = 50;
  static std::function<void()> meanwhile;
  static int looks;
  looks = 0;
  meanwhile = [&] {
    EXPECT_TRUE(jobs_->set_default(chosen));
    EXPECT_TRUE(jobs_->remove(removed));
  };
  failpoint_hook = [](std::string_view point) {
    if (point == "removal: before the log" && ++looks == 1) meanwhile();
  };
  clock_.advance(std::chrono::hours(48));
  apply(GetParam().name == "local" ? days : quota);
  failpoint_hook = nullptr;
  EXPECT_GT(looks, 1);
  EXPECT_TRUE(exists(chosen));
  EXPECT_FALSE(exists(old)) << "it went on";
}

TEST_P(Retention, HoldsTheQuotaOldestFirst) {
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
  EXPECT_THAT(objects(), ElementsAre(chosen + ".1.zip"));
}

TEST_P(Retention, HoldsTheQuotaBehindManyJobsThatLeftNothing) {
  for (int i = 0; i < 250; ++i) {
    NewJob job;
    job.request.framework = "plain";
    const auto created = jobs_->create(job);
    ASSERT_TRUE(created);
    ASSERT_TRUE(jobs_->cancel(created->job.id));
  }
  const std::string old = complete("");
  ServiceConfig config;
  config.store_quota_bytes = 50;
  apply(config);
  EXPECT_FALSE(exists(old));
  EXPECT_EQ(jobs_->counts()->by_status[static_cast<size_t>(JobStatus::kCancelled)], 250) << "they take no room";
}

TEST_P(Retention, RemovesUploadsThatNoJobNames) {
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

TEST_P(Retention, KeepsAnUploadThatIsSentAgain) {
  const std::string sent = upload("the same");
  ServiceConfig config;
  config.upload_retention = std::chrono::hours(24);
  clock_.advance(std::chrono::hours(48));
  EXPECT_EQ(upload("the same"), sent);
  apply(config);
  EXPECT_TRUE(checkpoints_->find(sent)) << "it was sent a moment ago, and its job is yet to come";
  clock_.advance(std::chrono::hours(48));
  apply(config);
  EXPECT_FALSE(checkpoints_->find(sent));
}

TEST_P(Retention, CollectsWhatARemovalThatWasCutShortLeft) {
  const std::string id = complete("");
  // As remove_job() does, up to the moment of a crash.
  ASSERT_TRUE(jobs_->remove(id));
  EXPECT_EQ(objects().size(), 1u);
  ASSERT_TRUE(collect_orphans(*environment_));
  EXPECT_TRUE(objects().empty());
  EXPECT_TRUE(jobs_->artifacts_pending_deletion(10)->empty());
  EXPECT_EQ(logs_->last_id(id), 0);
}

TEST_P(Retention, CollectsWhatAnAttemptBeganToStoreOnceItIsOver) {
  const JobError error{FailureCode::kStorageFailed, "nobody answers", JobPhase::kUploading, {}, 0};
  const ClaimedJob failing = begin("");
  moody_->loses_replies = true;
  EXPECT_FALSE(try_to_put(artifact_key(failing.lease), "lost"));
  moody_->loses_replies = false;
  const ClaimedJob running = begin("");
  put(artifact_key(running.lease), "about to be completed");
  ASSERT_TRUE(jobs_->finish_failed(failing.lease, error));
  const std::string completed = complete("");
  collect();
  EXPECT_EQ(objects().size(), 2u) << "of what runs still, and of what completed";
  EXPECT_THAT(*jobs_->artifacts_pending_deletion(10), ElementsAre(artifact_key(running.lease)));
  ASSERT_TRUE(jobs_->finish_failed(running.lease, error));
  collect();
  EXPECT_THAT(objects(), ElementsAre(completed + ".1.zip"));
  EXPECT_TRUE(jobs_->artifacts_pending_deletion(10)->empty());
}

TEST_P(Retention, IsHeldUpByNoStoreThatIsAway) {
  const std::string old = complete(""), kept = complete("");
  const ClaimedJob running = begin("");
  put(artifact_key(running.lease), "never completed");
  moody_->is_away = true;
  ASSERT_TRUE(remove_job(*environment_, old));
  EXPECT_FALSE(exists(old));
  EXPECT_EQ(logs_->last_id(old), 0);
  const Status recovered = recover(*environment_, "");
  ASSERT_TRUE(recovered) << recovered.error().text();
  EXPECT_EQ(jobs_->find(running.job.id)->status, JobStatus::kPending);
  collect();
  EXPECT_EQ(objects().size(), 3u);
  moody_->is_away = false;
  collect();
  EXPECT_THAT(objects(), ElementsAre(kept + ".1.zip"));
}

TEST_P(Retention, LeavesForeignObjectsOfASharedStoreAlone) {
  ASSERT_TRUE(moody_->put(
      {"somebody-elses.zip", scratch_.write("new", "x"), sha256_hex(std::as_bytes(std::span("x", 1))), {}, "{}"}));
  ASSERT_TRUE(collect_orphans(*environment_));
  ASSERT_TRUE(recover(*environment_, ""));
  EXPECT_THAT(objects(), ElementsAre("somebody-elses.zip"));
}

INSTANTIATE_TEST_SUITE_P(Stores, Retention, testing::Values(local_retention(), s3_retention()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace modelport

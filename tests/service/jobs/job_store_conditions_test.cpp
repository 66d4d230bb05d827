#include "tests/service/jobs/job_store_contract.h"

/// Each condition of a store's statements, one at a time: what would pass if it were left out.
namespace modelport::job_store_contract {
namespace {

using testing::ElementsAre;

const JobError kGone{FailureCode::kInterrupted, "not heard of", {}, {}, 0};

TEST_P(JobStoreContract, RefusesEveryUpdateOfAnEarlierAttemptWhileALaterOneRuns) {
  create(new_job("training"));
  const JobLease first = claim().lease;
  ASSERT_TRUE(store_->advance(first, JobPhase::kUploading, 0.9));
  ASSERT_TRUE(store_->abandon(first, kGone));
  EXPECT_FALSE(find(first.job_id).phase);
  EXPECT_EQ(find(first.job_id).progress, 0);
  const ClaimedJob second = claim();
  ASSERT_TRUE(store_->advance(second.lease, JobPhase::kExporting, 0.25));
  ASSERT_TRUE(store_->record_process(second.lease, {7, 8, "boot"}));
  EXPECT_REFUSED(kConflict, store_->renew(first, kLease));
  EXPECT_REFUSED(kConflict, store_->advance(first, JobPhase::kUploading, 0.9));
  EXPECT_REFUSED(kConflict, store_->describe(first, "other", "none"));
  EXPECT_REFUSED(kConflict, store_->record_process(first, {1, 2, "boot"}));
  EXPECT_REFUSED(kConflict, store_->finish_completed(first, completion("first")));
  EXPECT_REFUSED(kConflict, store_->finish_failed(first, kGone));
  EXPECT_REFUSED(kConflict, store_->finish_cancelled(first));
  EXPECT_REFUSED(kConflict, store_->abandon(first, kGone));
  const Job job = find(second.job.id);
  EXPECT_EQ(job.status, JobStatus::kRunning);
  EXPECT_EQ(job.phase, JobPhase::kExporting);
  EXPECT_EQ(job.attempt, second.lease.token);
  EXPECT_EQ(job.checkpoint_id, "c0ffee");
  EXPECT_EQ(store_->running_attempts()->front().process, (ProcessIdentity{7, 8, "boot"}));
}

TEST_P(JobStoreContract, RefusesWhatAnAttemptLearntOnceItsJobEnded) {
  create(new_job());
  const ClaimedJob claimed = claim();
  ASSERT_TRUE(store_->finish_completed(claimed.lease, completion("key")));
  EXPECT_REFUSED(kConflict, store_->record_process(claimed.lease, {1, 2, "boot"}));
  EXPECT_REFUSED(kConflict, store_->describe(claimed.lease, "other", "none"));
  EXPECT_REFUSED(kConflict, store_->renew(claimed.lease, kLease));
  EXPECT_REFUSED(kConflict, store_->finish_failed(claimed.lease, kGone));
}

TEST_P(JobStoreContract, GivesALeaseOfTheLengthThatWasAskedFor) {
  create(new_job());
  const ClaimedJob claimed = claim();
  EXPECT_TRUE(store_->reclaim_expired(kGone, 10)->empty());
  const auto running = store_->running_attempts();
  ASSERT_TRUE(running);
  const auto left = running->front().lease_expires - *claimed.job.started_at;
  EXPECT_GT(left, kLease - std::chrono::seconds(5));
  EXPECT_LT(left, kLease + std::chrono::seconds(5));
}

TEST_P(JobStoreContract, ReclaimsNoMoreThanAsked) {
  for (int i = 0; i < 3; ++i) {
    create(new_job());
    ASSERT_TRUE(store_->renew(claim().lease, std::chrono::seconds(0)));
  }
  EXPECT_EQ(store_->reclaim_expired(kGone, 2)->size(), 2u);
  EXPECT_EQ(store_->reclaim_expired(kGone, 2)->size(), 1u);
  EXPECT_TRUE(store_->reclaim_expired(kGone, 2)->empty());
}

TEST_P(JobStoreContract, ForgetsAnIdempotencyKeyWithItsJobAlone) {
  NewJob job = new_job();
  job.idempotency_key = "first";
  const Job first = create(job);
  job.idempotency_key = "second";
  const Job second = create(job);
  ASSERT_TRUE(store_->cancel(first.id));
  ASSERT_TRUE(store_->remove(first.id));
  EXPECT_EQ(create(job).id, second.id);
  job.idempotency_key = "first";
  EXPECT_NE(create(job).id, first.id);
  EXPECT_THAT(event_types(second.id), ElementsAre("created"));
}

TEST_P(JobStoreContract, LeavesNothingOfAChangeThatFailsInItsMiddle) {
  NewJob job = new_job("training");
  job.idempotency_key = "key";
  job.max_attempts = 0;
  EXPECT_FALSE(store_->create(job)) << "a job has at least one attempt";
  job.max_attempts = 3;
  const auto created = store_->create(job);
  ASSERT_TRUE(created) << created.error().text();
  EXPECT_EQ(created->outcome, JobCreation::Outcome::kCreated);
  EXPECT_EQ(created->job.version, 1);
}

TEST_P(JobStoreContract, AsksARunningJobToEndOnce) {
  const Job job = create(new_job());
  const Job other = create(new_job());
  const ClaimedJob claimed = claim();
  const ClaimedJob untouched = claim();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_->cancel(job.id));
  EXPECT_THAT(event_types(job.id), ElementsAre("created", "started", "cancel_requested"));
  EXPECT_EQ(*store_->renew(untouched.lease, kLease), LeaseState::kHeld);
  ASSERT_TRUE(store_->finish_cancelled(claimed.lease));
  EXPECT_EQ(find(other.id).status, JobStatus::kRunning);
}

TEST_P(JobStoreContract, ListsByEveryFilter) {
  NewJob odd = new_job("training");
  odd.request.framework = "timm";
  odd.request.export_format = "coreml";
  odd.request.checkpoint_id = "other";
  create(new_job());
  const Job wanted = create(odd);
  const ClaimedJob plain = claim();
  ASSERT_TRUE(store_->finish_completed(plain.lease, completion("plain")));
  Completion done = completion("odd");
  done.task_type = "segmentation";
  ASSERT_TRUE(store_->finish_completed(claim().lease, done));
  struct Row {
    std::string name;
    JobFilter filter;
  };
  std::vector<Row> rows(6);
  rows[0] = {"framework", {.framework = "timm"}};
  rows[1] = {"format", {.export_format = "coreml"}};
  rows[2] = {"task", {.task_type = "segmentation"}};
  rows[3] = {"training", {.training_job_id = "training"}};
  rows[4] = {"checkpoint", {.checkpoint_id = "other"}};
  rows[5] = {"after", {.created_after = plain.job.created_at}};
  for (const Row& row : rows) {
    const auto page = store_->list(row.filter, "", 10);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->jobs.size(), 1u) << row.name;
    EXPECT_EQ(page->jobs.front().id, wanted.id) << row.name;
  }
  const auto before = store_->list({.created_before = wanted.created_at}, "", 10);
  ASSERT_EQ(before->jobs.size(), 1u);
  EXPECT_EQ(before->jobs.front().id, plain.job.id);
}

TEST_P(JobStoreContract, TellsEventsFromWhereAReaderIs) {
  const Job first = create(new_job());
  const Job second = create(new_job());
  ASSERT_TRUE(store_->cancel(first.id));
  const auto all = store_->events("", 0, 100);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_LT(all->at(0).id, all->at(1).id);
  EXPECT_LT(all->at(1).id, all->at(2).id);
  EXPECT_EQ(store_->events("", all->at(0).id, 100)->size(), 2u);
  EXPECT_EQ(store_->events("", 0, 2)->size(), 2u);
  const auto later = store_->events(first.id, all->at(0).id, 100);
  ASSERT_EQ(later->size(), 1u);
  EXPECT_EQ(later->front().type, "cancelled");
  EXPECT_EQ(store_->events(second.id, 0, 100)->size(), 1u);
  EXPECT_EQ(store_->events(first.id, 0, 1)->front().type, "created");
}

TEST_P(JobStoreContract, FindsTheNewestOfEqualExports) {
  const Job first = complete(new_job());
  create(new_job());
  const ClaimedJob second = claim();
  Completion equal = completion(second.job.id);
  equal.cache_key = "cache of " + first.id;
  ASSERT_TRUE(store_->finish_completed(second.lease, equal));
  EXPECT_EQ((*store_->find_cached(equal.cache_key))->id, second.job.id);
}

TEST_P(JobStoreContract, ForgetsOneDoomedArtifactAtATime) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_->remove(complete(new_job()).id));
  const auto pending = store_->artifacts_pending_deletion(10);
  ASSERT_EQ(pending->size(), 2u);
  EXPECT_EQ(store_->artifacts_pending_deletion(1)->size(), 1u);
  ASSERT_TRUE(store_->clear_deletion_mark(pending->front()));
  EXPECT_THAT(*store_->artifacts_pending_deletion(10), ElementsAre(pending->back()));
}

TEST_P(JobStoreContract, DoomsWhatIsStoredUntilAJobCompletesWithIt) {
  create(new_job());
  const ClaimedJob claimed = claim();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_->mark_for_deletion("wanted"));
  ASSERT_TRUE(store_->mark_for_deletion("never completed"));
  EXPECT_EQ(store_->artifacts_pending_deletion(10)->size(), 2u);
  ASSERT_TRUE(store_->finish_completed(claimed.lease, completion("wanted")));
  EXPECT_THAT(*store_->artifacts_pending_deletion(10), ElementsAre("never completed"));
  ASSERT_TRUE(store_->mark_for_deletion("wanted"));
  ASSERT_TRUE(store_->remove(claimed.job.id)) << "it may be marked for deletion already";
  EXPECT_EQ(store_->artifacts_pending_deletion(10)->size(), 2u);
}

TEST_P(JobStoreContract, UsesTheCheckpointThatAnAttemptFound) {
  create(new_job());
  const ClaimedJob claimed = claim();
  ASSERT_TRUE(store_->describe(claimed.lease, "digest", "none"));
  EXPECT_TRUE(*store_->uses_checkpoint("digest"));
  EXPECT_FALSE(*store_->uses_checkpoint("c0ffee"));
}

TEST_P(JobStoreContract, ClearsMarksOfOneFrameworkAlone) {
  for (const char* framework : {"timm", "ultralytics"})
    ASSERT_TRUE(store_->override_availability({framework, "coreml", "no converter", clock_.now(), "job", "v1"}));
  ASSERT_TRUE(store_->clear_availability_overrides("timm", "onnx"));
  EXPECT_EQ(store_->availability_overrides()->size(), 2u);
  ASSERT_TRUE(store_->clear_availability_overrides("timm", ""));
  const auto marks = store_->availability_overrides();
  ASSERT_EQ(marks->size(), 1u);
  EXPECT_EQ(marks->front().framework, "ultralytics");
}

TEST_P(JobStoreContract, PassesADefaultOnToTheFirstThatCompletedAndToNoOther) {
  const Job foreign = complete(new_job("b"));
  create(new_job("a"));
  ASSERT_TRUE(store_->finish_failed(claim().lease, kGone));
  // Accepted first, completed last.
  create(new_job("a"));
  const ClaimedJob late = claim();
  const Job chosen = complete(new_job("a"));
  const Job heir = complete(new_job("a"));
  ASSERT_TRUE(store_->finish_completed(late.lease, completion("late")));
  ASSERT_TRUE(find(chosen.id).is_default);
  ASSERT_TRUE(store_->remove(chosen.id));
  EXPECT_TRUE(find(heir.id).is_default);
  EXPECT_FALSE(find(late.job.id).is_default);
  EXPECT_TRUE(find(foreign.id).is_default);
}

TEST_P(JobStoreContract, TellsWhatIsOldOldestFirst) {
  std::vector<ClaimedJob> claimed;
  for (int i = 0; i < 3; ++i) {
    create(new_job());
    claimed.push_back(claim());
  }
  for (const size_t i : {2u, 0u, 1u})
    ASSERT_TRUE(store_->finish_completed(claimed[i].lease, completion(claimed[i].job.id)));
  create(new_job());
  ASSERT_TRUE(store_->finish_failed(claim().lease, kGone));
  for (const auto& old : {store_->expired(std::chrono::hours(0), 2), store_->oldest_results(2)}) {
    ASSERT_TRUE(old);
    ASSERT_EQ(old->size(), 2u);
    EXPECT_EQ(old->at(0).id, claimed[2].job.id);
    EXPECT_EQ(old->at(1).id, claimed[0].job.id);
  }
  EXPECT_EQ(store_->expired(std::chrono::hours(0), 10)->size(), 4u);
}

TEST_P(JobStoreContract, TellsOldResultsAndNothingElse) {
  const Job chosen = complete(new_job("a"));
  create(new_job());
  ASSERT_TRUE(store_->finish_failed(claim().lease, kGone));
  const Job result = complete(new_job("a"));
  create(new_job());
  const auto results = store_->oldest_results(10);
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), 1u);
  EXPECT_EQ(results->front().id, result.id);
  EXPECT_TRUE(results->front().artifact);
}

}  // namespace
}  // namespace modelport::job_store_contract

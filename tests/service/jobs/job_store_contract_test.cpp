#include <condition_variable>
#include <set>
#include <thread>

#include "tests/service/jobs/job_store_contract.h"

/// What every JobStore does, whatever it is made of.
namespace modelport::job_store_contract {
namespace {

using testing::ElementsAre;
using Outcome = JobCreation::Outcome;

TEST_P(JobStoreContract, KeepsAnAcceptedJobOverAnotherStart) {
  NewJob job = new_job("training-7");
  job.request.version_tag = "best";
  job.request.webhook_url = "https://example.org/hook";
  const Job created = create(job);
  reopen();
  const Job read = find(created.id);
  EXPECT_EQ(read.status, JobStatus::kPending);
  EXPECT_EQ(read.request.export_config, job.request.export_config);
  EXPECT_EQ(read.request.version_tag, "best");
  EXPECT_EQ(read.request.webhook_url, "https://example.org/hook");
  EXPECT_EQ(read.checkpoint_id, "c0ffee");
  EXPECT_EQ(read.created_at, created.created_at);
  EXPECT_EQ(read.version, 1);
  EXPECT_FALSE(read.phase);
  EXPECT_FALSE(read.validation_passed);
}

TEST_P(JobStoreContract, GivesTheSameJobForTheSameIdempotencyKey) {
  NewJob job = new_job();
  job.idempotency_key = "key";
  const Job first = create(job);
  auto again = store_->create(job);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcome, Outcome::kReplayed);
  EXPECT_EQ(again->job.id, first.id);
  job.request.export_format = "openvino";
  auto other = store_->create(job);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->outcome, Outcome::kKeyReused);
  EXPECT_EQ(other->job.id, first.id);
}

TEST_P(JobStoreContract, TellsWhatAnIdempotencyKeyWasUsedFor) {
  NewJob job = new_job();
  EXPECT_FALSE(*store_->find_creation(job)) << "without a key every request is new";
  job.idempotency_key = "key";
  EXPECT_FALSE(*store_->find_creation(job));
  const Job first = store_->create(job)->job;
  const auto same = *store_->find_creation(job);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->job.id, first.id);
  EXPECT_EQ(same->outcome, JobCreation::Outcome::kReplayed);
  job.request.export_format = "openvino";
  EXPECT_EQ((*store_->find_creation(job))->outcome, JobCreation::Outcome::kKeyReused);
  ASSERT_TRUE(store_->cancel(first.id));
  ASSERT_TRUE(store_->remove(first.id));
  EXPECT_FALSE(*store_->find_creation(job));
}

TEST_P(JobStoreContract, MakesOneJobOfAnIdempotencyKeyThatManySendAtOnce) {
  NewJob job = new_job("training");
  job.idempotency_key = "key";
  std::mutex mutex;
  std::set<std::string> ids;
  int created = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      const auto creation = store_->create(job);
      ASSERT_TRUE(creation) << creation.error().text();
      const std::lock_guard lock(mutex);
      ids.insert(creation->job.id);
      created += creation->outcome == Outcome::kCreated;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(created, 1);
  EXPECT_EQ(store_->counts()->by_status[static_cast<size_t>(JobStatus::kPending)], 1);
  EXPECT_EQ(create(new_job("training", "other")).version, 2) << "a request that made no job took no version";
}

TEST_P(JobStoreContract, HasOneDefaultWhateverEndsAtTheSameTime) {
  constexpr int kJobs = 12;
  std::vector<ClaimedJob> claimed;
  for (int i = 0; i < kJobs; ++i) {
    NewJob job = new_job("a");
    job.request.set_as_default = i % 2 == 0;
    create(job);
    claimed.push_back(claim());
  }
  std::vector<std::thread> attempts;
  for (int i = 0; i < 4; ++i) {
    attempts.emplace_back([&, i] {
      for (int k = i; k < kJobs; k += 4) {
        const Status done = store_->finish_completed(claimed[k].lease, completion(claimed[k].job.id));
        EXPECT_TRUE(done) << done.error().text();
        if (k % 3 == 2) continue;
        const auto changed = k % 3 == 0 ? store_->set_default(claimed[k].job.id) : store_->remove(claimed[k].job.id);
        EXPECT_TRUE(changed) << changed.error().text();
      }
    });
  }
  for (std::thread& attempt : attempts) attempt.join();
  int defaults = 0;
  auto page = store_->list({}, "", 200);
  ASSERT_TRUE(page);
  for (const Job& job : page->jobs) defaults += job.is_default;
  EXPECT_EQ(defaults, 1);
  EXPECT_EQ(store_->counts()->by_status[static_cast<size_t>(JobStatus::kCompleted)],
            static_cast<int64_t>(page->jobs.size()));
}

TEST_P(JobStoreContract, RunsAJobToItsResult) {
  const Job created = create(new_job("training"));
  const ClaimedJob claimed = claim();
  EXPECT_EQ(claimed.job.id, created.id);
  EXPECT_EQ(claimed.lease.token, 1);
  EXPECT_EQ(claimed.job.status, JobStatus::kRunning);
  ASSERT_TRUE(store_->advance(claimed.lease, JobPhase::kExporting, 0.25));
  ASSERT_TRUE(store_->describe(claimed.lease, "digest", "bubblewrap"));
  ASSERT_TRUE(store_->record_process(claimed.lease, {42, 4711, "boot"}));
  EXPECT_EQ(find(created.id).phase, JobPhase::kExporting);
  EXPECT_EQ(find(created.id).progress, 0.25);
  auto running = store_->running_attempts();
  ASSERT_TRUE(running);
  ASSERT_EQ(running->size(), 1u);
  EXPECT_EQ(running->front().process, (ProcessIdentity{42, 4711, "boot"}));
  EXPECT_EQ(running->front().worker, "worker");

  ASSERT_TRUE(store_->finish_completed(claimed.lease, completion("key")));
  const Job done = find(created.id);
  EXPECT_EQ(done.status, JobStatus::kCompleted);
  EXPECT_EQ(done.artifact->key, "key");
  EXPECT_EQ(done.artifact->bytes, 123);
  EXPECT_EQ(done.export_results, completion("key").metadata);
  EXPECT_EQ(done.model_name, "yolo11n");
  EXPECT_EQ(done.proof, "runtime");
  EXPECT_EQ(done.sandbox, "bubblewrap");
  EXPECT_EQ(done.checkpoint_id, "digest");
  EXPECT_EQ(done.validation_passed, true);
  EXPECT_TRUE(done.is_default);
  EXPECT_TRUE(done.completed_at);
  EXPECT_THAT(event_types(created.id), ElementsAre("created", "started", "phase", "completed", "default"));
  EXPECT_TRUE(store_->running_attempts()->empty());
}

TEST_P(JobStoreContract, NeverChangesAJobThatEnded) {
  const Job created = create(new_job("training"));
  const ClaimedJob claimed = claim();
  ASSERT_TRUE(
      store_->finish_failed(claimed.lease, {FailureCode::kExportFailed, "no such layer", JobPhase::kExporting, 1, 0}));
  const Job failed = find(created.id);
  EXPECT_EQ(failed.error->code, FailureCode::kExportFailed);
  EXPECT_EQ(failed.error->message, "no such layer");
  EXPECT_EQ(failed.error->exit_code, 1);
  EXPECT_REFUSED(kConflict, store_->finish_completed(claimed.lease, completion("late")));
  EXPECT_REFUSED(kConflict, store_->finish_cancelled(claimed.lease));
  EXPECT_REFUSED(kConflict, store_->abandon(claimed.lease, *failed.error));
  EXPECT_REFUSED(kConflict, store_->advance(claimed.lease, JobPhase::kUploading, 1));
  EXPECT_REFUSED(kConflict, store_->describe(claimed.lease, "x", "y"));
  EXPECT_REFUSED(kConflict, store_->renew(claimed.lease, kLease));
  EXPECT_REFUSED(kConflict, store_->cancel(created.id));
  EXPECT_REFUSED(kConflict, store_->set_default(created.id));
  EXPECT_EQ(find(created.id).status, JobStatus::kFailed);
}

TEST_P(JobStoreContract, RefusesAnEarlierAttempt) {
  const Job created = create(new_job());
  const ClaimedJob first = claim();
  ASSERT_TRUE(store_->abandon(first.lease, {FailureCode::kInterrupted, "gone", {}, {}, 0}));
  EXPECT_EQ(find(created.id).status, JobStatus::kPending);
  const ClaimedJob second = claim();
  EXPECT_EQ(second.lease.token, 2);
  EXPECT_REFUSED(kConflict, store_->finish_completed(first.lease, completion("first")));
  EXPECT_REFUSED(kConflict, store_->record_process(first.lease, {}));
  ASSERT_TRUE(store_->finish_completed(second.lease, completion("second")));
  EXPECT_EQ(find(created.id).artifact->key, "second");
}

TEST_P(JobStoreContract, TakesAJobAwayOnlyWhenItsLeaseRanOut) {
  const Job created = create(new_job());
  const JobError gone{FailureCode::kInterrupted, "not heard of", {}, {}, 0};
  auto claimed = store_->claim("worker", kFrameworks, std::chrono::seconds(0));
  ASSERT_TRUE(claimed && *claimed);
  const JobLease first = (*claimed)->lease;
  ASSERT_TRUE(store_->renew(first, kLease));
  EXPECT_TRUE(store_->reclaim_expired(gone, 10)->empty());
  ASSERT_TRUE(store_->renew(first, std::chrono::seconds(0)));
  ASSERT_TRUE(store_->advance(first, JobPhase::kExporting, 0.5)) << "nobody took it away yet";
  const auto reclaimed = store_->reclaim_expired(gone, 10);
  ASSERT_TRUE(reclaimed);
  ASSERT_EQ(reclaimed->size(), 1u);
  EXPECT_EQ(reclaimed->front().job_id, created.id);
  EXPECT_EQ(reclaimed->front().token, first.token);
  EXPECT_EQ(find(created.id).status, JobStatus::kPending);
  EXPECT_REFUSED(kConflict, store_->renew(first, kLease));
  EXPECT_REFUSED(kConflict, store_->finish_completed(first, completion("late")));
  const ClaimedJob second = claim();
  EXPECT_EQ(second.lease.token, first.token + 1);
  EXPECT_REFUSED(kConflict, store_->advance(first, JobPhase::kUploading, 0.9));
  EXPECT_REFUSED(kConflict, store_->finish_failed(first, gone));
  ASSERT_TRUE(store_->finish_completed(second.lease, completion("second")));
  EXPECT_THAT(event_types(created.id), ElementsAre("created", "started", "phase", "requeued", "started", "completed"));
}

TEST_P(JobStoreContract, FailsAJobWhoseLastAttemptIsAbandoned) {
  NewJob job = new_job();
  job.max_attempts = 2;
  const Job created = create(job);
  const JobError interrupted{FailureCode::kInterrupted, "the service ended", {}, {}, 0};
  ASSERT_TRUE(store_->abandon(claim().lease, interrupted));
  ASSERT_TRUE(store_->abandon(claim().lease, interrupted));
  EXPECT_EQ(find(created.id).status, JobStatus::kFailed);
  EXPECT_EQ(find(created.id).error->code, FailureCode::kInterrupted);
  EXPECT_THAT(event_types(created.id), ElementsAre("created", "started", "requeued", "started", "failed"));
}

TEST_P(JobStoreContract, CancelsPendingAtOnceAndRunningByAsking) {
  const Job pending = create(new_job());
  ASSERT_TRUE(store_->cancel(pending.id));
  EXPECT_EQ(find(pending.id).status, JobStatus::kCancelled);
  EXPECT_FALSE(*store_->claim("worker", kFrameworks, kLease));

  const Job running = create(new_job());
  const ClaimedJob claimed = claim();
  EXPECT_EQ(*store_->renew(claimed.lease, kLease), LeaseState::kHeld);
  ASSERT_TRUE(store_->cancel(running.id));
  EXPECT_EQ(find(running.id).status, JobStatus::kRunning);
  EXPECT_EQ(*store_->renew(claimed.lease, kLease), LeaseState::kCancelRequested);
  ASSERT_TRUE(store_->finish_cancelled(claimed.lease));
  EXPECT_EQ(find(running.id).status, JobStatus::kCancelled);

  create(new_job());
  const ClaimedJob crashed = claim();
  ASSERT_TRUE(store_->cancel(crashed.job.id));
  ASSERT_TRUE(store_->abandon(crashed.lease, {FailureCode::kInterrupted, "gone", {}, {}, 0}));
  EXPECT_EQ(find(crashed.job.id).status, JobStatus::kCancelled);
}

TEST_P(JobStoreContract, GivesEveryCheckpointOfATrainingItsVersionAndNeverAnothers) {
  EXPECT_EQ(create(new_job("a", "one")).version, 1);
  EXPECT_EQ(create(new_job("b", "one")).version, 1);
  const Job second = create(new_job("a", "two"));
  EXPECT_EQ(second.version, 2);
  NewJob other_format = new_job("a", "one");
  other_format.request.export_format = "openvino";
  EXPECT_EQ(create(other_format).version, 1);
  ASSERT_TRUE(store_->cancel(second.id));
  ASSERT_TRUE(store_->remove(second.id));
  EXPECT_EQ(create(new_job("a", "three")).version, 3);
  EXPECT_EQ(create(new_job("a", "two")).version, 2);
  EXPECT_EQ(create(new_job()).version, 0);
}

TEST_P(JobStoreContract, GivesAPathTheVersionOfWhatItHolds) {
  const auto describe_next = [&](const std::string& content) {
    const ClaimedJob claimed = claim();
    EXPECT_TRUE(store_->describe(claimed.lease, content, "process"));
    EXPECT_TRUE(store_->finish_completed(claimed.lease, completion(claimed.job.id)));
    return find(claimed.job.id).version;
  };
  const auto of_path = [&] {
    NewJob job = new_job("a", "");
    job.request.checkpoint_path = "/runs/last.pt";
    return job;
  };
  EXPECT_EQ(create(new_job("a", "uploaded")).version, 1);
  describe_next("uploaded");
  EXPECT_EQ(create(of_path()).version, 2);
  EXPECT_EQ(describe_next("monday"), 2);
  create(of_path());
  EXPECT_EQ(describe_next("monday"), 2);
  create(of_path());
  EXPECT_EQ(describe_next("tuesday"), 3) << "another content is another version";
  EXPECT_EQ(create(of_path()).version, 3);
  EXPECT_EQ(describe_next("uploaded"), 1) << "it was uploaded before";
  create(of_path());
  EXPECT_EQ(describe_next("tuesday"), 3);
}

TEST_P(JobStoreContract, HasOneDefaultPerTrainingAndFormat) {
  const Job first = complete(new_job("a", "one"));
  const Job second = complete(new_job("a", "two"));
  NewJob elsewhere = new_job("a", "one");
  elsewhere.request.export_format = "openvino";
  const Job other_format = complete(elsewhere);
  EXPECT_TRUE(find(first.id).is_default);
  EXPECT_TRUE(other_format.is_default);
  EXPECT_FALSE(second.is_default);
  ASSERT_TRUE(store_->set_default(second.id));
  EXPECT_FALSE(find(first.id).is_default);
  EXPECT_TRUE(find(second.id).is_default);
  NewJob wanted = new_job("a", "three");
  wanted.request.set_as_default = true;
  const Job third = complete(wanted);
  EXPECT_TRUE(third.is_default);
  EXPECT_FALSE(find(second.id).is_default);
  EXPECT_EQ(store_->find_default("a", "onnx")->id, third.id);
  EXPECT_EQ(store_->find_version("a", 2, "onnx")->id, second.id);
  EXPECT_REFUSED(kNotFound, store_->find_version("a", 3, "openvino"));
  EXPECT_REFUSED(kNotFound, store_->find_default("a", "coreml"));
  EXPECT_REFUSED(kNotFound, store_->find_version("", 0, "onnx"));
  ASSERT_TRUE(store_->remove(third.id));
  EXPECT_TRUE(find(first.id).is_default) << "the first completed export takes over";
  EXPECT_TRUE(find(other_format.id).is_default);
  EXPECT_REFUSED(kConflict, store_->set_default(complete(new_job()).id));
}

TEST_P(JobStoreContract, LetsADefaultOnlyMoveForward) {
  const auto wanted = [](const std::string& checkpoint) {
    NewJob job = new_job("a", checkpoint);
    job.request.set_as_default = true;
    return job;
  };
  create(wanted("one"));
  const ClaimedJob slow = claim();
  const Job second = complete(wanted("two"));
  ASSERT_TRUE(store_->finish_completed(slow.lease, completion("slow")));
  EXPECT_TRUE(find(second.id).is_default) << "a slow version 1 does not take it back";
  create(wanted("three"));
  const ClaimedJob third = claim();
  ASSERT_TRUE(store_->set_default(slow.job.id));
  ASSERT_TRUE(store_->finish_completed(third.lease, completion("third")));
  EXPECT_TRUE(find(slow.job.id).is_default) << "a person chose it after version 3 was asked for";
  EXPECT_TRUE(complete(wanted("four")).is_default) << "which was asked for after that choice";
}

TEST_P(JobStoreContract, CountsRestartsApartFromAttempts) {
  NewJob job = new_job();
  job.max_attempts = 2;
  const Job created = create(job);
  const JobError gone{FailureCode::kInterrupted, "the service ended", {}, {}, 0};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->abandon(claim().lease, gone, AbandonedBy::kRestart));
  const JobError full{FailureCode::kStorageFailed, "no room", {}, {}, 0};
  ASSERT_TRUE(store_->abandon(claim().lease, full));
  EXPECT_EQ(find(created.id).status, JobStatus::kPending);
  EXPECT_EQ(find(created.id).interruptions, 5);
  ASSERT_TRUE(store_->abandon(claim().lease, full));
  EXPECT_EQ(find(created.id).status, JobStatus::kFailed);

  const Job unlucky = create(job);
  for (int i = 0; i <= kMostInterruptions; ++i) {
    EXPECT_EQ(find(unlucky.id).status, JobStatus::kPending);
    ASSERT_TRUE(store_->abandon(claim().lease, gone, AbandonedBy::kRestart));
  }
  EXPECT_EQ(find(unlucky.id).status, JobStatus::kFailed) << "an export that ends every service is given up";
}

TEST_P(JobStoreContract, KnowsWhichFormatsATrainerEverWrote) {
  EXPECT_FALSE(*store_->has_completed("ultralytics", "onnx", "v1"));
  create(new_job());
  Completion done = completion("key");
  done.trainer = "v1";
  const ClaimedJob claimed = claim();
  ASSERT_TRUE(store_->finish_completed(claimed.lease, done));
  ASSERT_TRUE(store_->remove(claimed.job.id));
  EXPECT_TRUE(*store_->has_completed("ultralytics", "onnx", "v1"));
  EXPECT_FALSE(*store_->has_completed("ultralytics", "onnx", "v2"));
  EXPECT_FALSE(*store_->has_completed("ultralytics", "openvino", "v1"));
}

TEST_P(JobStoreContract, RemovesOnlyWhatEnded) {
  const Job pending = create(new_job());
  EXPECT_REFUSED(kConflict, store_->remove(pending.id));
  const ClaimedJob claimed = claim();
  EXPECT_REFUSED(kConflict, store_->remove(pending.id));
  ASSERT_TRUE(store_->finish_completed(claimed.lease, completion("key")));
  EXPECT_TRUE(*store_->refers_to("key"));
  EXPECT_TRUE(*store_->uses_checkpoint("c0ffee"));
  auto removed = store_->remove(pending.id);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->artifact->key, "key");
  EXPECT_REFUSED(kNotFound, store_->find(pending.id));
  EXPECT_FALSE(*store_->refers_to("key"));
  EXPECT_FALSE(*store_->uses_checkpoint("c0ffee"));
  EXPECT_TRUE(store_->events(pending.id, 0, 10)->empty());
}

TEST_P(JobStoreContract, GivesAStoredArtifactAgainOnlyWhileAJobPointsAtIt) {
  const Job first = complete(new_job());
  auto cached = store_->find_cached("cache of " + first.id);
  ASSERT_TRUE(cached && *cached);
  EXPECT_EQ((*cached)->id, first.id);
  EXPECT_FALSE(*store_->find_cached("something else"));

  create(new_job());
  const ClaimedJob second = claim();
  Completion again = completion(first.id);
  again.from_cache = true;
  ASSERT_TRUE(store_->remove(first.id));
  EXPECT_REFUSED(kNotFound, store_->finish_completed(second.lease, again));
  EXPECT_EQ(find(second.job.id).status, JobStatus::kRunning);
}

TEST_P(JobStoreContract, DoomsAnArtifactWithItsLastJob) {
  const Job first = complete(new_job());
  create(new_job());
  const ClaimedJob second = claim();
  Completion again = completion(first.id);
  again.from_cache = true;
  ASSERT_TRUE(store_->finish_completed(second.lease, again));
  EXPECT_EQ(*store_->artifact_bytes(), 123) << "counted once";
  ASSERT_TRUE(store_->remove(first.id));
  EXPECT_TRUE(store_->artifacts_pending_deletion(10)->empty());
  ASSERT_TRUE(store_->remove(second.job.id));
  EXPECT_THAT(*store_->artifacts_pending_deletion(10), ElementsAre(first.id));
  EXPECT_EQ(*store_->artifact_bytes(), 0);
  ASSERT_TRUE(store_->clear_deletion_mark(first.id));
  EXPECT_TRUE(store_->artifacts_pending_deletion(10)->empty());
}

TEST_P(JobStoreContract, ClaimsOldestFirstOfItsFrameworks) {
  NewJob timm = new_job();
  timm.request.framework = "timm";
  NewJob foreign = new_job();
  foreign.request.framework = "huggingface";
  create(foreign);
  const Job first = create(timm);
  const Job second = create(new_job());
  EXPECT_EQ(claim().job.id, first.id);
  EXPECT_EQ(claim().job.id, second.id);
  EXPECT_FALSE(*store_->claim("worker", kFrameworks, kLease));
  EXPECT_EQ(store_->counts()->by_status[static_cast<size_t>(JobStatus::kPending)], 1);
  EXPECT_EQ(store_->counts()->by_status[static_cast<size_t>(JobStatus::kRunning)], 2);
}

TEST_P(JobStoreContract, GivesEachJobToOneWorker) {
  constexpr int kJobs = 60;
  for (int i = 0; i < kJobs; ++i) create(new_job());
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&, i] {
      while (true) {
        auto job = store_->claim(fmt::format("worker {}", i), kFrameworks, kLease);
        if (!job || !*job) return;
        const std::lock_guard lock(mutex);
        claimed.insert((*job)->job.id);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(claimed.size(), size_t{kJobs});
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), size_t{kJobs});
}

// metadata.json may have 16 MB: 200 of them are not held in memory for one page.
TEST_P(JobStoreContract, EndsAPageBeforeItIsTooLarge) {
  std::vector<std::string> ids, listed;
  for (int i = 0; i < 5; ++i) {
    const Job job = create(new_job());
    const auto claimed = store_->claim("worker", kFrameworks, kLease);
    ASSERT_TRUE(claimed && *claimed);
    Completion done = completion(job.id);
    if (i < 4) done.metadata["extra_metadata"] = {{"text", std::string(3'000'000, 'x')}};
    ASSERT_TRUE(store_->finish_completed((*claimed)->lease, done));
    ids.insert(ids.begin(), job.id);
  }
  std::vector<size_t> sizes;
  for (std::string cursor;;) {
    const auto page = store_->list({}, cursor, 200);
    ASSERT_TRUE(page);
    sizes.push_back(page->jobs.size());
    for (const Job& job : page->jobs) listed.push_back(job.id);
    cursor = page->next_cursor;
    if (cursor.empty()) break;
  }
  EXPECT_THAT(sizes, ElementsAre(3, 2));
  EXPECT_EQ(listed, ids);
}

TEST_P(JobStoreContract, ListsInPagesThatNewJobsDoNotShift) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(create(new_job(i % 2 == 0 ? "even" : "odd")).id);
  auto page = store_->list({}, "", 2);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->jobs[0].id, ids[4]);
  create(new_job());
  std::vector<std::string> rest;
  while (!page->next_cursor.empty()) {
    page = store_->list({}, page->next_cursor, 2);
    ASSERT_TRUE(page);
    for (const Job& job : page->jobs) rest.push_back(job.id);
  }
  EXPECT_THAT(rest, ElementsAre(ids[2], ids[1], ids[0]));

  const auto ids_of = [&](const JobFilter& filter) {
    std::vector<std::string> found;
    auto listed = store_->list(filter, "", 200);
    EXPECT_TRUE(listed);
    for (const Job& job : listed->jobs) found.push_back(job.id);
    return found;
  };
  JobFilter odd;
  odd.training_job_id = "odd";
  EXPECT_THAT(ids_of(odd), ElementsAre(ids[3], ids[1]));
  odd.created_after = find(ids[1]).created_at;
  EXPECT_THAT(ids_of(odd), ElementsAre(ids[3]));
  JobFilter cancelled;
  cancelled.status = JobStatus::kCancelled;
  EXPECT_TRUE(ids_of(cancelled).empty());
  ASSERT_TRUE(store_->cancel(ids[0]));
  EXPECT_THAT(ids_of(cancelled), ElementsAre(ids[0]));
  EXPECT_REFUSED(kInvalidArgument, store_->list({}, "nonsense", 2));
  EXPECT_REFUSED(kInvalidArgument, store_->list({}, "", 0));
}

TEST_P(JobStoreContract, TellsWhatIsOldButNoDefault) {
  const Job chosen = complete(new_job("a"));
  const Job old = complete(new_job("a"));
  create(new_job());
  auto expired = store_->expired(std::chrono::hours(0), 10);
  ASSERT_TRUE(expired);
  ASSERT_EQ(expired->size(), 1u);
  EXPECT_EQ(expired->front().id, old.id);
  EXPECT_TRUE(store_->expired(std::chrono::hours(1), 10)->empty());
}

TEST_P(JobStoreContract, KeepsMarksOfUnavailableFormats) {
  ASSERT_TRUE(store_->override_availability({"timm", "coreml", "no converter", clock_.now(), "job", "v1"}));
  ASSERT_TRUE(store_->override_availability({"timm", "tflite", "no such", clock_.now(), "job", "v1"}));
  ASSERT_TRUE(store_->override_availability({"timm", "coreml", "still none", clock_.now(), "job 2", "v2"}));
  auto marks = store_->availability_overrides();
  ASSERT_TRUE(marks);
  ASSERT_EQ(marks->size(), 2u);
  EXPECT_EQ(marks->front().reason, "still none");
  EXPECT_EQ(marks->front().job_id, "job 2");
  EXPECT_EQ(marks->front().trainer, "v2");
  EXPECT_GT(marks->front().since, marks->back().since);
  ASSERT_TRUE(store_->clear_availability_overrides("timm", "coreml"));
  EXPECT_EQ(store_->availability_overrides()->size(), 1u);
  ASSERT_TRUE(store_->clear_availability_overrides("timm", ""));
  EXPECT_TRUE(store_->availability_overrides()->empty());
}

TEST_P(JobStoreContract, SharesKeysToSignWith) {
  constexpr std::chrono::hours kAge(1);
  const auto first = store_->signing_keys(kAge);
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(first->front().id.size(), 16u);
  EXPECT_EQ(first->front().secret.size(), 64u);
  reopen();
  EXPECT_EQ(store_->signing_keys(kAge)->front().secret, first->front().secret);
  // Of no age at all: another one comes before it, and after that it is forgotten.
  clock_.advance(std::chrono::seconds(1));
  const auto second = store_->signing_keys(std::chrono::seconds(0));
  ASSERT_TRUE(second);
  EXPECT_NE(second->front().id, first->front().id);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(store_->signing_keys(std::chrono::seconds(0))->size(), 1u);
}

TEST_P(JobStoreContract, KeepsAKeyThatSignsNoMoreForAsLongAgain) {
  const auto first = store_->signing_keys(std::chrono::hours(1));
  ASSERT_TRUE(first);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  clock_.advance(std::chrono::milliseconds(1100));
  const auto second = store_->signing_keys(std::chrono::seconds(1));
  ASSERT_TRUE(second);
  ASSERT_EQ(second->size(), 2u);
  EXPECT_EQ(second->back().id, first->front().id);
}

TEST_P(JobStoreContract, MakesOneKeyForAllThatAskAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> ids(8);
  for (std::string& id : ids)
    threads.emplace_back([&] { id = store_->signing_keys(std::chrono::hours(1))->front().id; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(ids, testing::Each(ids.front()));
}

TEST_P(JobStoreContract, TellsHowLongTheOldestHasWaited) {
  EXPECT_EQ(*store_->longest_wait(), std::nullopt);
  create(new_job());
  clock_.advance(std::chrono::seconds(2));
  create(new_job());
  const auto wait = store_->longest_wait();
  ASSERT_TRUE(wait && *wait);
  EXPECT_GE(**wait, std::chrono::microseconds(0));
  if (GetParam().name == "sqlite") {
    EXPECT_NEAR(static_cast<double>((*wait)->count()), 2e6, 1e3);
  }
  claim();
  EXPECT_LT(**store_->longest_wait(), std::chrono::seconds(1));
  claim();
  EXPECT_EQ(*store_->longest_wait(), std::nullopt);
}

TEST_P(JobStoreContract, WakesFollowersAfterTheChange) {
  std::mutex mutex;
  std::condition_variable woken;
  std::set<JobStatus> seen;
  const auto subscription = store_->changes().subscribe("", [&](std::string_view id) {
    if (id.empty()) return;
    const JobStatus status = find(std::string(id)).status;
    const std::lock_guard lock(mutex);
    seen.insert(status);
    woken.notify_all();
  });
  const auto has_seen = [&](JobStatus status) {
    std::unique_lock lock(mutex);
    return woken.wait_for(lock, std::chrono::minutes(1), [&] { return seen.contains(status); });
  };
  create(new_job());
  EXPECT_TRUE(has_seen(JobStatus::kPending));
  const ClaimedJob claimed = claim();
  EXPECT_TRUE(has_seen(JobStatus::kRunning));
  {
    const std::lock_guard lock(mutex);
    seen.clear();
  }
  ASSERT_TRUE(store_->advance(claimed.lease, JobPhase::kStarting, 0.01));
  EXPECT_TRUE(has_seen(JobStatus::kRunning)) << "progress within a phase is told of";
  ASSERT_TRUE(store_->finish_cancelled(claimed.lease));
  EXPECT_TRUE(has_seen(JobStatus::kCancelled));
}

INSTANTIATE_TEST_SUITE_P(Stores, JobStoreContract, testing::ValuesIn(job_store_rows()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace modelport::job_store_contract

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/service/jobs/job_store_rows.h"

/// The fixture of what every JobStore does, whatever it is made of.
namespace modelport::job_store_contract {

inline NewJob new_job(const std::string& training = "", const std::string& checkpoint = "c0ffee") {
  NewJob job;
  job.request.framework = "ultralytics";
  job.request.export_format = "onnx";
  job.request.checkpoint_id = checkpoint;
  job.request.export_config = {{"opset_version", 17}};
  job.request.training_job_id = training;
  return job;
}

inline Completion completion(const std::string& key) {
  Completion done;
  done.artifact = {key, "abc", 123};
  done.metadata = {{"framework", "ultralytics"}, {"class_names", {"a", "b"}}};
  done.task_type = "detection";
  done.model_name = "yolo11n";
  done.proof = "runtime";
  done.cache_key = "cache of " + key;
  return done;
}

inline const std::vector<std::string> kFrameworks = {"timm", "ultralytics"};
inline constexpr std::chrono::seconds kLease(30);

class JobStoreContract : public testing::TestWithParam<JobStoreRow> {
 protected:
  void SetUp() override {
    if (const std::string missing = GetParam().missing(); !missing.empty()) GTEST_SKIP() << missing;
    reopen();
  }
  void reopen() {
    store_.reset();
    auto opened = GetParam().open(scratch_, clock_);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  Job create(const NewJob& job) {
    auto created = store_->create(job);
    EXPECT_TRUE(created) << created.error().text();
    return created->job;
  }
  ClaimedJob claim() {
    auto claimed = store_->claim("worker", kFrameworks, kLease);
    EXPECT_TRUE(claimed) << claimed.error().text();
    EXPECT_TRUE(*claimed);
    return **claimed;
  }
  Job complete(const NewJob& job) {
    const Job created = create(job);
    const ClaimedJob claimed = claim();
    EXPECT_EQ(claimed.job.id, created.id);
    const Status done = store_->finish_completed(claimed.lease, completion(created.id));
    EXPECT_TRUE(done) << done.error().text();
    return find(created.id);
  }
  Job find(const std::string& id) {
    auto job = store_->find(id);
    EXPECT_TRUE(job) << job.error().text();
    return job ? *job : Job();
  }
  std::vector<std::string> event_types(const std::string& id) {
    std::vector<std::string> types;
    auto events = store_->events(id, 0, 100);
    EXPECT_TRUE(events);
    for (const JobEvent& event : *events) types.push_back(event.type);
    return types;
  }

  ScratchDirectory scratch_;
  SteppingClock clock_;
  std::unique_ptr<JobStore> store_;
};

#define EXPECT_REFUSED(code_wanted, ...)                                               \
  do {                                                                                 \
    const auto refused = (__VA_ARGS__);                                                \
    ASSERT_FALSE(refused);                                                             \
    EXPECT_EQ(refused.error().code, ErrorCode::code_wanted) << refused.error().text(); \
  } while (false)

}  // namespace modelport::job_store_contract

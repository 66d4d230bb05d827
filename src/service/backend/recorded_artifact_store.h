#pragma once

#include <memory>
#include <utility>

#include "service/artifacts/artifact_store.h"
#include "service/jobs/job_store.h"

namespace modelport {

/// A store whose objects are on record before they are there, so that what an attempt began to store and never
/// completed is collected, even where the store could not be asked to remove it or the process ended first.
class RecordedArtifactStore final : public ArtifactStore {
 public:
  RecordedArtifactStore(std::unique_ptr<ArtifactStore> store, JobStore& jobs) : store_(std::move(store)), jobs_(jobs) {}

  /// A database that does not take the record holds nobody up: the end of the attempt needs it too, and waits for it.
  Status put(const NewObject& object) override;
  Status remove(std::string_view key) override;

  Result<ObjectInfo> stat(std::string_view key) override { return store_->stat(key); }
  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) override {
    return store_->open(key, offset, length);
  }
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after, size_t limit) override {
    return store_->list(prefix, after, limit);
  }
  std::optional<std::string> presigned_url(std::string_view key, const std::string& file_name,
                                           std::chrono::seconds valid) override {
    return store_->presigned_url(key, file_name, valid);
  }
  std::optional<std::string> local_path(std::string_view key) override { return store_->local_path(key); }
  Status check() override { return store_->check(); }

 private:
  std::unique_ptr<ArtifactStore> store_;
  JobStore& jobs_;
};

}  // namespace modelport

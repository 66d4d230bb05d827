#pragma once

#include <memory>
#include <utility>

#include "service/artifacts/artifact_store.h"

namespace modelport {

/// Another store, elsewhere than on this machine; tests override what is to go differently.
class WrappedArtifactStore : public ArtifactStore {
 public:
  explicit WrappedArtifactStore(std::unique_ptr<ArtifactStore> store) : store_(std::move(store)) {}

  Status put(const NewObject& object) override { return store_->put(object); }
  Result<ObjectInfo> stat(std::string_view key) override { return store_->stat(key); }
  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) override {
    return store_->open(key, offset, length);
  }
  Status remove(std::string_view key) override { return store_->remove(key); }
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after, size_t limit) override {
    return store_->list(prefix, after, limit);
  }
  std::optional<std::string> presigned_url(std::string_view key, const std::string& file_name,
                                           std::chrono::seconds valid) override {
    return store_->presigned_url(key, file_name, valid);
  }
  std::optional<std::string> local_path(std::string_view) override { return std::nullopt; }
  Status check() override { return store_->check(); }

 protected:
  std::unique_ptr<ArtifactStore> store_;
};

}  // namespace modelport

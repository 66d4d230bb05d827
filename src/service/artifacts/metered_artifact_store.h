#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "base/histogram.h"
#include "service/artifacts/artifact_store.h"

namespace modelport {

/// What was asked of a store, and how that went.
struct StoreOperation {
  std::string_view name;  ///< "put", "stat", "open", "remove", "list", "check"
  uint64_t failures = 0;  ///< Of the store's own making: what is not there, or there already, is none.
  Histogram::Counts seconds;
};

/// Another store, with its answers counted. Bytes of what open() gives are not.
class MeteredArtifactStore final : public ArtifactStore {
 public:
  explicit MeteredArtifactStore(std::unique_ptr<ArtifactStore> store) : store_(std::move(store)) {}

  Status put(const NewObject& object) override;
  Result<ObjectInfo> stat(std::string_view key) override;
  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) override;
  Status remove(std::string_view key) override;
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after, size_t limit) override;
  std::optional<std::string> presigned_url(std::string_view key, const std::string& file_name,
                                           std::chrono::seconds valid) override;
  std::optional<std::string> local_path(std::string_view key) override;
  Status check() override;

  std::vector<StoreOperation> operations() const;

 private:
  struct Meter {
    std::string_view name;
    Histogram seconds{{0.001, 0.01, 0.1, 1, 10, 60}};
    std::atomic<uint64_t> failures = 0;
  };
  template <class Call>
  auto measured(Meter& meter, Call call);

  const std::unique_ptr<ArtifactStore> store_;
  Meter put_{"put"}, stat_{"stat"}, open_{"open"}, remove_{"remove"}, list_{"list"}, check_{"check"};
};

}  // namespace modelport

#include "service/artifacts/metered_artifact_store.h"

#include <chrono>

namespace modelport {

template <class Call>
auto MeteredArtifactStore::measured(Meter& meter, Call call) {
  const auto began = std::chrono::steady_clock::now();
  auto result = call();
  meter.seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  if (!result && result.error().code != ErrorCode::kNotFound && result.error().code != ErrorCode::kConflict)
    ++meter.failures;
  return result;
}

Status MeteredArtifactStore::put(const NewObject& object) {
  return measured(put_, [&] { return store_->put(object); });
}

Result<ObjectInfo> MeteredArtifactStore::stat(std::string_view key) {
  return measured(stat_, [&] { return store_->stat(key); });
}

Result<std::unique_ptr<ObjectReader>> MeteredArtifactStore::open(std::string_view key, int64_t offset, int64_t length) {
  return measured(open_, [&] { return store_->open(key, offset, length); });
}

Status MeteredArtifactStore::remove(std::string_view key) {
  return measured(remove_, [&] { return store_->remove(key); });
}

Result<std::vector<ObjectInfo>> MeteredArtifactStore::list(std::string_view prefix, std::string_view after,
                                                           size_t limit) {
  return measured(list_, [&] { return store_->list(prefix, after, limit); });
}

std::optional<std::string> MeteredArtifactStore::presigned_url(std::string_view key, const std::string& file_name,
                                                               std::chrono::seconds valid) {
  return store_->presigned_url(key, file_name, valid);
}

std::optional<std::string> MeteredArtifactStore::local_path(std::string_view key) { return store_->local_path(key); }

Status MeteredArtifactStore::check() {
  return measured(check_, [&] { return store_->check(); });
}

std::vector<StoreOperation> MeteredArtifactStore::operations() const {
  std::vector<StoreOperation> operations;
  for (const Meter* meter : {&put_, &stat_, &open_, &remove_, &list_, &check_})
    operations.push_back({meter->name, meter->failures, meter->seconds.counts()});
  return operations;
}

}  // namespace modelport

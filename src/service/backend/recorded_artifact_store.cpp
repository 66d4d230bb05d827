#include "service/backend/recorded_artifact_store.h"

#include "base/log.h"

namespace modelport {

Status RecordedArtifactStore::put(const NewObject& object) {
  if (const Status recorded = jobs_.mark_for_deletion(object.key); !recorded)
    log_warning("{} is stored without a record: {}", object.key, recorded.error().text());
  return store_->put(object);
}

Status RecordedArtifactStore::remove(std::string_view key) {
  CHECK_OK(store_->remove(key));
  return jobs_.clear_deletion_mark(key);
}

}  // namespace modelport

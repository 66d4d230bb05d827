#pragma once

#include <memory>

#include "service/artifacts/artifact_store.h"
#include "service/s3/s3_config.h"

namespace modelport {

/// Objects in a bucket, which must exist. Keys are "<prefix>/<key>"; what NewObject::metadata says becomes
/// x-amz-meta-*.
std::unique_ptr<ArtifactStore> make_s3_artifact_store(S3Config config);

}  // namespace modelport

#pragma once

#include <span>

#include "service/backend/capabilities.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/jobs/job.h"

namespace modelport {

/// Whether a job may be accepted: framework and format known and available, one checkpoint that is there, an object as
/// export_config, texts of sensible length. Errors name the field and, where there is a list of valid values, give it.
Status check_request(const JobRequest& request, std::span<const FrameworkCapability> capabilities,
                     CheckpointStore& checkpoints);

}  // namespace modelport

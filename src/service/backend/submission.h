#pragma once

#include <vector>

#include "service/backend/trainer_registry.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/jobs/job.h"

namespace modelport {

/// Whether a job may be accepted: framework and format known and available, one checkpoint that is there, an object as
/// export_config, texts of sensible length. Errors name the field and, where there is a list of valid values, give it.
Status check_request(const JobRequest& request, const TrainerRegistry& trainers,
                     const std::vector<AvailabilityOverride>& overrides, CheckpointStore& checkpoints);

}  // namespace modelport

#pragma once

#include "service/config/service_config.h"
#include "service/run/attempt.h"

namespace modelport {

/// Removes a job that ended, its log, and its artifact unless another job points at it.
Status remove_job(AttemptEnvironment& environment, std::string_view id);

/// What the configuration says is kept no longer: finished jobs (never a training's default), the oldest results beyond
/// the store's quota, uploads that no job names.
Status apply_retention(AttemptEnvironment& environment, const ServiceConfig& config);

}  // namespace modelport

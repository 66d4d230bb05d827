#pragma once

#include <vector>

#include "base/json.h"
#include "service/backend/trainer_registry.h"

namespace modelport {

/// What a worker tells others of its trainers, for the database.
Json trainers_to_json(const std::vector<TrainerRegistry::Trainer>& trainers);

/// The same back: trainers to accept jobs for, without a command to run.
std::vector<LoadedTrainer> trainers_from_json(const Json& document);

}  // namespace modelport

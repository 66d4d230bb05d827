#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "service/backend/trainer_registry.h"

namespace modelport {

/// Asks exporters what they can do, each on a thread of its own: one that is slow to answer, or never does, holds up
/// neither the service's start nor the other trainers.
class TrainerLoading {
 public:
  /// How one exporter is asked (load_trainer); ends soon once `is_called_off`.
  using Ask = std::function<LoadedTrainer(const TrainerConfig& config, const std::function<bool()>& is_called_off)>;

  TrainerLoading(TrainerRegistry& registry, Ask ask);
  ~TrainerLoading();

  /// Puts these trainers into force, in place of all others. Returns when all have answered or `timeout` is over;
  /// those that have not take no jobs until they have.
  void load(const std::vector<TrainerConfig>& configs, std::chrono::milliseconds timeout);
  /// Asks one once more; what it said before counts until it has answered. Nothing happens while it is being asked.
  void ask_again(const TrainerConfig& config);
  /// Whatever is being asked is called off.
  void end();

 private:
  struct Asking;

  void call_off_all();
  void join_answered();

  TrainerRegistry& registry_;
  Ask ask_;
  std::mutex mutex_;  ///< Of load, ask_again and end, one at a time.
  std::vector<std::unique_ptr<Asking>> asking_;
};

}  // namespace modelport

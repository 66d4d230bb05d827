#include "service/backend/trainer_loading.h"

#include <algorithm>
#include <condition_variable>
#include <map>

#include "base/log.h"

namespace modelport {

namespace {

/// Answers as they come, before and after the trainers of one load() are in force.
struct Round {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, LoadedTrainer> answers;  ///< By the trainer's name.
  bool is_in_force = false;
};

void report_problems(const LoadedTrainer& trainer) {
  for (const FrameworkCapability& capability : trainer.capabilities) {
    if (!capability.problem.empty()) log_warning("{}: {}", capability.framework, capability.problem);
  }
}

}  // namespace

struct TrainerLoading::Asking {
  std::string name;
  std::atomic<bool> is_called_off = false;
  std::atomic<bool> has_answered = false;
  std::thread thread;
};

TrainerLoading::TrainerLoading(TrainerRegistry& registry, Ask ask) : registry_(registry), ask_(std::move(ask)) {}
TrainerLoading::~TrainerLoading() { end(); }

void TrainerLoading::load(const std::vector<TrainerConfig>& configs, std::chrono::milliseconds timeout) {
  const std::lock_guard lock(mutex_);
  call_off_all();
  auto round = std::make_shared<Round>();
  for (const TrainerConfig& config : configs) {
    Asking& asking = *asking_.emplace_back(std::make_unique<Asking>());
    asking.name = config.name;
    asking.thread = std::thread([this, &asking, round, config] {
      LoadedTrainer answer = ask_(config, [&asking] { return asking.is_called_off.load(); });
      const std::lock_guard answered(round->mutex);
      asking.has_answered = true;
      if (asking.is_called_off) return;
      report_problems(answer);
      if (round->is_in_force) return registry_.replace_one(std::move(answer));
      round->answers.insert_or_assign(config.name, std::move(answer));
      round->changed.notify_all();
    });
  }
  std::unique_lock waiting(round->mutex);
  round->changed.wait_for(waiting, timeout, [&] { return round->answers.size() == configs.size(); });
  std::vector<LoadedTrainer> trainers;
  for (const TrainerConfig& config : configs) {
    const auto answer = round->answers.find(config.name);
    if (answer == round->answers.end())
      log_warning("trainer {} has not answered --capabilities yet; it takes no jobs until it has", config.name);
    trainers.push_back(answer == round->answers.end() ? awaited_trainer(config) : std::move(answer->second));
  }
  registry_.replace(std::move(trainers));
  round->is_in_force = true;
}

void TrainerLoading::ask_again(const TrainerConfig& config) {
  const std::lock_guard lock(mutex_);
  join_answered();
  if (std::ranges::any_of(asking_, [&](const auto& each) { return each->name == config.name; })) return;
  log_info("trainer {} was changed and is being asked again for its capabilities", config.name);
  Asking& asking = *asking_.emplace_back(std::make_unique<Asking>());
  asking.name = config.name;
  asking.thread = std::thread([this, &asking, config] {
    LoadedTrainer answer = ask_(config, [&asking] { return asking.is_called_off.load(); });
    if (!asking.is_called_off) {
      report_problems(answer);
      registry_.replace_one(std::move(answer));
    }
    asking.has_answered = true;
  });
}

void TrainerLoading::end() {
  const std::lock_guard lock(mutex_);
  call_off_all();
}

void TrainerLoading::call_off_all() {
  for (const auto& asking : asking_) asking->is_called_off = true;
  for (const auto& asking : asking_) asking->thread.join();
  asking_.clear();
}

void TrainerLoading::join_answered() {
  std::erase_if(asking_, [](const auto& asking) {
    if (!asking->has_answered) return false;
    asking->thread.join();
    return true;
  });
}

}  // namespace modelport

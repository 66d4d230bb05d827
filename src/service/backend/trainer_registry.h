#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/backend/capabilities.h"
#include "service/run/attempt.h"
#include "service/run/own_command.h"

namespace modelport {

/// A configured trainer and what its exporter said of itself.
struct LoadedTrainer {
  TrainerConfig config;
  std::string fingerprint;
  std::string verifier;                           ///< With its version; empty where there is none that can be used.
  std::vector<FrameworkCapability> capabilities;  ///< One per framework, without overrides.
  bool tells_capabilities = false;                ///< It has --capabilities.
  bool is_awaited = false;                        ///< It has not said anything yet, and takes no jobs.
  /// Null for a framework that it does not take.
  const FrameworkCapability* capability_of(std::string_view framework) const;
  bool has_changed() const;  ///< The program is another one by now.
};

/// Asks an exporter for its capabilities (convention 1.0 with the configured formats where it has none to tell), in a
/// minute at most; ends soon once `is_called_off`.
LoadedTrainer load_trainer(const TrainerConfig& config, const SandboxSupport& support, const std::string& directory,
                           const std::vector<std::string>& hidden, const std::function<bool()>& is_called_off);

/// One whose exporter has not answered yet.
LoadedTrainer awaited_trainer(const TrainerConfig& config);

/// What --capabilities printed, for each of the trainer's frameworks. Wrong documents and other major versions end in
/// FrameworkCapability::problem.
std::vector<FrameworkCapability> read_capabilities(const TrainerConfig& config, const Json& document);

/// The trainers in force. Safe from any thread; what is taken out stays as it was.
class TrainerRegistry {
 public:
  using Trainer = std::shared_ptr<const LoadedTrainer>;

  void replace(std::vector<LoadedTrainer> trainers);
  /// Asked again, in place of the one of its name.
  void replace_one(LoadedTrainer trainer);
  std::vector<Trainer> all() const;
  /// Who takes jobs of this framework; null for nobody.
  Trainer of_framework(std::string_view framework) const;
  std::vector<std::string> frameworks() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Trainer> trainers_;
};

/// The override of a format that still counts: which this trainer, as it is, has shown. Null without one.
const AvailabilityOverride* find_availability_override(const std::vector<AvailabilityOverride>& overrides,
                                                       std::string_view framework, std::string_view format,
                                                       std::string_view fingerprint);

/// The framework's row with the overrides that still count.
FrameworkCapability with_availability_overrides(const FrameworkCapability& capability, const std::string& fingerprint,
                                                const std::vector<AvailabilityOverride>& overrides);

}  // namespace modelport

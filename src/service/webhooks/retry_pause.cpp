#include "service/webhooks/retry_pause.h"

#include <algorithm>

namespace modelport {

std::chrono::milliseconds retry_pause(const WebhookConfig& config, int attempt, double random) {
  constexpr double kFactor = 3;
  const auto longest = static_cast<double>(config.longest_pause.count());
  auto pause = static_cast<double>(config.first_pause.count());
  for (int i = 1; i < attempt && pause < longest; ++i) pause *= kFactor;
  pause = std::min(pause, longest) * (0.5 + 0.5 * std::clamp(random, 0.0, 1.0));
  return std::chrono::milliseconds(static_cast<int64_t>(pause));
}

}  // namespace modelport

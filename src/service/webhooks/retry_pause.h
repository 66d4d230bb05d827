#pragma once

#include <chrono>

#include "service/config/webhook_config.h"

namespace modelport {

/// How long to wait after the `attempt`th failure (from 1): the first pause, tripled for each further failure, up to
/// the longest; of that a part between a half and all, as `random` (0 to 1) says, so that receivers that come back are
/// not met by everybody at once.
std::chrono::milliseconds retry_pause(const WebhookConfig& config, int attempt, double random);

}  // namespace modelport

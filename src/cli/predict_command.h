#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport predict ARTIFACT --image FILE...`: runs an artifact in its engine on pictures, knowing it by the
/// metadata.json beside it alone, and prints (as text or JSON) and draws what it sees.
Result<int> run_predict(std::span<const std::string> arguments);

}  // namespace modelport

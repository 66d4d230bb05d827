#pragma once

#include "modules/module_ledger.h"

namespace modelport {

/// kInconsistentModel naming the first tensor that was read and holds NaN or an infinity, which a training that
/// diverged leaves behind: what such a network computes is no number either.
Status require_finite_weights(const Ledger& ledger);

}  // namespace modelport

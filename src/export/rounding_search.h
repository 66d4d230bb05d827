#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"

namespace modelport {

/// Which of a row of layers are left out of a rounding, so that what the rounding costs comes below a target.
///
/// `cost` is what leaving a layer out costs. `error(rounded)` measures the error with these layers rounded and the
/// others not, in parts of what is allowed; infinite where something overflows. Errors of layers are taken to add up as
/// independent ones do; what is chosen is measured. Neighbours are first taken together, then apart where that is worth
/// it, in about `measurements` measurements at most.
Result<std::vector<bool>> choose_rounded(std::span<const double> cost, double target, size_t measurements,
                                         const std::function<Result<double>(const std::vector<bool>&)>& error);

}  // namespace modelport

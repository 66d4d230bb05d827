#include <algorithm>
#include <array>
#include <cmath>

#include "weights/account.h"

namespace modelport {

namespace {

constexpr int64_t kChunk = 4096;

/// Position of the first element that is not finite; the number of elements where all are.
int64_t first_not_finite(const Tensor& tensor, float& found) {
  std::array<float, kChunk> values{};
  for (int64_t begin = 0; begin < tensor.element_count(); begin += kChunk) {
    const int64_t count = std::min(kChunk, tensor.element_count() - begin);
    const std::span<float> part = std::span(values).first(static_cast<size_t>(count));
    tensor.read(begin, part);
    const auto bad = std::ranges::find_if(part, [](float value) { return !std::isfinite(value); });
    if (bad == part.end()) continue;
    found = *bad;
    return begin + (bad - part.begin());
  }
  return tensor.element_count();
}

}  // namespace

Status require_finite_weights(const Account& account) {
  for (const AccountEntry& entry : account.entries()) {
    if (entry.state != NameState::kRead || entry.tensor == nullptr || !is_float(entry.tensor->dtype())) continue;
    float found = 0;
    const int64_t position = first_not_finite(*entry.tensor, found);
    if (position == entry.tensor->element_count()) continue;
    const std::string name = entry.owner.empty() ? entry.path : fmt::format("{} ({})", entry.path, entry.owner);
    Error error = fail(ErrorCode::kInconsistentModel, "{} is {} at element {} of {}", name,
                       std::isnan(found) ? "NaN" : "infinite", position, entry.tensor->element_count());
    error.hint =
        "its training diverged, or its weights left the range of the type they were saved in: no output would "
        "be a number; export an earlier checkpoint, or train again";
    return error;
  }
  return {};
}

}  // namespace modelport

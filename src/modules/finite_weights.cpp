#include "modules/finite_weights.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace modelport {

namespace {

constexpr int64_t kChunk = 4096;

const Tensor* find_tensor(const PickleObject& module, std::string_view name) {
  for (const std::string_view slot : {"_parameters", "_buffers"}) {
    const PickleValue* value = module.attribute(slot)->as_dict()->find(name);
    if (value && value->as_tensor()) return value->as_tensor();
  }
  return nullptr;
}

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

Status require_finite_weights(const Ledger& ledger) {
  for (const LedgerEntry& entry : ledger.entries()) {
    if (entry.kind != LedgerEntry::Kind::kTensor || entry.state != LedgerState::kRead) continue;
    const Tensor* tensor = find_tensor(*entry.module, entry.attribute);
    if (!tensor || !is_float(tensor->dtype())) continue;
    float found = 0;
    const int64_t position = first_not_finite(*tensor, found);
    if (position == tensor->element_count()) continue;
    Error error = fail(ErrorCode::kInconsistentModel, "{} ({}) is {} at element {} of {}", entry.path,
                       entry.module_class, std::isnan(found) ? "NaN" : "infinite", position, tensor->element_count());
    error.hint =
        "its training diverged, or its weights left the range of the type they were saved in: no output would "
        "be a number; export an earlier checkpoint, or train again";
    return error;
  }
  return {};
}

}  // namespace modelport

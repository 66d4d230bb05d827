#include "formats/constant_pool.h"

#include <algorithm>

namespace modelport {

namespace {

constexpr int64_t kSampleElements = 16;
constexpr int64_t kCompareBytes = int64_t{1} << 18;

int64_t byte_count(const WeightRecipe& data) { return data.element_count() * dtype_bytes(data.dtype()); }

/// Bytes of the first and of the middle elements.
std::vector<std::byte> sample(const WeightRecipe& data) {
  const int64_t element = dtype_bytes(data.dtype());
  const int64_t count = std::min(kSampleElements, data.element_count());
  std::vector<std::byte> bytes(static_cast<size_t>(2 * count * element));
  const auto half = std::span(bytes).first(bytes.size() / 2);
  data.read_bytes(0, half);
  data.read_bytes((data.element_count() - count) / 2, std::span(bytes).subspan(half.size()));
  return bytes;
}

}  // namespace

bool same_bytes(const WeightRecipe& a, const WeightRecipe& b) {
  const int64_t bytes = byte_count(a);
  if (a.same_object(b)) return true;
  if (bytes != byte_count(b)) return false;
  std::vector<std::byte> left(static_cast<size_t>(std::min(kCompareBytes, bytes))), right(left.size());
  for (int64_t begin = 0; begin < bytes; begin += kCompareBytes) {
    const auto count = static_cast<size_t>(std::min(kCompareBytes, bytes - begin));
    a.read_bytes(begin / dtype_bytes(a.dtype()), std::span(left).first(count));
    b.read_bytes(begin / dtype_bytes(b.dtype()), std::span(right).first(count));
    if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count), right.begin())) return false;
  }
  return true;
}

size_t ConstantPool::number_of(const WeightRecipe& data) {
  std::pair key{byte_count(data), sample(data)};
  const auto [first, last] = numbered_.equal_range(key);
  for (auto each = first; each != last; ++each) {
    if (same_bytes(each->second.data, data)) return each->second.number;
  }
  const size_t number = numbered_.size();
  numbered_.emplace(std::move(key), Numbered{data, number});
  return number;
}

}  // namespace modelport

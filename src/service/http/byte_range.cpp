#include "service/http/byte_range.h"

#include <algorithm>

#include "service/http/ascii.h"

namespace modelport {

RangeAnswer requested_range(std::string_view header, int64_t size) {
  using Kind = RangeAnswer::Kind;
  header = trimmed(header);
  if (!equal_ignoring_case(header.substr(0, 6), "bytes=")) return {};
  const std::string_view range = trimmed(header.substr(6));
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return {};
  const std::string_view from = trimmed(range.substr(0, dash)), to = trimmed(range.substr(dash + 1));
  if (from.empty()) {
    const auto suffix = number_from<uint64_t>(to);
    if (!suffix) return {};
    if (*suffix == 0 || size == 0) return {Kind::kUnsatisfiable, {}};
    const auto length = static_cast<int64_t>(std::min<uint64_t>(*suffix, static_cast<uint64_t>(size)));
    return {Kind::kPart, {size - length, size - 1}};
  }
  const auto first = number_from<uint64_t>(from);
  const auto last = to.empty() ? std::optional<uint64_t>(UINT64_MAX) : number_from<uint64_t>(to);
  if (!first || !last || *last < *first) return {};
  if (*first >= static_cast<uint64_t>(size)) return {Kind::kUnsatisfiable, {}};
  const uint64_t end = std::min<uint64_t>(*last, static_cast<uint64_t>(size) - 1);
  return {Kind::kPart, {static_cast<int64_t>(*first), static_cast<int64_t>(end)}};
}

}  // namespace modelport

#include "source/image_size.h"

#include <charconv>
#include <cmath>
#include <vector>

namespace modelport {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool whole_text = error == std::errc() && end == text.data() + text.size();
  return whole_text ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::array<int64_t, 2>> image_size_from_sides(std::span<const double> sides) {
  if (sides.empty() || sides.size() > 2) return std::nullopt;
  for (const double side : sides) {
    if (!(side >= 1 && side <= kLargestImageSide && side == std::floor(side))) return std::nullopt;
  }
  return std::array{static_cast<int64_t>(sides.front()), static_cast<int64_t>(sides.back())};
}

std::optional<std::array<int64_t, 2>> image_size_from_text(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && ((text.front() == '[' && text.back() == ']') || (text.front() == '(' && text.back() == ')')))
    text = trimmed(text.substr(1, text.size() - 2));
  // Python's (640,) is a pair's beginning.
  if (text.ends_with(',')) text.remove_suffix(1);
  std::vector<double> sides;
  while (true) {
    const size_t comma = text.find(',');
    const std::optional<double> side = number(trimmed(text.substr(0, comma)));
    if (!side || sides.size() == 2) return std::nullopt;
    sides.push_back(*side);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return image_size_from_sides(sides);
}

}  // namespace modelport

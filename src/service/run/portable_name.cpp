#include "service/run/portable_name.h"

#include <algorithm>
#include <array>

#include "base/printable.h"

namespace modelport {

namespace {

constexpr std::string_view kReservedCharacters = "\\<>:\"|?*";
constexpr std::array<std::string_view, 6> kDevices = {"con", "prn", "aux", "nul", "conin$", "conout$"};

/// "aux", "com1", "lpt9": a device with any extension.
bool is_device(std::string_view part) {
  const std::string stem = folded_name(part.substr(0, part.find('.')));
  const std::string_view trimmed = std::string_view(stem).substr(0, stem.find_last_not_of(' ') + 1);
  if (std::ranges::find(kDevices, trimmed) != kDevices.end()) return true;
  const bool has_number = trimmed.size() == 4 && trimmed[3] >= '0' && trimmed[3] <= '9';
  return has_number && (trimmed.starts_with("com") || trimmed.starts_with("lpt"));
}

}  // namespace

std::string folded_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

Status PortableNames::add(const std::string& name) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kHostile, "the name of {} {}", printable(name), why);
  };
  if (name.find_first_of(kReservedCharacters) != std::string::npos)
    return refuse("holds characters that no file needs, and that Windows reads otherwise");
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    if (part.ends_with('.') || part.ends_with(' ')) return refuse("ends as no name can on Windows");
    if (is_device(part)) return refuse("is that of a device on Windows");
    begin = end + 1;
  }
  const auto [row, is_new] = by_folded_name_.emplace(folded_name(name), name);
  if (!is_new && row->second != name)
    return refuse(fmt::format("is that of {} where case does not count", printable(row->second)));
  return {};
}

}  // namespace modelport

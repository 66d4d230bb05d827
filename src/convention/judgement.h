#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelport {

enum class Verdict { kPass, kFail, kSkipped };

/// "pass", "fail" or "skipped".
std::string_view verdict_name(Verdict verdict);

/// What was found of one requirement, and the evidence.
struct Judgement {
  Verdict verdict = Verdict::kPass;
  std::string evidence;  ///< What was seen, or why it was skipped; may be empty where it passed.
  std::string at;        ///< JSON pointer into metadata.json, where the evidence is there.

  /// The same, at this place of metadata.json.
  Judgement in(std::string pointer) && {
    at = std::move(pointer);
    return std::move(*this);
  }
};

inline Judgement passed(std::string evidence = "") { return {Verdict::kPass, std::move(evidence), ""}; }

template <class... Args>
Judgement failed(fmt::format_string<Args...> format, Args&&... args) {
  return {Verdict::kFail, fmt::format(format, std::forward<Args>(args)...), ""};
}

template <class... Args>
Judgement skipped(fmt::format_string<Args...> format, Args&&... args) {
  return {Verdict::kSkipped, fmt::format(format, std::forward<Args>(args)...), ""};
}

/// A judgement and whose it is.
struct Finding {
  std::string_view id;  ///< Of the table of requirements.
  Judgement judgement;
};

/// The finding of this requirement; null where there is none.
const Finding* find_finding(const std::vector<Finding>& findings, std::string_view id);

/// The first failed finding among these requirements; null where none failed.
const Finding* first_failed(const std::vector<Finding>& findings, const std::vector<std::string_view>& ids);

}  // namespace modelport

#include "convention/judgement.h"

#include <algorithm>

namespace modelport {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "";
}

const Finding* find_finding(const std::vector<Finding>& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

const Finding* first_failed(const std::vector<Finding>& findings, const std::vector<std::string_view>& ids) {
  for (const std::string_view id : ids) {
    const Finding* finding = find_finding(findings, id);
    if (finding != nullptr && finding->judgement.verdict == Verdict::kFail) return finding;
  }
  return nullptr;
}

}  // namespace modelport

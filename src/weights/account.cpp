#include "weights/account.h"

#include <set>

#include "base/nearest_name.h"

namespace modelport {

namespace {

constexpr size_t kMostNamed = 10;

std::string entry_text(const AccountEntry& entry) {
  return entry.owner.empty() ? entry.path : fmt::format("{} ({})", entry.path, entry.owner);
}

/// Names without an owner are told apart by their paths.
const std::string& own_name(const AccountEntry& entry) { return entry.owner.empty() ? entry.path : entry.name; }

std::string nearest_read(const AccountEntry& entry, const std::vector<AccountEntry>& all) {
  std::set<std::string> names;
  for (const AccountEntry& other : all) {
    if (other.state == NameState::kRead && other.owner == entry.owner) names.insert(own_name(other));
  }
  return nearest_name(own_name(entry), std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace

void Account::mark(const void* holder, std::string_view name, NameState state, std::string_view reason) {
  marks_[holder].insert_or_assign(std::string(name), Mark{state, std::string(reason)});
}

const Account::Mark* Account::find(const void* holder, std::string_view name) const {
  const auto marks = marks_.find(holder);
  if (marks == marks_.end()) return nullptr;
  const auto mark = marks->second.find(name);
  return mark == marks->second.end() ? nullptr : &mark->second;
}

void Account::explain_unaccounted(std::string explanation) {
  if (explanation_.empty()) explanation_ = std::move(explanation);
}

std::vector<AccountEntry> Account::entries() const {
  std::vector<AccountEntry> all;
  std::vector<Error> problems;
  for (const NameSource* source : sources_) source->list(*this, all, problems);
  return all;
}

Status Account::require_everything_accounted_for() const {
  std::vector<AccountEntry> all;
  std::vector<Error> problems;
  for (const NameSource* source : sources_) source->list(*this, all, problems);
  if (!problems.empty()) return problems.front();
  std::string named;
  size_t count = 0;
  for (const AccountEntry& entry : all) {
    if (entry.state != NameState::kUnaccounted || ++count > kMostNamed) continue;
    named += fmt::format("{}{}", count > 1 ? ", " : "", entry_text(entry));
    const std::string nearest = nearest_read(entry, all);
    if (!nearest.empty()) named += fmt::format(" [nearest that is read: {}]", nearest);
  }
  if (count == 0) return {};
  if (count > kMostNamed) named += fmt::format(" and {} more", count - kMostNamed);
  Error error =
      fail(ErrorCode::kUnsupportedModel, "the checkpoint holds what the translation does not read: {}", named);
  error.hint = explanation_;
  return error;
}

}  // namespace modelport

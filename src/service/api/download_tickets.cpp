#include "service/api/download_tickets.h"

#include <algorithm>
#include <charconv>

namespace modelport {

namespace {

/// After a key was made by hand or taken away, how long others may not know.
constexpr auto kIssueFreshness = std::chrono::seconds(30);
/// Tickets with keys that nobody has cost a question to the database, and no more than a few a second.
constexpr auto kAdmitFreshness = std::chrono::milliseconds(200);

std::string signed_text(std::string_view job_id, int64_t until) {
  return fmt::format("modelport download of {} until {}", job_id, until);
}

int64_t unix_seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

Result<std::string> DownloadTickets::issue(std::string_view job_id) {
  TRY(present, keys(kIssueFreshness));
  const SigningKey& key = present.front();
  const int64_t until = unix_seconds(clock_.now()) + kLife.count();
  return fmt::format("{}.{}.{}", key.id, until, signature(key, signed_text(job_id, until)));
}

bool DownloadTickets::admits(std::string_view ticket, std::string_view job_id) {
  const size_t first = ticket.find('.'), second = ticket.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return false;
  const std::string_view seconds = ticket.substr(first + 1, second - first - 1);
  int64_t until = 0;
  const auto [end, failed] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), until);
  if (failed != std::errc() || end != seconds.data() + seconds.size()) return false;
  if (unix_seconds(clock_.now()) >= until) return false;
  const auto key = key_named(ticket.substr(0, first));
  return key && is_same_signature(ticket.substr(second + 1), signature(*key, signed_text(job_id, until)));
}

Result<std::vector<SigningKey>> DownloadTickets::keys(Steady::duration freshness) {
  const std::lock_guard lock(mutex_);
  const auto now = Steady::now();
  if (read_at_ && now - *read_at_ < freshness && !known_.empty()) return known_;
  TRY(read, jobs_.signing_keys(kKeyAge));
  if (read.empty()) return fail(ErrorCode::kInternal, "the job database has no key to sign with");
  known_ = std::move(read);
  read_at_ = now;
  return known_;
}

std::optional<SigningKey> DownloadTickets::key_named(std::string_view id) {
  // What is known for long is asked for again only where it does not hold the key.
  for (const Steady::duration freshness : {Steady::duration::max(), Steady::duration(kAdmitFreshness)}) {
    const auto present = keys(freshness);
    if (!present) return std::nullopt;
    const auto found = std::ranges::find(*present, id, &SigningKey::id);
    if (found != present->end()) return *found;
  }
  return std::nullopt;
}

}  // namespace modelport

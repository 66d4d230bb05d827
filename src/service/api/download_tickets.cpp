#include "service/api/download_tickets.h"

#include <fmt/format.h>

#include <random>

namespace modelport {

namespace {

/// More within a minute are a flood: all are dropped, and a click asks for another one.
constexpr size_t kMostTickets = 10000;

std::string random_ticket() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

}  // namespace

std::string DownloadTickets::issue(std::string_view job_id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(rows_, [&](const auto& row) { return row.second.until <= now; });
  if (rows_.size() >= kMostTickets) rows_.clear();
  std::string ticket = random_ticket();
  rows_[ticket] = {std::string(job_id), now + kLife};
  return ticket;
}

bool DownloadTickets::admits(std::string_view ticket, std::string_view job_id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto row = rows_.find(ticket);
  return row != rows_.end() && row->second.job_id == job_id && now < row->second.until;
}

}  // namespace modelport

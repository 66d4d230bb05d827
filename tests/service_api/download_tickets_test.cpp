#include "service/api/download_tickets.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

TEST(DownloadTicketsTest, AdmitToOneJobForAMinute) {
  DownloadTickets tickets;
  const DownloadTickets::Clock::time_point begin{};
  const std::string ticket = tickets.issue("job_a", begin);
  EXPECT_EQ(ticket.size(), 32u);
  EXPECT_NE(ticket, tickets.issue("job_a", begin));
  EXPECT_TRUE(tickets.admits(ticket, "job_a", begin));
  EXPECT_TRUE(tickets.admits(ticket, "job_a", begin + DownloadTickets::kLife - std::chrono::seconds(1)));
  EXPECT_FALSE(tickets.admits(ticket, "job_a", begin + DownloadTickets::kLife));
  EXPECT_FALSE(tickets.admits(ticket, "job_b", begin));
  EXPECT_FALSE(tickets.admits("", "job_a", begin));
}

}  // namespace
}  // namespace modelport

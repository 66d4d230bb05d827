#include "service/api/download_tickets.h"

#include <gtest/gtest.h>

#include <thread>

#include "service/jobs/sqlite_job_store.h"
#include "tests/service/scratch_directory.h"
#include "tests/service/stepping_clock.h"

namespace modelport {
namespace {

class DownloadTicketsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = SqliteJobStore::open(scratch_.path("jobs.sqlite"), clock_);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
    here_ = std::make_unique<DownloadTickets>(*store_, clock_);
    there_ = std::make_unique<DownloadTickets>(*store_, clock_);
  }
  std::string issue(DownloadTickets& tickets, std::string_view job) {
    auto ticket = tickets.issue(job);
    EXPECT_TRUE(ticket) << ticket.error().text();
    return ticket ? *ticket : "";
  }

  ScratchDirectory scratch_;
  SteppingClock clock_;
  std::unique_ptr<SqliteJobStore> store_;
  std::unique_ptr<DownloadTickets> here_, there_;
};

TEST_F(DownloadTicketsTest, AdmitToOneJobForAMinuteWhoeverGaveThem) {
  const std::string ticket = issue(*here_, "job_a");
  for (DownloadTickets* tickets : {here_.get(), there_.get()}) {
    EXPECT_TRUE(tickets->admits(ticket, "job_a"));
    EXPECT_FALSE(tickets->admits(ticket, "job_b"));
    EXPECT_FALSE(tickets->admits("", "job_a"));
  }
  clock_.advance(DownloadTickets::kLife - std::chrono::seconds(2));
  EXPECT_TRUE(there_->admits(ticket, "job_a"));
  clock_.advance(std::chrono::seconds(2));
  EXPECT_FALSE(there_->admits(ticket, "job_a"));
  EXPECT_FALSE(here_->admits(ticket, "job_a"));
}

TEST_F(DownloadTicketsTest, CannotBeMadeOrChanged) {
  const std::string ticket = issue(*here_, "job_a");
  const size_t first = ticket.find('.'), second = ticket.rfind('.');
  const std::string key = ticket.substr(0, first), until = ticket.substr(first + 1, second - first - 1),
                    signature = ticket.substr(second + 1);
  EXPECT_EQ(ticket.find(store_->signing_keys(DownloadTickets::kKeyAge)->front().secret), std::string::npos);
  const std::string later = std::to_string(std::stoll(until) + 60);
  for (const std::string& made :
       {key + "." + later + "." + signature, key + "." + until + ".", key + "." + until, "." + until + "." + signature,
        key + ".+" + until + "." + signature, key + "." + until + "." + std::string(64, '0'),
        key + "." + until + "." + signature.substr(0, 63), key + "." + until + "." + signature + "0",
        "0000000000000000." + until + "." + signature, std::string("..")})
    EXPECT_FALSE(here_->admits(made, "job_a")) << made;
}

TEST_F(DownloadTicketsTest, OutliveTheKeyThatSignsNext) {
  const std::string early = issue(*here_, "job_a");
  clock_.advance(DownloadTickets::kKeyAge - std::chrono::seconds(30));
  const std::string ticket = issue(*here_, "job_a");
  clock_.advance(std::chrono::seconds(31));
  DownloadTickets fresh(*store_, clock_);
  const std::string next = issue(fresh, "job_a");
  EXPECT_NE(next.substr(0, 16), ticket.substr(0, 16));
  for (DownloadTickets* tickets : {here_.get(), there_.get(), &fresh}) EXPECT_TRUE(tickets->admits(ticket, "job_a"));
  EXPECT_TRUE(there_->admits(next, "job_a"));
  EXPECT_FALSE(there_->admits(early, "job_a"));
  // What is known here is older than the key, and must be asked for again.
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_TRUE(here_->admits(next, "job_a"));
}

}  // namespace
}  // namespace modelport

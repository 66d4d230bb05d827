#include "service/backend/job_webhooks.h"

namespace modelport {

Status JobWebhooks::use(const WebhookConfig& config) {
  const std::lock_guard lock(changing_);
  if (used_ == config) return {};
  if (config.secrets.empty()) {
    if (const Sender present = sender()) present->shutdown();
    replace(nullptr);
    if (database_ == Database::kOwn) CHECK_OK(deliveries_.tell_of({}));
    used_ = config;
    return {};
  }
  if (const Sender present = sender()) {
    CHECK_OK(present->reconfigure(config));
  } else {
    TRY(started, WebhookSender::start(config, deliveries_, changes_, clock_));
    replace(std::move(started));
  }
  std::vector<JobStatus> told = {JobStatus::kCompleted, JobStatus::kFailed, JobStatus::kCancelled};
  if (config.on_start) told.push_back(JobStatus::kRunning);
  CHECK_OK(deliveries_.tell_of(told));
  used_ = config;
  return {};
}

Status JobWebhooks::check_url(const std::string& url) const {
  if (url.empty()) return {};
  if (const Sender present = sender()) return present->check_url(url);
  Error error = fail(ErrorCode::kInvalidArgument, "webhook_url: this service sends no webhooks");
  error.hint = "whoever runs it configures a secret for them";
  return error;
}

void JobWebhooks::shutdown() {
  const std::lock_guard lock(changing_);
  if (const Sender present = sender()) present->shutdown();
}

JobWebhooks::Sender JobWebhooks::sender() const {
  const std::lock_guard lock(mutex_);
  return sender_;
}

WebhookTotals JobWebhooks::totals() const {
  const std::lock_guard lock(mutex_);
  return sender_ ? past_ + sender_->totals() : past_;
}

void JobWebhooks::replace(Sender sender) {
  const std::lock_guard lock(mutex_);
  if (sender_) past_ = past_ + sender_->totals();
  sender_ = std::move(sender);
}

}  // namespace modelport

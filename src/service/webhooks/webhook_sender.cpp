#include "service/webhooks/webhook_sender.h"

#include <algorithm>

#include "base/log.h"
#include "service/http_client/http_transfer.h"
#include "service/webhooks/retry_pause.h"
#include "service/webhooks/webhook_message.h"

namespace modelport {

namespace {

constexpr int kThreads = 8;
/// Wake-ups may be lost; then this is how long a message waits.
constexpr auto kLongestRest = std::chrono::seconds(30);
/// Between two looks at the database, however many jobs change meanwhile.
constexpr auto kShortestRest = std::chrono::milliseconds(50);
constexpr size_t kLargestAnswer = size_t{64} << 10;
constexpr int kGone = 410;

std::string origin_of(const WebhookUrl& url) {
  return fmt::format("{}://{}:{}", url.is_https ? "https" : "http", url.host, url.port);
}

std::string pinned(const IpAddress& address, int port) {
  return address.is_v4() ? fmt::format("{}:{}", address.text(), port) : fmt::format("[{}]:{}", address.text(), port);
}

}  // namespace

Result<std::unique_ptr<WebhookSender>> WebhookSender::start(WebhookConfig config, DeliveryStore& deliveries,
                                                            ChangeFeed& changes, Clock& clock, Resolver resolver) {
  TRY(rules, rules_from(std::move(config)));
  return std::unique_ptr<WebhookSender>(
      new WebhookSender(std::move(rules), deliveries, changes, clock, std::move(resolver)));
}

Result<WebhookSender::SharedRules> WebhookSender::rules_from(WebhookConfig config) {
  std::vector<WebhookSecret> secrets;
  for (const std::string& text : config.secrets) {
    TRY(secret, WebhookSecret::parse(text));
    secrets.push_back(std::move(secret));
  }
  if (secrets.empty()) return fail(ErrorCode::kInvalidArgument, "webhooks need a secret to sign with");
  TRY(allowed, AllowedReceivers::parse(config.allow));
  config.secrets.clear();
  return std::make_shared<const Rules>(Rules{std::move(config), std::move(secrets), std::move(allowed)});
}

WebhookSender::WebhookSender(SharedRules rules, DeliveryStore& deliveries, ChangeFeed& changes, Clock& clock,
                             Resolver resolver)
    : deliveries_(deliveries),
      clock_(clock),
      resolver_(std::move(resolver)),
      rules_(std::move(rules)),
      subscription_(changes.subscribe("", [this](std::string_view) { wake(); })) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

WebhookSender::~WebhookSender() { shutdown(); }

void WebhookSender::shutdown() {
  subscription_.reset();
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Status WebhookSender::reconfigure(WebhookConfig config) {
  TRY(rules, rules_from(std::move(config)));
  {
    const std::lock_guard lock(mutex_);
    rules_ = std::move(rules);
  }
  wake();
  return {};
}

WebhookSender::SharedRules WebhookSender::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

Status WebhookSender::check_url(const std::string& url) const {
  TRY(parsed, parse_webhook_url(url));
  return check_literal(parsed, rules()->allowed);
}

WebhookTotals WebhookSender::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

void WebhookSender::wake() {
  const std::lock_guard lock(mutex_);
  has_news_ = true;
  changed_.notify_one();
}

bool WebhookSender::is_ending() {
  const std::lock_guard lock(mutex_);
  return is_ending_;
}

void WebhookSender::work() {
  while (!is_ending()) {
    {
      const std::lock_guard lock(mutex_);
      has_news_ = false;
    }
    const auto taken = take();
    if (!taken) {
      rest();
      continue;
    }
    // Someone else may be free for what else is due.
    wake();
    const Answer answer = send(*taken);
    if (!is_ending()) note(*taken, answer);
    {
      const std::lock_guard lock(taking_);
      busy_.erase(taken->origin);
    }
    wake();
  }
}

std::optional<WebhookSender::Taken> WebhookSender::take() {
  const std::lock_guard lock(taking_);
  const SharedRules present = rules();
  auto due = deliveries_.due(2 * kThreads);
  if (!due) log_error("webhooks: {}", due.error().text());
  if (!due) return std::nullopt;
  for (WebhookDelivery& delivery : *due) {
    const auto url = parse_webhook_url(delivery.url);
    const std::string origin = url ? origin_of(*url) : "";
    if (busy_.contains(origin)) continue;
    // Where this process dies meanwhile, the attempt counts as one that failed. Nobody else sends it before: the name's
    // resolution may take one timeout, the rest the other.
    const auto until_again = 2 * present->config.timeout + pause_after(*present, delivery.attempts + 1);
    const auto begun_at = std::chrono::steady_clock::now();
    auto attempt = deliveries_.begin(delivery, until_again);
    if (!attempt) continue;
    busy_.insert(origin);
    return Taken{present, std::move(delivery), *attempt, origin, begun_at};
  }
  return std::nullopt;
}

void WebhookSender::rest() {
  std::chrono::microseconds pause = kLongestRest;
  if (const auto next = deliveries_.next_due(); next && *next)
    pause = std::min<std::chrono::microseconds>(**next, kLongestRest);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kShortestRest, [&] { return is_ending_; });
  changed_.wait_for(lock, pause, [&] { return has_news_ || is_ending_; });
}

WebhookSender::Answer WebhookSender::send(const Taken& taken) {
  const auto never = [](std::string why) { return Answer{0, std::move(why), Answer::Again::kNever}; };
  const Rules& rules = *taken.rules;
  const int number = taken.attempt.number;
  if (number > rules.config.attempts) return never("the service ended during the last attempt");
  const auto url = parse_webhook_url(taken.delivery.url);
  if (!url) return never(url.error().text());
  const auto addresses = resolve_receiver(*url, rules.allowed, resolver_);
  if (!addresses) {
    const bool is_refused = addresses.error().code == ErrorCode::kHostile;
    return {0, addresses.error().text(), is_refused ? Answer::Again::kNever : Answer::Again::kYes};
  }
  if (std::chrono::steady_clock::now() - taken.begun_at > rules.config.timeout)
    return {0, "the host's name was not resolved in time", Answer::Again::kYes};
  WebhookMessage message = make_message(taken.delivery, rules.secrets, clock_.now());
  HttpTransfer request{.method = "POST", .url = url->text, .headers = std::move(message.headers)};
  request.body = std::move(message.body);
  request.timeout = request.stall = rules.config.timeout;
  // One after the other, for receivers of which not every address works.
  request.connect_to = pinned((*addresses)[static_cast<size_t>(number - 1) % addresses->size()], url->port);
  request.largest_body = kLargestAnswer;
  request.excess = HttpTransfer::Excess::kIsLeftOut;
  request.should_stop = [this] { return is_ending(); };
  const auto reply = transfer(request);
  if (!reply) return {0, reply.error().message, {}};
  if (reply->status / 100 == 2) return {reply->status, "", {}};
  std::string why = fmt::format("the receiver answered {}", reply->status);
  if (reply->status / 100 == 3) why += ", a redirect, which is not followed";
  return {reply->status, std::move(why), reply->status == kGone ? Answer::Again::kNever : Answer::Again::kYes};
}

void WebhookSender::note(const Taken& taken, const Answer& answer) {
  const WebhookDelivery& delivery = taken.delivery;
  const int number = taken.attempt.number;
  Status noted;
  int64_t WebhookTotals::*counted = &WebhookTotals::delivered;
  if (answer.error.empty()) {
    noted = deliveries_.end_delivered(taken.attempt, answer.status);
  } else {
    std::optional<DeliveryStore::Duration> pause;
    if (answer.again == Answer::Again::kYes && number < taken.rules->config.attempts)
      pause = pause_after(*taken.rules, number);
    noted = deliveries_.end_failed(taken.attempt, answer.status, answer.error, pause);
    counted = pause ? &WebhookTotals::failed : &WebhookTotals::given_up;
    if (!pause)
      log_warning("webhook delivery {} of job {} is given up after {} attempts: {}", delivery.id, delivery.job_id,
                  number, answer.error);
  }
  if (!noted) log_error("webhook delivery {}: {}", delivery.id, noted.error().text());
  const std::lock_guard lock(mutex_);
  ++(totals_.*counted);
}

std::chrono::milliseconds WebhookSender::pause_after(const Rules& rules, int attempt) {
  const std::lock_guard lock(random_mutex_);
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  return retry_pause(rules.config, attempt, random);
}

}  // namespace modelport

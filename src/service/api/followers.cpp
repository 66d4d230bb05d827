#include "service/api/followers.h"

#include <mutex>
#include <set>

#include "service/api/job_json.h"

namespace modelport {

namespace {

constexpr size_t kBatchBytes = 64 * 1024;
constexpr int kBatchLines = 100;

std::string one_line(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// What the two followers of one job have in common: they wait for its changes and end with it.
class JobFollower : public BodySource {
 public:
  JobFollower(Backend& backend, std::string job_id, int64_t after)
      : backend_(backend), job_id_(std::move(job_id)), after_(after) {}

  void on_ready(std::function<void()> wake) override {
    changes_ = backend_.jobs().changes().subscribe(job_id_, [wake](std::string_view) { wake(); });
    lines_ = backend_.logs().changes().subscribe(job_id_, [wake](std::string_view) { wake(); });
  }

  Batch next() override {
    // Asked first: what the job wrote before it ended is then seen by the read that follows.
    const auto job = backend_.jobs().find(job_id_);
    Batch batch;
    append(batch.text);
    if (!batch.text.empty()) {
      batch.state = State::kMore;
    } else if (!job || info(job->status).is_terminal) {
      batch.text = event_frame("", "end", one_line({{"status", job ? Json(info(job->status).name) : Json()}}));
      batch.state = State::kEnded;
    } else {
      batch.state = State::kWaiting;
    }
    return batch;
  }

 protected:
  virtual void append(std::string& frames) = 0;

  Backend& backend_;
  const std::string job_id_;
  int64_t after_;

 private:
  ChangeFeed::Subscription changes_, lines_;
};

class LogFollower : public JobFollower {
  using JobFollower::JobFollower;
  void append(std::string& frames) override {
    const auto lines = backend_.logs().read(job_id_, after_, kBatchLines);
    if (!lines) return;
    for (const LogLine& line : *lines) {
      if (frames.size() > kBatchBytes) return;
      frames += event_frame(std::to_string(line.id), "log", one_line(log_line_json(line)));
      after_ = line.id;
    }
  }
};

class HistoryFollower : public JobFollower {
  using JobFollower::JobFollower;
  void append(std::string& frames) override {
    const auto events = backend_.jobs().events(job_id_, after_, kBatchLines);
    if (!events) return;
    for (const JobEvent& event : *events) {
      frames += event_frame(std::to_string(event.id), event.type, one_line(event_json(event)));
      after_ = event.id;
    }
  }
};

class ChangeFollower : public BodySource {
 public:
  explicit ChangeFollower(Backend& backend) : backend_(backend) {}

  void on_ready(std::function<void()> wake) override {
    changes_ = backend_.jobs().changes().subscribe("", [this, wake](std::string_view job_id) {
      {
        const std::lock_guard lock(mutex_);
        changed_.emplace(job_id);
      }
      wake();
    });
  }

  Batch next() override {
    Batch batch;
    batch.state = State::kWaiting;
    CheckpointNames names(backend_.checkpoints());
    while (batch.text.size() < kBatchBytes) {
      const std::string id = take();
      if (id.empty()) return batch;
      const auto job = backend_.jobs().find(id);
      if (job) {
        batch.text += event_frame("", "job", one_line(job_json(*job, names)));
      } else if (job.error().code == ErrorCode::kNotFound) {
        batch.text += event_frame("", "removed", one_line({{"id", id}}));
      }
    }
    batch.state = State::kMore;
    return batch;
  }

 private:
  std::string take() {
    const std::lock_guard lock(mutex_);
    return changed_.empty() ? std::string() : std::move(changed_.extract(changed_.begin()).value());
  }

  Backend& backend_;
  std::mutex mutex_;
  std::set<std::string> changed_;
  ChangeFeed::Subscription changes_;
};

class LogText : public BodySource {
 public:
  LogText(Backend& backend, std::string job_id) : backend_(backend), job_id_(std::move(job_id)) {}
  void on_ready(std::function<void()>) override {}

  Batch next() override {
    const auto lines = backend_.logs().read(job_id_, after_, kBatchLines);
    if (!lines || lines->empty()) return {};
    Batch batch;
    batch.state = State::kMore;
    for (const LogLine& line : *lines) {
      batch.text +=
          fmt::format("{} {:<7} {}\n", timestamp_text(line.at), log_stream_name(line.stream), readable_line(line.text));
      after_ = line.id;
    }
    return batch;
  }

 private:
  Backend& backend_;
  const std::string job_id_;
  int64_t after_ = 0;
};

}  // namespace

std::unique_ptr<BodySource> follow_log(Backend& backend, std::string job_id, int64_t after) {
  return std::make_unique<LogFollower>(backend, std::move(job_id), after);
}

std::unique_ptr<BodySource> follow_history(Backend& backend, std::string job_id, int64_t after) {
  return std::make_unique<HistoryFollower>(backend, std::move(job_id), after);
}

std::unique_ptr<BodySource> follow_changes(Backend& backend) { return std::make_unique<ChangeFollower>(backend); }

std::unique_ptr<BodySource> log_text(Backend& backend, std::string job_id) {
  return std::make_unique<LogText>(backend, std::move(job_id));
}

}  // namespace modelport

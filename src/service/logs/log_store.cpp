#include "service/logs/log_store.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "service/logs/log_file.h"

namespace modelport {

namespace {

constexpr std::string_view kSuffix = ".log";
constexpr size_t kMostBytesAtOnce = size_t{1} << 20;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

}  // namespace

std::string_view log_stream_name(LogStream stream) {
  switch (stream) {
    case LogStream::kStdout:
      return "stdout";
    case LogStream::kStderr:
      return "stderr";
    case LogStream::kService:
      return "service";
  }
  return "";
}

/// Files that are open, by job: those that are written to, until close().
struct LogStore::State {
  struct Entry {
    std::mutex mutex;
    LogFile file;
    bool is_capped = false;  ///< The present attempt reached the limit.
    int capped_attempt = 0;
    int64_t lost = 0;  ///< Lines that the disk did not take.
    explicit Entry(LogFile opened) : file(std::move(opened)) {}
  };

  std::string directory;
  LogLimits limits;
  ChangeFeed changes;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> open;

  std::string path_of(std::string_view job_id) const { return fmt::format("{}/{}{}", directory, job_id, kSuffix); }

  /// The open file, opened (or made) where need be; null where there is none.
  Result<std::shared_ptr<Entry>> entry(std::string_view job_id, LogFile::Open how) {
    if (!is_plain_name(job_id)) return std::shared_ptr<Entry>();
    const std::lock_guard lock(mutex);
    if (const auto found = open.find(job_id); found != open.end()) return found->second;
    TRY(file, LogFile::open(path_of(job_id), how));
    if (!file) return std::shared_ptr<Entry>();
    auto made = std::make_shared<Entry>(*std::move(file));
    if (how == LogFile::Open::kMaking) open.emplace(job_id, made);
    return made;
  }

  /// Writes one line; false where the disk does not take it.
  static bool write(Entry& entry, int attempt, LogStream stream, std::string_view text, Timestamp at) {
    if (entry.lost > 0) {
      const LogLine note{entry.file.last_id() + 1, attempt, at, LogStream::kService,
                         fmt::format("{} lines are missing here: the disk did not take them", entry.lost)};
      if (!entry.file.append(note)) return false;
      entry.lost = 0;
    }
    return static_cast<bool>(entry.file.append({entry.file.last_id() + 1, attempt, at, stream, std::string(text)}));
  }
};

LogStore::LogStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogStore::~LogStore() = default;

Result<std::unique_ptr<LogStore>> LogStore::open(std::string directory, LogLimits limits) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", directory, failed.message());
  auto state = std::make_unique<State>();
  state->directory = std::move(directory);
  state->limits = limits;
  return std::unique_ptr<LogStore>(new LogStore(std::move(state)));
}

void LogStore::append(std::string_view job_id, int attempt, LogStream stream, std::string_view text, Timestamp at) {
  const auto entry = state_->entry(job_id, LogFile::Open::kMaking);
  if (!entry || !*entry) return;
  {
    State::Entry& log = **entry;
    const std::lock_guard lock(log.mutex);
    text = text.substr(0, state_->limits.line_bytes);
    const bool counts = stream != LogStream::kService;
    if (counts && log.is_capped && log.capped_attempt == attempt) return;
    const auto size = static_cast<int64_t>(text.size());
    if (counts && log.file.bytes_of(attempt) + size > state_->limits.bytes) {
      log.is_capped = true;
      log.capped_attempt = attempt;
      stream = LogStream::kService;
      const std::string mark =
          fmt::format("the log has reached its limit of {} bytes; what the exporter writes from here on is left out",
                      state_->limits.bytes);
      if (!State::write(log, attempt, stream, mark, at)) ++log.lost;
    } else if (!State::write(log, attempt, stream, text, at)) {
      ++log.lost;
    }
  }
  state_->changes.notify(job_id);
}

Result<std::vector<LogLine>> LogStore::read(std::string_view job_id, int64_t after, size_t limit) {
  TRY(entry, state_->entry(job_id, LogFile::Open::kExisting));
  if (!entry) return std::vector<LogLine>();
  const std::lock_guard lock(entry->mutex);
  return entry->file.read(after, limit, kMostBytesAtOnce);
}

Result<std::vector<LogLine>> LogStore::tail(std::string_view job_id, size_t count) {
  const int64_t after = last_id(job_id) - static_cast<int64_t>(count);
  return read(job_id, std::max<int64_t>(after, 0), count);
}

int64_t LogStore::last_id(std::string_view job_id) {
  const auto entry = state_->entry(job_id, LogFile::Open::kExisting);
  if (!entry || !*entry) return 0;
  const std::lock_guard lock((*entry)->mutex);
  return (*entry)->file.last_id();
}

void LogStore::close(std::string_view job_id) {
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto found = state_->open.find(job_id); found != state_->open.end()) state_->open.erase(found);
  }
  state_->changes.notify(job_id);
}

Status LogStore::remove(std::string_view job_id) {
  if (!is_plain_name(job_id)) return {};
  close(job_id);
  std::error_code failed;
  std::filesystem::remove(state_->path_of(job_id), failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot remove the log of {}: {}", job_id, failed.message());
  return {};
}

Result<std::vector<std::string>> LogStore::jobs() const {
  std::vector<std::string> ids;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(state_->directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().extension() == kSuffix) ids.push_back(entry->path().stem().string());
  }
  if (failed) return fail(ErrorCode::kUnreadable, "cannot list {}: {}", state_->directory, failed.message());
  return ids;
}

ChangeFeed& LogStore::changes() { return state_->changes; }

}  // namespace modelport

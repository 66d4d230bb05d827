#include "service/logs/log_store.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include "service/logs/log_file.h"

namespace modelport {

namespace {

constexpr std::string_view kSuffix = ".log";
constexpr size_t kMostBytesAtOnce = size_t{1} << 20;
/// Open for readers, beside those that are written to; each costs a descriptor and 16 bytes for 64 lines.
constexpr size_t kFilesKept = 64;

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

struct LogStore::State {
  /// One job's file, opened by the first who needs it.
  struct Entry {
    std::mutex mutex;
    std::optional<LogFile> file;
    bool is_capped = false;  ///< The present attempt reached the limit.
    int capped_attempt = 0;
    int64_t lost = 0;  ///< Lines that the disk did not take.
  };
  using Shared = std::shared_ptr<Entry>;
  struct Read {
    Shared entry;
    uint64_t used = 0;
  };

  std::string directory;
  LogLimits limits;
  ChangeFeed changes;
  std::mutex mutex;  ///< Of the maps; never held while a file is opened or read.
  /// Those that are written to, until close().
  std::map<std::string, Shared, std::less<>> written;
  /// Those that were read last, so that a reader need not look through the whole file for every batch.
  std::map<std::string, Read, std::less<>> read;
  uint64_t uses = 0;

  std::string path_of(std::string_view job_id) const { return fmt::format("{}/{}{}", directory, job_id, kSuffix); }

  Shared to_write(std::string_view job_id) {
    if (!is_plain_name(job_id)) return nullptr;
    const std::lock_guard lock(mutex);
    Shared& entry = written[std::string(job_id)];
    if (!entry) entry = std::make_shared<Entry>();
    return entry;
  }

  /// Calls `work` with the file of a job as it is now; not at all where there is none.
  template <class Work>
  Status reading(std::string_view job_id, Work work) {
    if (!is_plain_name(job_id)) return {};
    bool is_written = false;
    const Shared entry = to_read(job_id, is_written);
    const std::lock_guard lock(entry->mutex);
    if (entry->file && !is_written) {
      TRY(is_there, entry->file->refresh());
      if (!is_there) entry->file.reset();
    }
    if (!entry->file) {
      TRY(opened, LogFile::open(path_of(job_id), LogFile::Open::kExisting));
      if (!opened) return {};
      // What is opened to write is opened by who writes.
      if (is_written) return work(*opened);
      entry->file = std::move(opened);
    }
    return work(*entry->file);
  }

  Shared to_read(std::string_view job_id, bool& is_written) {
    const std::lock_guard lock(mutex);
    if (const auto found = written.find(job_id); found != written.end()) {
      is_written = true;
      return found->second;
    }
    Read& row = read[std::string(job_id)];
    if (!row.entry) row.entry = std::make_shared<Entry>();
    row.used = ++uses;
    const Shared entry = row.entry;
    let_oldest_go();
    return entry;
  }

  void let_oldest_go() {
    if (read.size() <= kFilesKept) return;
    read.erase(std::ranges::min_element(read, {}, [](const auto& each) { return each.second.used; }));
  }

  /// What was written is still known to who reads it next.
  void close(std::string_view job_id) {
    const std::lock_guard lock(mutex);
    const auto found = written.find(job_id);
    if (found == written.end()) return;
    read[found->first] = {found->second, ++uses};
    written.erase(found);
    let_oldest_go();
  }

  void forget(std::string_view job_id) {
    const std::lock_guard lock(mutex);
    if (const auto found = read.find(job_id); found != read.end()) read.erase(found);
  }

  bool open_to_write(std::string_view job_id, Entry& entry) const {
    if (entry.file) return true;
    auto opened = LogFile::open(path_of(job_id), LogFile::Open::kMaking);
    if (opened) entry.file = *std::move(opened);
    return entry.file.has_value();
  }

  /// Writes one line; false where the disk does not take it.
  static bool write(Entry& entry, int attempt, LogStream stream, std::string_view text, Timestamp at) {
    if (entry.lost > 0) {
      const LogLine note{0, attempt, at, LogStream::kService,
                         fmt::format("{} lines are missing here: the disk did not take them", entry.lost)};
      if (!entry.file->append(note)) return false;
      entry.lost = 0;
    }
    return static_cast<bool>(entry.file->append({0, attempt, at, stream, std::string(text)}));
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
  const State::Shared entry = state_->to_write(job_id);
  if (!entry) return;
  {
    State::Entry& log = *entry;
    const std::lock_guard lock(log.mutex);
    text = text.substr(0, state_->limits.line_bytes);
    const bool counts = stream != LogStream::kService;
    if (counts && log.is_capped && log.capped_attempt == attempt) return;
    const auto size = static_cast<int64_t>(text.size());
    if (!state_->open_to_write(job_id, log)) {
      ++log.lost;
    } else if (counts && log.file->bytes_of(attempt) + size > state_->limits.bytes) {
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
  std::vector<LogLine> lines;
  CHECK_OK(state_->reading(job_id, [&](const LogFile& file) -> Status {
    TRY(found, file.read(after, limit, kMostBytesAtOnce));
    lines = std::move(found);
    return {};
  }));
  return lines;
}

Result<std::vector<LogLine>> LogStore::tail(std::string_view job_id, size_t count) {
  const int64_t after = last_id(job_id) - static_cast<int64_t>(count);
  return read(job_id, std::max<int64_t>(after, 0), count);
}

int64_t LogStore::last_id(std::string_view job_id) {
  int64_t last = 0;
  (void)state_->reading(job_id, [&](const LogFile& file) -> Status {
    last = file.last_id();
    return {};
  });
  return last;
}

void LogStore::close(std::string_view job_id) {
  state_->close(job_id);
  state_->changes.notify(job_id);
}

Status LogStore::remove(std::string_view job_id) {
  if (!is_plain_name(job_id)) return {};
  close(job_id);
  state_->forget(job_id);
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

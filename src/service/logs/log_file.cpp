#include "service/logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace modelport {

namespace {

constexpr int64_t kLinesPerLandmark = 64;
constexpr size_t kReadAtOnce = size_t{64} << 10;

/// Takes a number and the space behind it off the front.
template <class Number>
bool take(std::string_view& text, Number& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<size_t>(end - text.data());
  if (failed != std::errc() || length >= text.size() || text[length] != ' ') return false;
  text.remove_prefix(length + 1);
  return true;
}

std::optional<LogLine> parse(std::string_view record) {
  LogLine line;
  int64_t micros = 0;
  int stream = 0;
  if (!take(record, line.id) || !take(record, line.attempt) || !take(record, micros) || !take(record, stream) ||
      stream < 0 || stream > 2)
    return std::nullopt;
  line.at = Timestamp(std::chrono::microseconds(micros));
  line.stream = static_cast<LogStream>(stream);
  line.text = record;
  return line;
}

/// Calls `each` with every whole record from `offset` on, its offset and its size; stops when that gives false.
template <class Each>
Status for_each_record(int file, int64_t offset, Each each) {
  std::string pending;
  std::array<char, kReadAtOnce> buffer;
  int64_t at = offset;
  while (true) {
    const ssize_t count = ::pread(file, buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ErrorCode::kUnreadable, "cannot read a log: {}", std::strerror(errno));
    if (count == 0) return {};
    offset += count;
    pending.append(buffer.data(), static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const auto size = static_cast<int64_t>(end + 1 - begin);
      if (!each(std::string_view(pending).substr(begin, end - begin), at, size)) return {};
      at += size;
    }
    pending.erase(0, begin);
  }
}

}  // namespace

Result<std::optional<LogFile>> LogFile::open(const std::string& path, Open how) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (how == Open::kMaking ? O_CREAT : 0);
  Descriptor file(::open(path.c_str(), flags, 0640));
  if (!file.is_open() && errno == ENOENT) return std::optional<LogFile>();
  if (!file.is_open()) return fail(ErrorCode::kUnwritable, "cannot open {}: {}", path, std::strerror(errno));
  LogFile log(std::move(file));
  CHECK_OK(log.scan());
  if (how == Open::kMaking) CHECK_OK(log.catch_up());
  return std::optional(std::move(log));
}

Status LogFile::scan() {
  CHECK_OK(for_each_record(file_.get(), size_, [&](std::string_view record, int64_t offset, int64_t size) {
    const auto line = parse(record);
    if (!line) return false;
    note(*line, offset, size);
    return true;
  }));
  return {};
}

Result<bool> LogFile::refresh() {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0)
    return fail(ErrorCode::kUnreadable, "cannot read a log: {}", std::strerror(errno));
  if (info.st_nlink == 0) return false;
  if (info.st_size > size_) CHECK_OK(scan());
  return true;
}

/// To what is there now, without a record that has no end.
Status LogFile::catch_up() {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0)
    return fail(ErrorCode::kUnreadable, "cannot read a log: {}", std::strerror(errno));
  if (info.st_size == size_) return {};
  CHECK_OK(scan());
  if (info.st_size > size_ && ::ftruncate(file_.get(), size_) != 0)
    return fail(ErrorCode::kUnwritable, "cannot cut a log: {}", std::strerror(errno));
  return {};
}

void LogFile::note(const LogLine& line, int64_t offset, int64_t size) {
  if (last_id_ % kLinesPerLandmark == 0) landmarks_.push_back({line.id, offset});
  last_id_ = line.id;
  size_ = offset + size;
  if (line.attempt != attempt_) attempt_bytes_ = 0;
  attempt_ = line.attempt;
  if (line.stream != LogStream::kService) attempt_bytes_ += static_cast<int64_t>(line.text.size());
}

Status LogFile::append(LogLine line) {
  CHECK_OK(catch_up());
  if (line.attempt < attempt_) return {};
  line.id = last_id_ + 1;
  std::string record = fmt::format("{} {} {} {} {}", line.id, line.attempt, line.at.time_since_epoch().count(),
                                   static_cast<int>(line.stream), line.text);
  std::ranges::replace(record, '\n', ' ');
  record += '\n';
  for (size_t done = 0; done < record.size();) {
    const ssize_t count =
        ::pwrite(file_.get(), record.data() + done, record.size() - done, size_ + static_cast<int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail(ErrorCode::kUnwritable, "cannot write a log: {}", std::strerror(errno));
    done += static_cast<size_t>(count);
  }
  note(line, size_, static_cast<int64_t>(record.size()));
  return {};
}

Result<std::vector<LogLine>> LogFile::read(int64_t after, size_t limit, size_t most_bytes) const {
  std::vector<LogLine> lines;
  if (after >= last_id_ || limit == 0) return lines;
  const auto above = std::ranges::upper_bound(landmarks_, after + 1, {}, &Landmark::id);
  const int64_t from = above == landmarks_.begin() ? 0 : std::prev(above)->offset;
  size_t bytes = 0;
  CHECK_OK(for_each_record(file_.get(), from, [&](std::string_view record, int64_t, int64_t) {
    auto line = parse(record);
    if (!line || line->id > last_id_) return false;
    if (line->id <= after) return true;
    bytes += line->text.size();
    lines.push_back(*std::move(line));
    return lines.size() < limit && bytes < most_bytes;
  }));
  return lines;
}

}  // namespace modelport

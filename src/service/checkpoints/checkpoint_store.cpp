#include "service/checkpoints/checkpoint_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "base/json.h"
#include "base/places.h"
#include "base/printable.h"
#include "io/beneath.h"
#include "io/failpoint.h"
#include "io/output_file.h"
#include "service/checkpoints/archive_expansion.h"
#include "service/checkpoints/checkpoint_root.h"
#include "service/checkpoints/digest.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// An upload that is not finished, or is being removed, lies in such a directory.
constexpr std::string_view kArriving = ".arriving-";
/// In a checkpoint's directory: the content, and what it is. The record is written last.
constexpr std::string_view kContent = "content";
constexpr std::string_view kRecord = "record.json";

std::string plain_letter(char c) {
  const bool is_letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_letter || c == '.' || c == '_' || c == '-' ? std::string(1, c) : "_";
}

std::string plain_name(std::string_view name) {
  const size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string plain;
  for (const char c : name.substr(0, 120)) plain += plain_letter(c);
  if (plain.find_first_not_of('.') == std::string::npos) return "checkpoint";
  return plain;
}

/// Of UTF-8, a byte that is not a letter's first.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Marks that turn the direction of what follows (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069): a name with one
/// reads otherwise than it is.
bool turns_direction(std::string_view letter) {
  if (letter.size() != 3 || letter[0] != '\xE2') return false;
  const auto last = static_cast<unsigned char>(letter[2]);
  if (letter[1] == '\x80') return last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE);
  return letter[1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

/// As people are shown it: letters of every script, and ASCII as plain_name() has it.
std::string shown_name(std::string_view name) {
  constexpr size_t kLongestName = 120;
  const size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string shown;
  for (size_t at = 0; at < name.size();) {
    const auto first = static_cast<unsigned char>(name[at]);
    size_t length = 1;
    while (first >= 0x80 && at + length < name.size() && is_continuation(name[at + length])) ++length;
    const std::string_view letter = name.substr(at, length);
    at += letter.size();
    if (shown.size() + letter.size() > kLongestName) break;
    const bool is_kept = first >= 0x80 && printable(letter) == letter && !turns_direction(letter);
    shown += first < 0x80 ? plain_letter(letter[0]) : is_kept ? std::string(letter) : "_";
  }
  if (shown.find_first_not_of('.') == std::string::npos) return "checkpoint";
  return shown;
}

/// Of an archive, the name of the directory in it.
std::string without_archive_suffix(std::string name) {
  for (const std::string_view suffix : {".zip", ".tar"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

bool is_digest(std::string_view id) {
  return id.size() == 64 &&
         std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Status write_record(const std::string& path, const CheckpointInfo& info, const std::string& file_name) {
  const Json record = {{"name", info.name},
                       {"file", file_name},
                       {"kind", info.kind == CheckpointInfo::Kind::kFile ? "file" : "directory"},
                       {"bytes", info.bytes},
                       {"stored_at", timestamp_text(info.stored_at)}};
  const std::string text = print_json(record);
  TRY(file, OutputFile::create(path));
  CHECK_OK(file.append(std::as_bytes(std::span(text))));
  return file.finish();
}

Result<std::string> read_small_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return fail(ErrorCode::kNotFound, "{} cannot be read", path);
  std::string text(4096, '\0');
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  text.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

Status check_regular(const struct stat& info) {
  if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return {};
  return fail(ErrorCode::kHostile, "the checkpoint is neither a file nor a directory");
}

constexpr int kExpansionsAtOnce = 2;
/// Digests and ids that are remembered.
constexpr size_t kMostKept = 1000;

Error no_source() {
  Error error = fail(ErrorCode::kInvalidArgument, "checkpoint_path is a URL, and no place for such is configured");
  error.hint = "upload the checkpoint, or have its bucket added to checkpoint_sources";
  return error;
}

/// What tells one content of a file from the next without reading it.
using FileStamp = std::tuple<dev_t, ino_t, off_t, int64_t, int64_t>;
FileStamp stamp_of(const struct stat& info) {
  const auto nanoseconds = [](const timespec& time) { return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec; };
  return {info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

}  // namespace

struct CheckpointStore::State {
  std::string directory;
  std::vector<std::string> roots;
  CheckpointLimits limits;
  Places expansions{kExpansionsAtOnce};
  std::mutex mutex;
  std::map<FileStamp, ContentDigest> digests;  ///< Of files under the roots.
  std::unique_ptr<CheckpointSource> source;    ///< Null: URLs are refused.
  std::map<std::string, std::string> fetched;  ///< Id by URL and stamp.

  std::string place_of(std::string_view id) const { return fmt::format("{}/{}", directory, id); }
};

namespace {

class StoredUpload final : public CheckpointUpload {
 public:
  StoredUpload(CheckpointStore& store, std::string directory, std::string arriving, OutputFile file, UploadKind kind,
               CheckpointInfo info, std::string file_name, CheckpointLimits limits, Places& expansions)
      : store_(store),
        directory_(std::move(directory)),
        arriving_(std::move(arriving)),
        file_(std::move(file)),
        kind_(kind),
        info_(std::move(info)),
        file_name_(std::move(file_name)),
        limits_(limits),
        expansions_(expansions) {}
  ~StoredUpload() override { (void)remove_tree(arriving_); }

  Status append(std::span<const std::byte> bytes) override {
    if (static_cast<int64_t>(bytes.size()) > limits_.upload_bytes - file_.size())
      return fail(ErrorCode::kInvalidArgument, "the upload is larger than the {} bytes that are allowed",
                  limits_.upload_bytes);
    return file_.append(bytes);
  }

  Result<CheckpointInfo> finish() override {
    CHECK_OK(file_.finish());
    const std::string content = fmt::format("{}/{}", arriving_, kContent);
    info_.id = file_.sha256();
    info_.bytes = file_.size();
    if (kind_ == UploadKind::kDirectory) {
      TRY(turn, expansions_.take("archives are being expanded"));
      CHECK_OK(expand(content));
    }
    failpoint("upload: before its record");
    CHECK_OK(write_record(fmt::format("{}/{}", arriving_, kRecord), info_, file_name_));
    CHECK_OK(sync_directory(content));
    CHECK_OK(sync_directory(arriving_));
    failpoint("upload: before it has its name");
    CHECK_OK(take_place(fmt::format("{}/{}", directory_, info_.id)));
    failpoint("upload: after it has its name");
    CHECK_OK(sync_directory(directory_));
    TRY(stored, store_.find(info_.id));
    stored.name = info_.name;
    return stored;
  }

 private:
  Status take_place(const std::string& place) {
    if (::rename(arriving_.c_str(), place.c_str()) == 0) return {};
    if (errno != ENOTEMPTY && errno != EEXIST)
      return fail(ErrorCode::kUnwritable, "cannot keep the upload: {}", std::strerror(errno));
    if (const auto there = store_.find(info_.id)) return renew(*there, place);
    // Without its record it is nothing.
    CHECK_OK(store_.remove(info_.id));
    if (::rename(arriving_.c_str(), place.c_str()) == 0) return {};
    return fail(ErrorCode::kBusy, "the same content is being uploaded or removed; send it again");
  }

  /// The same content is there already. It stays where it is, and counts as stored now, under this name: whoever sent
  /// it again has yet to use it.
  Status renew(CheckpointInfo there, const std::string& place) {
    there.stored_at = std::max(there.stored_at, info_.stored_at);
    const std::string record = fmt::format("{}/{}", arriving_, kRecord);
    const std::string file = fs::path(there.path).filename();
    there.name = info_.name;
    CHECK_OK(write_record(record, there, file));
    if (::rename(record.c_str(), fmt::format("{}/{}", place, kRecord).c_str()) == 0) return {};
    return fail(ErrorCode::kBusy, "the same content is being removed; send it again");
  }

  /// Replaces the archive by the directory that it holds.
  Status expand(const std::string& content) {
    const std::string archive = file_.path();
    info_.name = without_archive_suffix(info_.name);
    file_name_ = without_archive_suffix(file_name_);
    const std::string target = fmt::format("{}/{}", content, file_name_);
    const std::string expanding = fmt::format("{}/expanding", arriving_);
    CHECK_OK(expand_archive(archive, expanding, limits_));
    if (::unlink(archive.c_str()) != 0 || ::rename(expanding.c_str(), target.c_str()) != 0)
      return fail(ErrorCode::kUnwritable, "cannot keep the upload: {}", std::strerror(errno));
    const Descriptor directory(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    TRY(digest, digest_directory(directory.get()));
    if (::syncfs(directory.get()) != 0)
      return fail(ErrorCode::kUnwritable, "cannot make the upload durable: {}", std::strerror(errno));
    info_.id = digest.id;
    info_.bytes = digest.bytes;
    info_.kind = CheckpointInfo::Kind::kDirectory;
    return {};
  }

  CheckpointStore& store_;
  std::string directory_, arriving_;
  OutputFile file_;
  UploadKind kind_;
  CheckpointInfo info_;
  std::string file_name_;
  CheckpointLimits limits_;
  Places& expansions_;
};

}  // namespace

CheckpointStore::CheckpointStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
CheckpointStore::~CheckpointStore() = default;

Result<std::unique_ptr<CheckpointStore>> CheckpointStore::open(std::string directory, std::vector<std::string> roots,
                                                               CheckpointLimits limits,
                                                               std::unique_ptr<CheckpointSource> source) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", directory, failed.message());
  // What an earlier process had not finished.
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, failed)) {
    std::error_code gone;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(entry.path(), gone);
    // Of a clock that was set back, nothing is old; where nobody else writes, everything is.
    const bool is_abandoned = limits.abandoned_after.count() == 0 || age >= limits.abandoned_after;
    if (entry.path().filename().string().starts_with(kArriving) && !gone && is_abandoned)
      (void)remove_tree(entry.path().string());
  }
  auto state = std::make_unique<State>();
  state->directory = std::move(directory);
  state->roots = std::move(roots);
  state->limits = limits;
  state->source = std::move(source);
  return std::unique_ptr<CheckpointStore>(new CheckpointStore(std::move(state)));
}

Result<std::unique_ptr<CheckpointUpload>> CheckpointStore::begin_upload(std::string_view name, UploadKind kind,
                                                                        Timestamp now) {
  std::string arriving = fmt::format("{}/{}XXXXXX", state_->directory, kArriving);
  if (::mkdtemp(arriving.data()) == nullptr)
    return fail(ErrorCode::kUnwritable, "cannot keep an upload: {}", std::strerror(errno));
  const std::string content = fmt::format("{}/{}", arriving, kContent);
  CheckpointInfo info;
  info.name = shown_name(name);
  const std::string file_name = plain_name(name);
  info.stored_at = now;
  if (::mkdir(content.c_str(), 0755) != 0) {
    const int reason = errno;
    (void)remove_tree(arriving);
    return fail(ErrorCode::kUnwritable, "cannot keep an upload: {}", std::strerror(reason));
  }
  auto file = OutputFile::create(fmt::format("{}/{}", content, file_name));
  if (!file) {
    (void)remove_tree(arriving);
    return std::move(file).error();
  }
  return std::unique_ptr<CheckpointUpload>(
      std::make_unique<StoredUpload>(*this, state_->directory, std::move(arriving), *std::move(file), kind,
                                     std::move(info), file_name, state_->limits, state_->expansions));
}

Result<CheckpointInfo> CheckpointStore::find(std::string_view id) {
  const Error missing = fail(ErrorCode::kNotFound, "there is no checkpoint {}", is_digest(id) ? id : "of this id");
  if (!is_digest(id)) return missing;
  const std::string place = state_->place_of(id);
  const auto text = read_small_file(fmt::format("{}/{}", place, kRecord));
  if (!text) return missing;
  TRY(record, parse_json(*text, ErrorCode::kDamaged));
  CheckpointInfo info;
  info.id = id;
  info.name = record.value("name", "checkpoint");
  info.kind = record.value("kind", "") == "directory" ? CheckpointInfo::Kind::kDirectory : CheckpointInfo::Kind::kFile;
  info.bytes = record.value("bytes", int64_t{0});
  info.stored_at = timestamp_from_text(record.value("stored_at", "")).value_or(Timestamp());
  info.path = fmt::format("{}/{}/{}", place, kContent, record.value("file", info.name));
  return info;
}

bool is_checkpoint_url(std::string_view path) { return path.find("://") != std::string_view::npos; }

Result<CheckpointInfo> CheckpointStore::fetch(std::string_view url) {
  if (!state_->source) return no_source();
  TRY(stamp, state_->source->stamp(url));
  const std::string name = fmt::format("{}\n{}", url, stamp);
  std::string known;
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto row = state_->fetched.find(name); row != state_->fetched.end()) known = row->second;
  }
  if (!known.empty()) {
    if (auto found = find(known)) return found;
  }
  TRY(fetched, state_->source->fetch(url, stamp, *this));
  const std::lock_guard lock(state_->mutex);
  if (state_->fetched.size() >= kMostKept) state_->fetched.clear();
  state_->fetched[name] = fetched.id;
  return fetched;
}

Status CheckpointStore::check_path(std::string_view path) {
  if (is_checkpoint_url(path)) {
    if (!state_->source) return no_source();
    CHECK_OK(state_->source->stamp(path));
    return {};
  }
  TRY(opened, open_under_roots(state_->roots, path));
  struct stat info {};
  if (::fstat(opened.file.get(), &info) != 0) return fail(ErrorCode::kUnreadable, "the checkpoint cannot be read");
  return check_regular(info);
}

Result<CheckpointInfo> CheckpointStore::resolve_path(std::string_view path) {
  if (is_checkpoint_url(path)) return fetch(path);
  TRY(opened, open_under_roots(state_->roots, path));
  struct stat stat_before {};
  if (::fstat(opened.file.get(), &stat_before) != 0)
    return fail(ErrorCode::kUnreadable, "the checkpoint cannot be read");
  CHECK_OK(check_regular(stat_before));
  CheckpointInfo info;
  info.place = CheckpointInfo::Place::kInPlace;
  info.name = fs::path(opened.path).filename().string();
  info.path = opened.path;
  if (S_ISDIR(stat_before.st_mode)) {
    info.kind = CheckpointInfo::Kind::kDirectory;
    TRY(digest, digest_directory(opened.file.get()));
    info.id = digest.id;
    info.bytes = digest.bytes;
    return info;
  }
  const FileStamp stamp = stamp_of(stat_before);
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto known = state_->digests.find(stamp); known != state_->digests.end()) {
      info.id = known->second.id;
      info.bytes = known->second.bytes;
      return info;
    }
  }
  TRY(digest, digest_file(opened.file.get()));
  struct stat stat_after {};
  if (::fstat(opened.file.get(), &stat_after) != 0 || stamp_of(stat_after) != stamp)
    return fail(ErrorCode::kBusy, "the checkpoint is being written");
  info.id = digest.id;
  info.bytes = digest.bytes;
  const std::lock_guard lock(state_->mutex);
  if (state_->digests.size() >= kMostKept) state_->digests.clear();
  state_->digests.emplace(stamp, digest);
  return info;
}

Status CheckpointStore::remove(std::string_view id) {
  if (!is_digest(id)) return fail(ErrorCode::kNotFound, "there is no checkpoint of this id");
  // First out of its place, so that nobody finds a part of it, whenever this is cut short.
  std::string leaving = fmt::format("{}/{}XXXXXX", state_->directory, kArriving);
  if (::mkdtemp(leaving.data()) == nullptr || ::rename(state_->place_of(id).c_str(), leaving.c_str()) != 0) {
    const int reason = errno;
    (void)remove_tree(leaving);
    if (reason == ENOENT) return {};
    return fail(ErrorCode::kUnwritable, "cannot remove a checkpoint: {}", std::strerror(reason));
  }
  return remove_tree(leaving);
}

Result<std::vector<CheckpointInfo>> CheckpointStore::list() {
  std::vector<CheckpointInfo> found;
  std::error_code failed;
  for (fs::directory_iterator entry(state_->directory, failed), end; !failed && entry != end; entry.increment(failed)) {
    auto info = find(entry->path().filename().string());
    if (info) found.push_back(*std::move(info));
  }
  if (failed) return fail(ErrorCode::kUnreadable, "cannot list the checkpoints: {}", failed.message());
  std::ranges::sort(found, {}, &CheckpointInfo::stored_at);
  return found;
}

}  // namespace modelport

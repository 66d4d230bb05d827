#include "io/publication.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "base/printable.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRecord = "metadata.json";
constexpr std::string_view kPreviousRecord = ".modelport-previous.json";
constexpr std::string_view kRejected = "rejected";
constexpr std::string_view kNewPrefix = ".modelport-new-";
constexpr std::string_view kAsidePrefix = ".modelport-aside-";

Error unwritable(const std::string& path, const std::string& doing, int error) {
  return fail(ErrorCode::kUnwritable, "cannot {} {}: {}", doing, path, std::strerror(error));
}

/// Makes the directory and its missing parents; `made` lists those that were made, outermost first.
Status make_directories(const std::string& directory, std::vector<std::string>& made) {
  if (::mkdir(directory.c_str(), 0777) == 0) {
    made.push_back(directory);
    return {};
  }
  if (errno == EEXIST) return {};
  if (errno != ENOENT) return unwritable(directory, "make the directory", errno);
  const std::string parent = fs::path(directory).parent_path().string();
  if (parent.empty() || parent == directory) return unwritable(directory, "make the directory", ENOENT);
  CHECK_OK(make_directories(parent, made));
  if (::mkdir(directory.c_str(), 0777) == 0) {
    made.push_back(directory);
  } else if (errno != EEXIST) {
    return unwritable(directory, "make the directory", errno);
  }
  return {};
}

/// The entry of the directory that holds this file: itself, or the package that it is part of.
std::string entry_of(std::string_view name) { return std::string(name.substr(0, name.find('/'))); }

/// A name that a record may speak for: a path below the directory whose entry is not one of ours.
bool is_artifact_name(const std::string& name) {
  if (name.find('\0') != std::string::npos || entry_of(name) == kRecord || name.starts_with(".modelport-"))
    return false;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

/// The files that a record lists, wherever the record is malformed: none.
std::vector<Json> listed_files(const Json& record) {
  std::vector<Json> files;
  const Json::json_pointer pointer("/extra_metadata/files");
  if (!record.contains(pointer) || !record.at(pointer).is_array()) return files;
  for (const Json& file : record.at(pointer)) {
    if (file.is_object() && file.contains("name") && file["name"].is_string() && is_artifact_name(file["name"]))
      files.push_back(file);
  }
  return files;
}

std::vector<std::string> listed_names(const Json& record) {
  std::vector<std::string> names;
  for (const Json& file : listed_files(record)) names.push_back(file["name"]);
  return names;
}

bool lists(const Json& record, const std::string& name) { return std::ranges::count(listed_names(record), name) > 0; }

/// The entries that hold the files a record lists, each once.
std::vector<std::string> listed_entries(const Json& record) {
  std::vector<std::string> entries;
  for (const std::string& name : listed_names(record)) {
    if (std::ranges::count(entries, entry_of(name)) == 0) entries.push_back(entry_of(name));
  }
  return entries;
}

/// A record of this directory, or null where there is none or it is not JSON.
Json read_record(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file) return nullptr;
  const std::span<const std::byte> bytes = (*file)->bytes();
  auto record = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ErrorCode::kDamaged);
  return record ? *record : Json(nullptr);
}

bool holds(const std::string& path, const Json& record_of_file) {
  const auto file = MappedFile::open(path);
  return file && record_of_file.contains("sha256") && record_of_file["sha256"] == sha256_hex((*file)->bytes());
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Whether this is a folder of nothing but plain files of these names, relative to it, and folders of such.
template <class Names>
bool holds_only(const std::string& folder, const Names& names) {
  if (!is_directory(folder)) return false;
  std::error_code unreadable;
  for (fs::recursive_directory_iterator entry(folder, unreadable), end; !unreadable && entry != end;
       entry.increment(unreadable)) {
    const fs::file_type type = entry->symlink_status().type();
    const std::string name = entry->path().lexically_relative(folder).string();
    const auto lies_in_it = [&](std::string_view file) { return file.starts_with(name + "/"); };
    const bool expected = type == fs::file_type::directory ? std::ranges::any_of(names, lies_in_it)
                          : type == fs::file_type::regular ? std::ranges::find(names, name) != std::end(names)
                                                           : false;
    if (!expected) return false;
  }
  return !unreadable;
}

/// Whether the record speaks for an entry of the directory: lists it, or, of a package, every file in it.
bool speaks_for(const Json& record, const std::string& directory, const std::string& entry) {
  std::vector<std::string> parts;
  for (const std::string& name : listed_names(record)) {
    if (name == entry) return true;
    if (entry_of(name) == entry) parts.push_back(name.substr(entry.size() + 1));
  }
  return !parts.empty() && holds_only(directory + "/" + entry, parts);
}

/// The entries of the directory that `record` speaks for and `kept_by`, where there is one, does not list.
std::vector<std::string> entries_only_in(const Json& record, const Json* kept_by, const std::string& directory) {
  const std::vector<std::string> kept = kept_by == nullptr ? std::vector<std::string>() : listed_entries(*kept_by);
  std::vector<std::string> entries;
  for (const std::string& entry : listed_entries(record)) {
    if (std::ranges::count(kept, entry) == 0 && speaks_for(record, directory, entry)) entries.push_back(entry);
  }
  return entries;
}

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

void remove_entry(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

Result<std::unique_ptr<Publication>> Publication::begin(const std::string& directory) {
  std::vector<std::string> made;
  const std::string target = without_trailing_slashes(directory);
  CHECK_OK(make_directories(target, made));
  const int descriptor = ::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return unwritable(target, "open the output directory", errno);
  std::unique_ptr<Publication> publication(new Publication(target, descriptor, std::move(made)));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    publication->state_ = State::kCommitted;
    if (errno != EWOULDBLOCK) return unwritable(target, "lock", errno);
    Error error = fail(ErrorCode::kBusy, "another export is writing to {}", target);
    error.hint = "wait for it or choose another --output_dir";
    return error;
  }
  if (::access(target.c_str(), W_OK | X_OK) != 0) {
    const int reason = errno;
    publication->state_ = State::kCommitted;
    return unwritable(target, "write into", reason);
  }
  if (is_directory(publication->path(kRecord)))
    return fail(ErrorCode::kUnwritable, "cannot replace {}: it is a directory", publication->path(kRecord));
  CHECK_OK(publication->finish_interrupted_run());
  return publication;
}

Publication::~Publication() {
  discard();
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string Publication::path(std::string_view name) const { return directory_ + "/" + std::string(name); }

std::string Publication::staged_path(std::string_view name) const {
  return path(std::string(kNewPrefix) + std::string(name));
}

Status Publication::finish_interrupted_run() {
  remove_leftovers(kAsidePrefix);
  const Json record = read_record(path(kRecord));
  const Json previous = read_record(path(kPreviousRecord));
  const Json unpublished = read_record(staged_path(kRecord));
  if (exists(path(kRecord))) {
    remove_listed(previous, &record);
  } else {
    // Killed between taking the old record away and putting the new one there: what the new one describes is in place
    // without a record.
    for (const Json& file : listed_files(unpublished)) {
      const std::string name = file["name"], entry = entry_of(name);
      if (holds(path(name), file) && speaks_for(unpublished, directory_, entry)) remove_whole(entry);
    }
    remove_listed(previous, nullptr);
  }
  remove_leftovers(kNewPrefix);
  remove_entry(path(kPreviousRecord));
  return {};
}

Result<std::shared_ptr<OutputFile>> Publication::create(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kOpen) return fail(ErrorCode::kInterrupted, "the export was interrupted");
  const std::string entry = entry_of(name);
  if (is_directory(path(entry)) && !speaks_for(read_record(path(kRecord)), directory_, entry))
    return fail(ErrorCode::kUnwritable, "cannot replace {}: it is a directory of no earlier export", path(entry));
  if (std::ranges::find(entries_, entry) == entries_.end()) entries_.push_back(entry);
  const std::string staged = staged_path(name);
  if (entry != name) CHECK_OK(make_directories(fs::path(staged).parent_path().string(), package_directories_));
  TRY(file, OutputFile::create(staged));
  auto shared = std::make_shared<OutputFile>(std::move(file));
  pending_.push_back({name, shared});
  return shared;
}

Status Publication::commit(const Json& metadata) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kOpen) return fail(ErrorCode::kInterrupted, "the export was interrupted");
  CHECK_OK(write_record(metadata));
  CHECK_OK(replace_files(metadata));
  state_ = State::kCommitted;
  const Json previous = read_record(path(kPreviousRecord));
  std::string removed;
  for (const std::string& entry : entries_only_in(previous, &metadata, directory_))
    removed += (removed.empty() ? "" : ", ") + printable(entry);
  if (!removed.empty()) {
    log_warning(
        "{} held another export: removed {} (a directory holds one export; several formats in one run get one each)",
        directory_, removed);
  }
  remove_listed(previous, &metadata);
  remove_leftovers(kAsidePrefix);
  remove_entry(path(kPreviousRecord));
  ::fsync(descriptor_);
  return {};
}

Result<std::string> Publication::reject(std::span<const std::string_view> replaceable) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kOpen) return fail(ErrorCode::kInterrupted, "the export was interrupted");
  const std::string target = path(kRejected);
  if (exists(target) && !holds_only(target, replaceable))
    return fail(ErrorCode::kUnwritable, "cannot replace {}: it is not the folder of an earlier run", target);
  const std::string staging = staged_path(kRejected);
  if (const Status moved = move_into_rejected(staging); !moved) {
    remove_entry(staging);
    return moved.error();
  }
  state_ = State::kCommitted;
  remove_leftovers(kAsidePrefix);
  ::fsync(descriptor_);
  return target;
}

/// The folder is made beside the old one and takes its place by a rename.
Status Publication::move_into_rejected(const std::string& staging) const {
  const std::string target = path(kRejected), aside = path(std::string(kAsidePrefix) + std::string(kRejected));
  if (::mkdir(staging.c_str(), 0777) != 0) return unwritable(staging, "make the directory", errno);
  for (const std::string& entry : entries_) {
    const std::string kept = staging + "/" + entry;
    if (::rename(staged_path(entry).c_str(), kept.c_str()) != 0) return unwritable(kept, "rename a file to", errno);
  }
  const bool replaces = exists(target);
  if (replaces && ::rename(target.c_str(), aside.c_str()) != 0) return unwritable(aside, "rename a folder to", errno);
  if (::rename(staging.c_str(), target.c_str()) == 0) return {};
  const int reason = errno;
  if (replaces) ::rename(aside.c_str(), target.c_str());
  return unwritable(target, "rename a folder to", reason);
}

void Publication::remove_rejected(std::span<const std::string_view> replaceable) {
  const std::lock_guard lock(mutex_);
  if (holds_only(path(kRejected), replaceable)) remove_entry(path(kRejected));
}

Status Publication::write_record(const Json& metadata) {
  TRY(record, OutputFile::create(staged_path(kRecord)));
  const std::string text = print_json(metadata);
  CHECK_OK(record.append(std::as_bytes(std::span(text))));
  return record.finish();
}

Status Publication::replace_files(const Json& metadata) {
  for (const Pending& pending : pending_) {
    if (!lists(metadata, pending.name))
      return fail(ErrorCode::kInternal, "metadata.json does not list {}", pending.name);
  }
  CHECK_OK(sync_packages());
  std::vector<Renamed> done;
  const Status status = rename_into_place(done);
  if (!status) {
    for (auto step = done.rbegin(); step != done.rend(); ++step) ::rename(step->to.c_str(), step->from.c_str());
    return status;
  }
  ::fsync(descriptor_);
  return {};
}

/// The names in new packages, before a record speaks of them; their files are synced by finish().
Status Publication::sync_packages() const {
  for (const std::string& directory : package_directories_) {
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!synced) return unwritable(directory, "write", reason);
  }
  return {};
}

Status Publication::rename_into_place(std::vector<Renamed>& done) const {
  const auto rename_entry = [&](const std::string& from, const std::string& to) -> Status {
    if (::rename(from.c_str(), to.c_str()) != 0) return unwritable(to, "rename a file to", errno);
    done.push_back({from, to});
    return {};
  };
  if (exists(path(kRecord))) CHECK_OK(rename_entry(path(kRecord), path(kPreviousRecord)));
  for (const std::string& entry : entries_) {
    if (exists(path(entry))) CHECK_OK(rename_entry(path(entry), path(std::string(kAsidePrefix) + entry)));
    CHECK_OK(rename_entry(staged_path(entry), path(entry)));
  }
  return rename_entry(staged_path(kRecord), path(kRecord));
}

void Publication::remove_listed(const Json& record, const Json* kept_by) const {
  for (const std::string& entry : entries_only_in(record, kept_by, directory_)) remove_whole(entry);
}

/// A package leaves by a rename, so that a run that is killed leaves all of it or nothing under its name.
void Publication::remove_whole(const std::string& entry) const {
  const std::string aside = path(std::string(kAsidePrefix) + entry);
  const bool moved = is_directory(path(entry)) && ::rename(path(entry).c_str(), aside.c_str()) == 0;
  remove_entry(moved ? aside : path(entry));
}

void Publication::remove_leftovers(std::string_view prefix) const {
  std::error_code ignored;
  std::vector<std::string> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) leftovers.push_back(path(name));
  }
  for (const std::string& leftover : leftovers) remove_entry(leftover);
}

void Publication::abort() {
  const std::lock_guard lock(mutex_);
  discard();
}

void Publication::discard() {
  if (state_ != State::kOpen) return;
  state_ = State::kAborted;
  for (const std::string& entry : entries_) remove_entry(staged_path(entry));
  remove_entry(staged_path(kRecord));
  for (auto made = made_directories_.rbegin(); made != made_directories_.rend(); ++made) ::rmdir(made->c_str());
}

}  // namespace modelport

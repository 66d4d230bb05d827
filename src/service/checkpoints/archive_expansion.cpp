#include "service/checkpoints/archive_expansion.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>

#include "io/mapped_file.h"
#include "service/checkpoints/member_name.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_zip(std::span<const std::byte> bytes) { return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK", 2) == 0; }
bool is_tar(std::span<const std::byte> bytes) {
  return bytes.size() >= 512 && std::memcmp(bytes.data() + 257, "ustar", 5) == 0;
}

/// Where `directory` holds nothing but one directory, that one takes its place.
Status unwrap_single_folder(const std::string& directory) {
  std::error_code failed;
  fs::directory_iterator entries(directory, failed);
  if (failed || entries == fs::directory_iterator()) return {};
  const fs::path only = entries->path();
  if (++entries != fs::directory_iterator() || !fs::is_directory(only)) return {};
  const std::string aside = directory + ".inner";
  fs::rename(only, aside, failed);
  if (!failed) fs::remove(directory, failed);
  if (!failed) fs::rename(aside, directory, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot expand the archive: {}", failed.message());
  return {};
}

}  // namespace

Status Expansion::check_count(size_t members) const {
  if (members <= limits_.members) return {};
  return fail(ErrorCode::kInvalidArgument, "the archive has more than {} members", limits_.members);
}

Status Expansion::claim(const std::string& name, Member member) {
  CHECK_OK(check_count(++members_));
  const std::string key = lower(name);
  for (size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
    const auto [row, is_new] = taken_.emplace(key.substr(0, slash), Member::kDirectory);
    if (row->second == Member::kFile)
      return fail(ErrorCode::kHostile, "member {} lies in another member that is a file", name);
  }
  const auto [row, is_new] = taken_.emplace(key, member);
  const bool is_repeated_directory = row->second == Member::kDirectory && member == Member::kDirectory;
  if (!is_new && !is_repeated_directory) return fail(ErrorCode::kHostile, "member {} is there twice", name);
  return {};
}

Status Expansion::add_directory(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  if (name == "." || name.empty()) return {};
  CHECK_OK(check_member_name(name));
  CHECK_OK(claim(std::string(name), Member::kDirectory));
  std::error_code failed;
  fs::create_directories(fs::path(directory_) / name, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot expand the archive: {}", failed.message());
  return {};
}

Result<OutputFile> Expansion::open_file(std::string_view name, uint64_t size) {
  CHECK_OK(check_member_name(name));
  CHECK_OK(claim(std::string(name), Member::kFile));
  if (size > static_cast<uint64_t>(limits_.expanded_bytes) - bytes_)
    return fail(ErrorCode::kInvalidArgument, "the archive expands to more than {} bytes", limits_.expanded_bytes);
  bytes_ += size;
  ++files_;
  const fs::path path = fs::path(directory_) / name;
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot expand the archive: {}", failed.message());
  return OutputFile::create(path.string());
}

Status Expansion::add_file(std::string_view name, std::span<const std::byte> content) {
  TRY(file, open_file(name, content.size()));
  CHECK_OK(file.append(content));
  return file.finish();
}

Status expand_archive(const std::string& archive, const std::string& target, const CheckpointLimits& limits) {
  TRY(file, MappedFile::open(archive));
  std::error_code failed;
  fs::create_directory(target, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot expand the archive: {}", failed.message());
  Expansion into(target, limits);
  if (is_zip(file->bytes())) {
    CHECK_OK(expand_zip(file->bytes(), into));
  } else if (is_tar(file->bytes())) {
    CHECK_OK(expand_tar(file->bytes(), into));
  } else {
    return fail(ErrorCode::kDamaged, "a directory is uploaded as a zip or an uncompressed tar; this is neither");
  }
  if (into.files() == 0) return fail(ErrorCode::kInvalidArgument, "the archive holds no file");
  return unwrap_single_folder(target);
}

}  // namespace modelport

#include "checkpoint/checkpoint.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <unordered_set>

#include "base/work_count.h"
#include "checkpoint/hub_directory.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/torch_legacy.h"
#include "checkpoint/torch_zip.h"
#include "io/zip_reader.h"

namespace modelport {
namespace {

/// Members of archives that torch did not write are scanned up to this size.
constexpr uint64_t kScanLimit = uint64_t{64} << 20;
/// All members together are inflated to so many times the archive's size.
constexpr uint64_t kScanLimitPerByte = 32;

Error unread_container(Container container) {
  const ContainerInfo& info = container_info(container);
  Error error = fail(ErrorCode::kUnsupportedModel, "unsupported checkpoint container: {}", info.name);
  error.hint = info.hint;
  return error;
}

/// The pickles among the members. Flags are not believed: a member that claims to be encrypted may be plain.
std::vector<std::pair<std::string, PickleScan>> scan_members(const ZipReader& zip, CheckpointFamilies families) {
  std::vector<std::pair<std::string, PickleScan>> scans;
  uint64_t left = 4 * kScanLimit;
  for (const ZipMember& member : zip.members()) left += kScanLimitPerByte * member.raw.size();
  for (const ZipMember& member : zip.members()) {
    std::vector<std::byte> buffer;
    std::span<const std::byte> content = member.raw;
    if (member.size > kScanLimit || content.size() > kScanLimit) continue;
    if (member.method == ZipMember::Method::kDeflated) {
      auto inflated = inflate_member(member, std::min(kScanLimit, left));
      if (!inflated) continue;
      left -= inflated->size();
      buffer = *std::move(inflated);
      content = buffer;
    }
    PickleScan scan = scan_pickles(content, families);
    if (scan.pickles > 0 || !scan.refused_calls.empty()) scans.emplace_back(member.name, std::move(scan));
  }
  return scans;
}

/// What lies behind the local headers of an archive whose directory cannot be believed.
std::vector<std::pair<std::string, PickleScan>> scan_local_members(std::span<const std::byte> bytes,
                                                                   CheckpointFamilies families) {
  constexpr std::string_view kLocalSignature = "PK\x03\x04";
  constexpr size_t kHeaderSize = 30;
  constexpr size_t kMostMembers = 16;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<std::pair<std::string, PickleScan>> scans;
  size_t at = 0;
  for (size_t i = 0; i < kMostMembers; ++i) {
    at = text.find(kLocalSignature, at);
    if (at == std::string_view::npos || bytes.size() - at < kHeaderSize) break;
    const auto field = [&](size_t offset) {
      return static_cast<size_t>(text[at + offset] & 0xff) | static_cast<size_t>(text[at + offset + 1] & 0xff) << 8;
    };
    const size_t name_size = field(26);
    const size_t data = at + kHeaderSize + name_size + field(28);
    if (data > bytes.size()) break;
    PickleScan scan = scan_pickles(bytes.subspan(data, std::min<size_t>(bytes.size() - data, kScanLimit)), families);
    if (!scan.globals.empty()) scans.emplace_back(text.substr(at + kHeaderSize, name_size), std::move(scan));
    at = data;
  }
  return scans;
}

std::optional<Error> first_hostile_call(const std::vector<std::pair<std::string, PickleScan>>& scans) {
  for (const auto& [name, scan] : scans) {
    if (auto error = hostile_call_error(scan)) return (*std::move(error)).in(name);
  }
  return std::nullopt;
}

/// A hostile call is the better name for a broken archive than what is broken.
Error refuse_broken_zip(std::span<const std::byte> bytes, CheckpointFamilies families, Error broken) {
  if (auto error = first_hostile_call(scan_local_members(bytes, families))) {
    error->message += fmt::format("; {}", broken.message);
    return *std::move(error);
  }
  return broken;
}

Error refuse_zip(const ZipReader& zip, CheckpointFamilies families, Container container) {
  if (auto error = first_hostile_call(scan_members(zip, families))) return *std::move(error);
  return unread_container(container);
}

/// Files without a known beginning: whatever can be read as a pickle is told as one.
Error refuse_pickle(std::span<const std::byte> bytes, CheckpointFamilies families, Container container) {
  constexpr size_t kMostNamed = 10;
  const PickleScan scan = scan_pickles(bytes, families);
  if (auto error = hostile_call_error(scan)) return *std::move(error);
  if (!scan.damage) return unread_container(Container::kPlainPickle);
  const bool says_pickle = !bytes.empty() && bytes[0] == std::byte{0x80};
  if (scan.pickles > 0 || says_pickle || !scan.globals.empty()) {
    Error error = *scan.damage;
    for (size_t i = 0; i < std::min(scan.globals.size(), kMostNamed); ++i)
      error.message += fmt::format("; it names {}", scan.globals[i].qualified_name());
    return std::move(error).in(std::string(container_info(Container::kPlainPickle).name));
  }
  if (container == Container::kText) return unread_container(container);
  return fail(ErrorCode::kDamaged, "this is no checkpoint of a known kind: as a pickle it ends at once ({})",
              scan.damage->message);
}

Result<Checkpoint> open_mapped(const std::shared_ptr<const MappedFile>& file, CheckpointFamilies families) {
  const auto bytes = file->bytes();
  if (bytes.empty()) return fail(ErrorCode::kDamaged, "the file is empty");
  auto arena = std::make_shared<PickleArena>(families);
  Checkpoint checkpoint;
  checkpoint.path = file->path();
  checkpoint.files = {{checkpoint.path.substr(checkpoint.path.rfind('/') + 1), file}};
  checkpoint.container = container_from_bytes(bytes);
  switch (checkpoint.container) {
    case Container::kZip: {
      auto opened = ZipReader::open(bytes);
      if (!opened) return refuse_broken_zip(bytes, families, std::move(opened).error());
      const ZipReader& zip = *opened;
      checkpoint.container = classify_zip(zip);
      if (checkpoint.container != Container::kTorchZip) return refuse_zip(zip, families, checkpoint.container);
      TRY(root, read_torch_zip(zip, bytes.size(), file, *arena));
      checkpoint.root = root;
      break;
    }
    case Container::kTorchLegacy: {
      TRY(root, read_torch_legacy(bytes, file, *arena).in(std::string(container_info(checkpoint.container).name)));
      checkpoint.root = root;
      break;
    }
    case Container::kSafetensors: {
      TRY(read, read_safetensors(bytes, file, *arena));
      checkpoint.root = read.root;
      checkpoint.metadata = std::move(read.metadata);
      break;
    }
    case Container::kPlainPickle:
    case Container::kText:
    case Container::kUnknown:
      return refuse_pickle(bytes, families, checkpoint.container);
    default:
      return unread_container(checkpoint.container);
  }
  checkpoint.arena = std::move(arena);
  return checkpoint;
}

/// What to do about a file that is not whole.
Error with_advice(Error error) {
  if (error.code == ErrorCode::kDamaged && error.hint.empty())
    error.hint = "it is damaged or incomplete: copy or download it again, or save it again where it was made";
  return error;
}

/// What to give in place of a directory.
Error with_file_inside(Error error, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return error;
  for (const char* name : {"weights/best.pt", "best.pt", "weights/last.pt", "last.pt", "model.safetensors"}) {
    if (!fs::is_regular_file(fs::path(path) / name, ignored)) continue;
    error.hint = fmt::format("it holds {}: give that", name);
    return error;
  }
  error.hint = "a checkpoint is one file (.pt, .pth or .safetensors): give its path";
  return error;
}

/// Walks containers and objects depth first, each once, without recursion.
class TensorWalk {
 public:
  std::vector<NamedTensor> run(const PickleValue& root) {
    pending_.push_back({root, kNoLink});
    while (!pending_.empty()) {
      const auto [value, link] = pending_.back();
      pending_.pop_back();
      count_work();
      if (value.identity() && !seen_.insert(value.identity()).second) continue;
      if (const PickleTensor* node = value.tensor_node()) {
        found_.push_back({name_of(link), node->tensor, node->role});
        continue;
      }
      children_.clear();
      add_children(value, link);
      pending_.insert(pending_.end(), children_.rbegin(), children_.rend());
    }
    return std::move(found_);
  }

 private:
  /// Deeper and longer names than any network has are cut: a file could make them as long as it nests.
  static constexpr size_t kMostParts = 64;
  static constexpr size_t kLongestPart = 1000;
  static constexpr size_t kNoLink = std::numeric_limits<size_t>::max();

  /// One part of a name and the part before it.
  struct Link {
    std::string part;
    size_t before;
  };

  std::string name_of(size_t link) const {
    std::vector<std::string_view> parts;
    for (; link != kNoLink && parts.size() <= kMostParts; link = links_[link].before)
      parts.push_back(links_[link].part);
    if (parts.size() > kMostParts) parts.back() = "..";
    std::ranges::reverse(parts);
    std::string name = fmt::format("{}", fmt::join(parts, "."));
    count_work(name.size());
    return name;
  }

  void add(const PickleValue& value, size_t link, std::string_view part) {
    count_work();
    if (!value.identity()) return;
    links_.push_back({std::string(part.substr(0, kLongestPart)), link});
    children_.emplace_back(value, links_.size() - 1);
  }

  void add_dict(const PickleDict& dict, size_t link) {
    for (const auto& [key, value] : dict.entries) {
      if (auto text = key.as_string()) {
        add(value, link, *text);
      } else {
        add(value, link, pickle_value_text(key, 80));
      }
    }
  }

  /// What hangs on a dict that another object shares was met there.
  bool is_new(const PickleDict* dict) { return dict && seen_.insert(dict).second; }

  void add_attributes(const PickleObject& object, size_t link) {
    const bool is_module = object.is_module();
    for (const auto& [key, item] : object.attributes()->entries) {
      const auto text = key.as_string();
      // `_modules`, `_parameters` and `_buffers` do not count in the names that PyTorch users know.
      const bool is_slot = is_module && (text == "_modules" || text == "_parameters" || text == "_buffers");
      if (is_slot && item.as_dict()) {
        if (is_new(item.as_dict())) add_dict(*item.as_dict(), link);
      } else if (text) {
        add(item, link, *text);
      }
    }
  }

  void add_children(const PickleValue& value, size_t link) {
    if (const auto* items = value.as_sequence()) {
      for (size_t i = 0; i < items->size(); ++i) add((*items)[i], link, fmt::to_string(i));
    } else if (const PickleDict* dict = value.as_dict()) {
      add_dict(*dict, link);
    } else if (const PickleObject* object = value.as_object()) {
      if (is_new(object->attributes())) add_attributes(*object, link);
      for (size_t i = 0; i < object->list_items.size(); ++i) add(object->list_items[i], link, fmt::to_string(i));
      add_dict(object->dict_items, link);
      for (size_t i = 0; i < object->arguments.size(); ++i) add(object->arguments[i], link, fmt::to_string(i));
    }
  }

  std::vector<std::pair<PickleValue, size_t>> pending_;
  std::vector<std::pair<PickleValue, size_t>> children_;
  std::vector<Link> links_;
  std::unordered_set<const void*> seen_;
  std::vector<NamedTensor> found_;
};

}  // namespace

const PickleValue* Checkpoint::find(std::string_view key) const {
  const PickleDict* dict = root.as_dict();
  return dict ? dict->find(key) : nullptr;
}

int64_t Checkpoint::byte_count() const {
  int64_t count = 0;
  for (const CheckpointFile& each : files) count += static_cast<int64_t>(each.file->bytes().size());
  return count;
}

Status Checkpoint::check_intact() const {
  for (const CheckpointFile& each : files) CHECK_OK(each.file->check_intact());
  return {};
}

std::vector<PickleGlobal> Checkpoint::globals() const { return {arena->globals().begin(), arena->globals().end()}; }

Result<Checkpoint> open_checkpoint(const std::string& path, CheckpointFamilies families) {
  return is_hub_directory(path) ? open_hub_directory(path, families).in(path) : open_checkpoint_file(path, families);
}

Result<Checkpoint> open_checkpoint_file(const std::string& path, CheckpointFamilies families) {
  auto file = MappedFile::open(path);
  if (!file) return with_file_inside(std::move(file).error(), path);
  auto checkpoint = open_mapped(*file, families);
  if (!checkpoint) return with_advice(std::move(checkpoint).error()).in(path);
  return checkpoint;
}

Result<CheckpointSurvey> survey_checkpoint(const std::string& path, CheckpointFamilies families) {
  TRY(file, MappedFile::open(path));
  CheckpointSurvey survey;
  survey.container = container_from_bytes(file->bytes());
  switch (survey.container) {
    case Container::kZip: {
      auto zip = ZipReader::open(file->bytes());
      if (!zip) {
        survey.pickles = scan_local_members(file->bytes(), families);
        break;
      }
      survey.container = classify_zip(*zip);
      survey.pickles = scan_members(*zip, families);
      break;
    }
    case Container::kTorchLegacy:
    case Container::kPlainPickle:
    case Container::kText:
    case Container::kUnknown: {
      PickleScan scan = scan_pickles(file->bytes(), families);
      if (scan.pickles > 0 || !scan.globals.empty()) survey.pickles.emplace_back("", std::move(scan));
      break;
    }
    default:
      break;
  }
  return survey;
}

std::vector<NamedTensor> list_tensors(const PickleValue& root) { return TensorWalk().run(root); }

}  // namespace modelport

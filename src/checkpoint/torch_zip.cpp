#include "checkpoint/torch_zip.h"

#include <algorithm>
#include <unordered_map>

#include "checkpoint/pickle_reader.h"
#include "checkpoint/pickle_scan.h"
#include "checkpoint/storage_id.h"

namespace modelport {
namespace {

/// The part of a member's name after its top folder; all of it when there is none.
std::string_view below_top(std::string_view name) {
  const size_t slash = name.find('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

const ZipMember* find_below_top(const ZipReader& zip, std::string_view name) {
  const auto found = std::ranges::find_if(zip.members(), [&](const ZipMember& member) {
    return member.name.size() > name.size() && below_top(member.name) == name;
  });
  return found == zip.members().end() ? nullptr : &*found;
}

bool any_below_top(const ZipReader& zip, std::string_view prefix) {
  return std::ranges::any_of(zip.members(),
                             [&](const ZipMember& member) { return below_top(member.name).starts_with(prefix); });
}

/// Reads members and bounds what all of them together may inflate to.
class Archive {
 public:
  Archive(const ZipReader& zip, uint64_t file_size, std::shared_ptr<const void> owner)
      : zip_(zip), owner_(std::move(owner)), inflate_left_((uint64_t{256} << 20) + 32 * file_size) {}

  struct Content {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
  };

  Result<Content> read(const ZipMember& member) {
    auto buffer = std::make_shared<std::vector<std::byte>>();
    TRY(bytes, read_member(member, inflate_left_, *buffer));
    if (buffer->empty()) return Content{bytes, owner_};
    inflate_left_ -= buffer->size();
    return Content{bytes, std::move(buffer)};
  }

  /// The storage called `key`; read and verified once.
  Result<Content> storage(std::string_view folder, const std::string& key) {
    const auto known = storages_.find(key);
    if (known != storages_.end()) return known->second;
    const std::string name = fmt::format("{}/data/{}", folder, key);
    const ZipMember* member = zip_.find(name);
    if (!member) return fail(ErrorCode::kDamaged, "the archive has no member {}", name);
    TRY(content, read(*member));
    storages_.emplace(key, content);
    return content;
  }

 private:
  const ZipReader& zip_;
  std::shared_ptr<const void> owner_;
  uint64_t inflate_left_;
  std::unordered_map<std::string, Content> storages_;
};

Status check_byte_order(const ZipReader& zip, std::string_view folder, Archive& archive) {
  const ZipMember* member = zip.find(fmt::format("{}/byteorder", folder));
  if (!member) return {};
  TRY(content, archive.read(*member));
  const std::string_view order(reinterpret_cast<const char*>(content.bytes.data()), content.bytes.size());
  if (order == "little") return {};
  if (order == "big") {
    Error error = fail(ErrorCode::kUnsupportedModel, "the checkpoint was saved on a big-endian machine");
    error.hint = "load and save it again on a little-endian one";
    return error;
  }
  return fail(ErrorCode::kDamaged, "member {} is neither 'little' nor 'big'", member->name);
}

/// Pickles that nothing reads may still be meant for whoever unpacks the archive.
Status check_other_pickles(const ZipReader& zip, const ZipMember& main, Archive& archive) {
  for (const ZipMember& member : zip.members()) {
    if (&member == &main || !(member.name.ends_with(".pkl") || member.name.ends_with(".pickle"))) continue;
    TRY(content, archive.read(member));
    if (auto error = hostile_call_error(scan_pickles(content.bytes))) return (*std::move(error)).in(member.name);
  }
  return {};
}

}  // namespace

Container classify_zip(const ZipReader& zip) {
  const auto any_ends = [&](std::string_view end) {
    return std::ranges::any_of(zip.members(), [&](const ZipMember& member) { return member.name.ends_with(end); });
  };
  const auto all_end = [&](std::string_view end) {
    return std::ranges::all_of(zip.members(), [&](const ZipMember& member) { return member.name.ends_with(end); });
  };
  const bool has_pickle = find_below_top(zip, "data.pkl") != nullptr;
  if (has_pickle &&
      (find_below_top(zip, "constants.pkl") || find_below_top(zip, "bytecode.pkl") || any_below_top(zip, "code/"))) {
    return Container::kTorchScript;
  }
  if (find_below_top(zip, "archive_format") || find_below_top(zip, "serialized_exported_program.json") ||
      zip.find("serialized_exported_program.json")) {
    return Container::kPt2;
  }
  if (any_below_top(zip, ".data/extern_modules")) return Container::kTorchPackage;
  if (has_pickle) return Container::kTorchZip;
  if (zip.find("config.json") && (zip.find("metadata.json") || zip.find("model.weights.h5"))) {
    return Container::kKerasZip;
  }
  if (std::ranges::any_of(zip.members(), &ZipMember::is_encrypted)) return Container::kEncryptedZip;
  if (any_ends("saved_model.pb")) return Container::kSavedModelZip;
  if (any_ends(".mlmodel") && any_ends("Manifest.json")) return Container::kCoreMlZip;
  if (any_ends(".onnx")) return Container::kOnnxZip;
  if (!zip.members().empty() && all_end(".npy")) return Container::kNumpyZip;
  return Container::kZip;
}

Result<PickleValue> read_torch_zip(const ZipReader& zip, uint64_t file_size, std::shared_ptr<const void> owner,
                                   PickleArena& arena) {
  const auto is_main = [](const ZipMember& member) {
    return member.name.find('/') != std::string::npos && below_top(member.name) == "data.pkl";
  };
  const auto main = std::ranges::find_if(zip.members(), is_main);
  if (main == zip.members().end()) return fail(ErrorCode::kDamaged, "the archive has no data.pkl in a folder");
  if (std::ranges::count_if(zip.members(), is_main) > 1) {
    return fail(ErrorCode::kHostile, "the archive has more than one data.pkl");
  }
  const std::string folder = main->name.substr(0, main->name.find('/'));
  Archive archive(zip, file_size, owner);
  CHECK_OK(check_byte_order(zip, folder, archive));
  TRY(pickle, archive.read(*main));
  arena.keep(pickle.owner);

  const PersistentLoader loader = [&](const PickleValue& id) -> Result<PickleValue> {
    TRY(parsed, parse_storage_id(id));
    TRY(content, archive.storage(folder, parsed.key));
    if (static_cast<uint64_t>(parsed.byte_count) > content.bytes.size()) {
      return fail(ErrorCode::kDamaged, "storage {} declares {} bytes, its member has {}", parsed.key, parsed.byte_count,
                  content.bytes.size());
    }
    PickleStorage storage;
    storage.dtype = parsed.dtype;
    storage.typed = parsed.typed;
    storage.element_count = parsed.element_count;
    storage.bytes = content.bytes.first(static_cast<size_t>(parsed.byte_count));
    storage.owner = content.owner;
    storage.key = std::move(parsed.key);
    return PickleValue::storage(arena.new_storage(std::move(storage)));
  };
  auto read = read_pickle(pickle.bytes, arena, loader);
  if (!read || read->size != pickle.bytes.size()) {
    // A hostile call behind the damage, or behind the end, is the better name for this file.
    if (auto error = refused_call_error(scan_pickles(pickle.bytes, arena.families())))
      return (*std::move(error)).in(main->name);
    if (!read) return std::move(read).error().in(main->name);
    return fail(ErrorCode::kDamaged, "{} bytes follow the pickle's end at byte {}", pickle.bytes.size() - read->size,
                read->size)
        .in(main->name);
  }
  CHECK_OK(check_other_pickles(zip, *main, archive));
  return read->value;
}

}  // namespace modelport

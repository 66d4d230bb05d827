#include "checkpoint/torch_legacy.h"

#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "checkpoint/pickle_reader.h"
#include "checkpoint/pickle_scan.h"
#include "checkpoint/storage_id.h"

namespace modelport {
namespace {

constexpr int64_t kLegacyProtocol = 1001;

using Resolve = std::function<Result<PickleStorage>(const StorageId&)>;

/// Ids are storages, or classes with their source text: ('module', class, file, source), where the class is the value.
PersistentLoader loader_with(PickleArena& arena, Resolve resolve) {
  return [&arena, resolve = std::move(resolve)](const PickleValue& id) -> Result<PickleValue> {
    const auto* items = id.as_sequence();
    if (items && items->size() == 4 && (*items)[0].as_string() == "module" && (*items)[1].as_global()) {
      return (*items)[1];
    }
    TRY(parsed, parse_storage_id(id));
    TRY(storage, resolve(parsed));
    return PickleValue::storage(arena.new_storage(std::move(storage)));
  };
}

/// Reads consecutive pickles of one file.
class PickleStream {
 public:
  explicit PickleStream(std::span<const std::byte> bytes) : bytes_(bytes) {}
  size_t position() const { return position_; }

  Result<PickleValue> next(PickleArena& arena, const PersistentLoader& loader) {
    TRY(pickle, read_pickle(bytes_.subspan(position_), arena, loader)
                    .in(fmt::format("pickle at byte {} of the file", position_)));
    position_ += pickle.size;
    return pickle.value;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
};

Status check_preamble(PickleStream& stream, PickleArena& arena, const PersistentLoader& loader) {
  CHECK_OK(stream.next(arena, loader));
  TRY(protocol, stream.next(arena, loader));
  if (protocol.as_integer() != kLegacyProtocol) {
    return fail(ErrorCode::kDamaged, "the legacy protocol is {}, not {}", pickle_value_text(protocol, 40),
                kLegacyProtocol);
  }
  TRY(system, stream.next(arena, loader));
  const PickleDict* facts = system.as_dict();
  const PickleValue* little_endian = facts ? facts->find("little_endian") : nullptr;
  if (!little_endian || little_endian->as_bool() != true) {
    return fail(ErrorCode::kUnsupportedModel, "the checkpoint was saved on a big-endian machine");
  }
  return {};
}

using Spans = std::map<std::string, std::span<const std::byte>, std::less<>>;

/// The storages' bytes behind the last pickle, in the order of `keys`.
Result<Spans> locate(std::span<const std::byte> bytes, size_t at, const PickleValue& keys,
                     const std::map<std::string, StorageId, std::less<>>& declared) {
  Spans spans;
  const auto* list = keys.as_sequence();
  if (!list) return fail(ErrorCode::kDamaged, "the list of storage keys is {}", pickle_kind_name(keys.kind()));
  for (const PickleValue& item : *list) {
    const auto key = item.as_string();
    const auto known = key ? declared.find(*key) : declared.end();
    if (known == declared.end()) {
      return fail(ErrorCode::kDamaged, "byte {}: storage {} is listed, nothing refers to it", at,
                  pickle_value_text(item, 40));
    }
    int64_t count = 0;
    if (bytes.size() - at < sizeof(count)) return fail(ErrorCode::kDamaged, "byte {}: storage {} is missing", at, *key);
    std::memcpy(&count, bytes.data() + at, sizeof(count));
    at += sizeof(count);
    const StorageId& id = known->second;
    const bool counts_agree =
        count == id.element_count || (id.typed == PickleStorage::Typed::kNo && count == id.byte_count);
    if (!counts_agree || static_cast<uint64_t>(id.byte_count) > bytes.size() - at) {
      return fail(ErrorCode::kDamaged, "byte {}: storage {} has {} elements, {} are declared and {} bytes are left", at,
                  *key, count, id.element_count, bytes.size() - at);
    }
    spans.emplace(*key, bytes.subspan(at, static_cast<size_t>(id.byte_count)));
    at += static_cast<size_t>(id.byte_count);
  }
  if (at != bytes.size())
    return fail(ErrorCode::kDamaged, "byte {}: {} bytes follow the last storage", at, bytes.size() - at);
  return spans;
}

Result<PickleValue> read(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, PickleArena& arena) {
  // First pass: which storages there are, and where the pickles end.
  PickleArena scratch;
  std::map<std::string, StorageId, std::less<>> declared;
  const PersistentLoader note = loader_with(scratch, [&](const StorageId& id) -> Result<PickleStorage> {
    const auto [known, is_new] = declared.emplace(id.key, id);
    if (!is_new && (known->second.byte_count != id.byte_count)) {
      return fail(ErrorCode::kDamaged, "storage {} is declared with two sizes", id.key);
    }
    PickleStorage storage;
    storage.located = PickleStorage::Located::kLater;
    return storage;
  });
  PickleStream stream(bytes);
  CHECK_OK(check_preamble(stream, scratch, note));
  const size_t object_at = stream.position();
  CHECK_OK(stream.next(scratch, note));
  TRY(keys, stream.next(scratch, note));
  TRY(spans, locate(bytes, stream.position(), keys, declared));

  // Second pass: the object, with its storages.
  arena.keep(owner);
  const PersistentLoader resolve = loader_with(arena, [&](const StorageId& id) -> Result<PickleStorage> {
    const auto span = spans.find(id.key);
    if (span == spans.end()) return fail(ErrorCode::kDamaged, "storage {} is not in the file", id.key);
    PickleStorage storage;
    storage.dtype = id.dtype;
    storage.typed = id.typed;
    storage.key = id.key;
    storage.element_count = id.view ? id.view->element_count : id.element_count;
    storage.bytes = span->second;
    if (id.view) {
      const auto size = static_cast<size_t>(dtype_bytes(id.dtype));
      storage.bytes = storage.bytes.subspan(static_cast<size_t>(id.view->offset) * size,
                                            static_cast<size_t>(id.view->element_count) * size);
    }
    storage.owner = owner;
    return storage;
  });
  TRY(object, read_pickle(bytes.subspan(object_at), arena, resolve));
  return object.value;
}

}  // namespace

Result<PickleValue> read_torch_legacy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                      PickleArena& arena) {
  auto value = read(bytes, std::move(owner), arena);
  if (!value) {
    if (auto error = refused_call_error(scan_pickles(bytes, arena.families()))) return *std::move(error);
  }
  return value;
}

}  // namespace modelport

#include "checkpoint/pickle_scan.h"

#include <algorithm>

#include "checkpoint/acting_call.h"

namespace modelport {
namespace {

bool is_rebuilt_tensor(const PickleGlobal& global) {
  return global.module == "torch._utils" && global.name.starts_with("_rebuild_tensor");
}

}  // namespace

Error RefusedCall::error() const {
  if (verdict == CallVerdict::kActs) {
    Error error = fail(ErrorCode::kHostile, "pickle, byte {}: {}", offset, text);
    error.hint = "the file would run code when Python loads it; nothing was run";
    const std::string_view advice = advice_on_acting(text);
    if (!advice.empty()) error.hint += fmt::format("; {}", advice);
    return error;
  }
  Error error =
      fail(ErrorCode::kUnknownContent, "pickle, byte {}: not read: {}, which this reader does not know", offset, text);
  error.hint =
      "nothing was run; where the file was made, save it again without that value, docs/checkpoint_contents.md says "
      "what is read";
  return error;
}

PickleScan scan_pickles(std::span<const std::byte> bytes, CheckpointFamilies families) {
  PickleScan scan;
  PickleArena arena(families);
  const PersistentLoader loader = [&arena](const PickleValue& id) -> Result<PickleValue> {
    // Legacy files name classes with their source text this way.
    const auto* items = id.as_sequence();
    if (items && items->size() == 4 && (*items)[0].as_string() == "module") return (*items)[1];
    PickleStorage storage;
    storage.located = PickleStorage::Located::kLater;
    return PickleValue::storage(arena.new_storage(std::move(storage)));
  };
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t calls_before = scan.refused_calls.size();
    auto pickle = read_pickle(bytes.subspan(at), arena, loader, {}, &scan.refused_calls);
    for (size_t i = calls_before; i < scan.refused_calls.size(); ++i) scan.refused_calls[i].offset += at;
    if (!pickle) {
      scan.damage = std::move(pickle).error();
      if (at > 0) scan.damage = (*std::move(scan.damage)).in(fmt::format("after {} bytes of pickles", at));
      break;
    }
    ++scan.pickles;
    at += pickle->size;
  }
  for (const PickleGlobal& global : arena.globals()) {
    if (global.module == kRefusedModule) continue;
    scan.globals.push_back(global);
    if (is_rebuilt_tensor(global)) scan.tensors = PickleScan::Tensors::kSome;
  }
  return scan;
}

std::optional<Error> hostile_call_error(const PickleScan& scan) {
  const auto hostile = std::ranges::find(scan.refused_calls, CallVerdict::kActs, &RefusedCall::verdict);
  return hostile == scan.refused_calls.end() ? std::nullopt : std::optional(hostile->error());
}

std::optional<Error> refused_call_error(const PickleScan& scan) {
  if (auto hostile = hostile_call_error(scan)) return hostile;
  return scan.refused_calls.empty() ? std::nullopt : std::optional(scan.refused_calls.front().error());
}

}  // namespace modelport

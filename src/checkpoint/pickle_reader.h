#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// Bounds that no honest checkpoint comes near; beyond them a pickle is hostile.
struct PickleLimits {
  size_t bytes = size_t{256} << 20;
  /// Values on the stack, and open marks.
  size_t stack = size_t{1} << 20;
  size_t memo = size_t{8} << 20;
  /// Values stored or copied in all; bounds what memo references can multiply.
  size_t work = size_t{64} << 20;
};

/// Turns a persistent id (for torch: the tuple ('storage', type, key, location, size)) into a value.
using PersistentLoader = std::function<Result<PickleValue>(const PickleValue& id)>;

struct UnpickledValue {
  PickleValue value;
  /// Bytes up to and including the STOP opcode.
  size_t size = 0;
};

/// A call that is refused, and the offset of its opcode.
struct RefusedCall {
  /// What is called and how: "it calls posix.system".
  std::string text;
  size_t offset = 0;
};

/// Module name of the class of objects that stand for the results of refused calls.
inline constexpr std::string_view kRefusedModule = "<refused>";

/// Reads one pickle of protocol 0 to 5 as data, into `arena`. Nothing is imported or called: instances become inert
/// objects, and a call (REDUCE, INST, OBJ, NEWOBJ_EX) of anything that is not in the table of pickle_call.h fails
/// with kHostile, wherever it sits, naming the callable and the byte offset. kDamaged names the offset too. Texts
/// may point into `bytes`, which must outlive the arena.
/// With `refused_calls` such calls are recorded there instead and give an inert object: to report all of a file.
/// The opcodes are those of CPython's Lib/pickletools.py.
Result<UnpickledValue> read_pickle(std::span<const std::byte> bytes, PickleArena& arena, const PersistentLoader& loader,
                                   const PickleLimits& limits = {}, std::vector<RefusedCall>* refused_calls = nullptr);

}  // namespace modelport

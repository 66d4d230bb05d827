#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/pickle_call.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// Bounds that no honest checkpoint comes near; beyond them a pickle is hostile.
struct PickleLimits {
  size_t bytes = size_t{256} << 20;
  /// Values on the stack, and open marks.
  size_t stack = size_t{1} << 20;
  size_t memo = size_t{8} << 20;
  /// Values stored or copied in all, and no more than four a byte; bounds what memo references can multiply.
  size_t work = size_t{64} << 20;
  /// Bytes of a module's or a class's name.
  size_t name = 1000;
  /// Refused calls that are recorded.
  size_t refused_calls = 10'000;
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
  CallVerdict verdict = CallVerdict::kActs;

  /// kHostile or kUnknownContent, with what to do.
  Error error() const;
};

/// Reads one pickle of protocol 0 to 5 as data, into `arena`. Nothing is imported or called: instances become inert
/// objects, and a call (REDUCE, INST, OBJ) of anything that is not known to hold data (pickle_call.h) fails, wherever
/// it sits, naming the callable and the byte offset: with kHostile when it is known to act, else with kUnknownContent.
/// The classes of the file's own objects may also be called the way that members of enumerations and exceptions are.
/// kDamaged names the offset too. Texts may point into `bytes`, which must outlive the arena.
/// With `refused_calls` such calls are recorded there instead and give an inert object: to report all of a file.
/// Takes steps in proportion to `bytes`. The opcodes are those of CPython's Lib/pickletools.py.
Result<UnpickledValue> read_pickle(std::span<const std::byte> bytes, PickleArena& arena, const PersistentLoader& loader,
                                   const PickleLimits& limits = {}, std::vector<RefusedCall>* refused_calls = nullptr);

}  // namespace modelport

#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// Module name of the class of objects that stand for the results of refused calls; its name is what was called.
inline constexpr std::string_view kRefusedModule = "<refused>";

/// What a native stand-in for a callable works with.
struct PickleCall {
  PickleArena& arena;
  const PickleGlobal& callable;
  std::span<const PickleValue> arguments;
  /// What is left of the reader's allowance for copies; a stand-in that copies takes from it.
  size_t& work_left;
};

/// One callable that honest checkpoints call and that is evaluated here, on data, without importing anything.
struct PickleCallable {
  /// "torch._utils._rebuild_tensor_v2", as Python 3 names it; for a row that ends in '*', any name with that prefix.
  std::string_view name;
  Result<PickleValue> (*evaluate)(const PickleCall&);
  /// What the stand-in does and why that cannot harm.
  std::string_view reason;
};

/// A class's own method that honest checkpoints name: `getattr(owner, name)` is data.
struct PickleMethod {
  /// A row that ends in '*' stands for every class with that prefix.
  std::string_view owner;
  /// '*' stands for every name without an underscore in front.
  std::string_view name;
  std::string_view reason;
};

/// The three verdicts on a call.
enum class CallVerdict {
  kData,     ///< Known to hold data: evaluated or kept as an inert object.
  kActs,     ///< Known to act on the machine: kHostile.
  kUnknown,  ///< Anything else: kUnknownContent.
};

/// What is known to hold data whatever the framework, with exceptions and enumerations of the standard library, numpy
/// and torch beside it
/// (`evaluate_pickle_call`).
std::span<const PickleCallable> pickle_callables();
std::span<const PickleMethod> pickle_methods();

/// The row for a callable, or null; of the families by which the name is understood, too.
const PickleCallable* find_pickle_callable(const PickleGlobal& callable);
/// The row for `getattr(owner, name)`, or null.
const PickleMethod* find_pickle_method(const PickleGlobal& owner, std::string_view name);

/// The verdict on calling what has this name with arguments that fit.
CallVerdict verdict_on(const PickleGlobal& callable);

/// Whether a global that is known to act hides in a value that is about to be called or run over.
bool holds_what_acts(const PickleValue& value);

/// Whether the arguments are those of an enumeration's member: one small value.
bool is_member_value(std::span<const PickleValue> arguments);

/// Evaluates a call. kHostile when the callable, or what its arguments make it do, is known to act; kUnknownContent
/// when nothing is known of it; kDamaged when its arguments do not fit.
Result<PickleValue> evaluate_pickle_call(const PickleCall& call);

/// The error of a refused call: kHostile or kUnknownContent, by what is called.
Error refused_call(const PickleGlobal& callable, std::string_view what);

}  // namespace modelport

#pragma once

#include <span>
#include <string_view>

#include "checkpoint/pickle_value.h"

namespace modelport {

/// A name, or a family of names, whose call is known to act on the machine.
struct ActingCall {
  /// "subprocess": the module and all below it; "builtins.eval": that one name (and all below it);
  /// "pathlib.Path.*": all below it, not the name itself.
  std::string_view name;
  /// What it acts on: "processes", "code", "files", "network", "imports", "the interpreter".
  std::string_view on;
};

/// The whole table.
std::span<const ActingCall> acting_calls();

/// Modules whose mere import acts, which a reference (GLOBAL) already causes.
std::span<const ActingCall> acting_imports();

/// The row that a name falls under, or null. Exceptions of these modules hold data and fall under none. `os`, `sys` and
/// their like are known behind other modules too: `torch.os.system`.
/// What to do about a file that is most likely honest and acts all the same, by what `text` says that it calls; "" of
/// others: traced graphs and functions are pickled as code.
std::string_view advice_on_acting(std::string_view text);

const ActingCall* find_acting_call(const PickleGlobal& global);
const ActingCall* find_acting_import(std::string_view module);

}  // namespace modelport

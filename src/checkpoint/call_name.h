#pragma once

#include <string>
#include <string_view>

#include "checkpoint/pickle_value.h"

namespace modelport {

/// "module.name" as Python 3 calls it: pickles of protocol 0 to 2 keep Python 2's names (`__builtin__.xrange`,
/// `exceptions.KeyError`, `urllib2.urlopen`; CPython's Lib/_compat_pickle.py), and modules move between releases.
std::string current_name(const PickleGlobal& global);

/// The last part of a dotted name: "Popen" of "subprocess.Popen".
std::string_view last_part(std::string_view name);

/// Whether it is written as Python writes classes: `Mode`, `_Mode`, `Outer.Mode`, in every part of it.
bool is_class_like(std::string_view name);

/// Whether it is written as Python writes exceptions: `KeyError`, `json.decoder.JSONDecodeError`, `UserWarning`.
bool is_exception_name(std::string_view name);

/// Whether it is one of Python's own types that hold data, such as `dict` and `str`.
bool names_builtin_type(const PickleGlobal& global);

/// Whether the module belongs to Python's standard library.
bool is_standard_library(std::string_view module);

/// Whether a part of the name reaches into the interpreter: `__globals__`, `__class__`, `__dict__` ...
bool names_an_internal(std::string_view name);

}  // namespace modelport

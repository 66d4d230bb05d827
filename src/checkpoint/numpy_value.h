#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/pickle_value.h"

namespace modelport {

/// The elements of a pickled numpy array (an inert object: `numpy.core.multiarray._reconstruct` with its state, or
/// `_frombuffer`), row by row: integers, floats, bools, or texts and bytes. `arena` owns the texts. Nothing for another
/// value, another element type, or a state that does not fit its bytes.
std::optional<std::vector<PickleValue>> numpy_array_items(const PickleValue& value, PickleArena& arena);

/// The text of a str, of an instance of a subclass of it, or of a path of pathlib; nothing for anything else.
std::optional<std::string> plain_text(const PickleValue& value);

/// The integer of an int, bool, whole float, or of the member of an enumeration; nothing for anything else.
std::optional<int64_t> plain_integer(const PickleValue& value);

/// The items of a list, tuple, set, range, or array of numpy; nothing for anything else, or for more than a million.
std::optional<std::vector<PickleValue>> plain_items(const PickleValue& value, PickleArena& arena);

}  // namespace modelport

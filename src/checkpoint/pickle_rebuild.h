#pragma once

#include "base/result.h"
#include "checkpoint/pickle_call.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

// The native stand-ins that the table in pickle_call.cpp lists. Each checks its arguments: kDamaged when they do not
// fit, kHostile when it is asked for something that could act.

/// torch._utils._rebuild_tensor(storage, offset, size, stride), and _v2 with three more arguments. A conjugate or
/// negative bit in _v2's metadata is refused: the bytes would have to change.
Result<PickleValue> rebuild_tensor(const PickleCall& call);
/// torch._utils._rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype).
Result<PickleValue> rebuild_tensor_v3(const PickleCall& call);
/// torch._utils._rebuild_parameter(data, ...).
Result<PickleValue> rebuild_parameter(const PickleCall& call);
/// torch._tensor._rebuild_from_type_v2(function, type, arguments, state).
Result<PickleValue> rebuild_from_type(const PickleCall& call);

/// An object of the callable's name that holds the arguments.
Result<PickleValue> make_inert(const PickleCall& call);
/// Dicts of nothing, a list of pairs, or another dict.
Result<PickleValue> make_dict(const PickleCall& call);
/// collections.defaultdict(factory[, items]).
Result<PickleValue> make_default_dict(const PickleCall& call);
Result<PickleValue> make_list(const PickleCall& call);
Result<PickleValue> make_tuple(const PickleCall& call);
Result<PickleValue> make_set(const PickleCall& call);
/// bytes() and bytearray() of nothing, bytes, or a text with its encoding 'latin-1'.
Result<PickleValue> make_bytes(const PickleCall& call);
/// _codecs.encode(text, 'latin1').
Result<PickleValue> encode_latin1(const PickleCall& call);
/// getattr(enumeration, 'NAME'), and getattr(object, 'method') of an inert object: how a bound method is pickled, such
/// as the `forward_fuse` that a fused module keeps under `forward`. Kept as an inert object of class builtins.getattr.
Result<PickleValue> get_member(const PickleCall& call);
/// copyreg._reconstructor(class, base, state): Python would call `base.__init__`, hence only plain bases.
Result<PickleValue> reconstruct(const PickleCall& call);
/// copyreg.__newobj__(class, *arguments).
Result<PickleValue> new_inert(const PickleCall& call);
/// numpy.core.multiarray.scalar(dtype, bytes).
Result<PickleValue> numpy_scalar(const PickleCall& call);
/// numpy.core.multiarray._reconstruct(class, shape, typecode).
Result<PickleValue> reconstruct_array(const PickleCall& call);
/// dill._dill._load_type(name).
Result<PickleValue> load_builtin_type(const PickleCall& call);

/// Whether the table lists this class as an enumeration.
bool is_listed_enumeration(const PickleGlobal& type);

}  // namespace modelport

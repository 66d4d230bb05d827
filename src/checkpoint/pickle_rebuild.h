#pragma once

#include "base/result.h"
#include "checkpoint/pickle_call.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

// The native stand-ins that the table in pickle_call.cpp lists. Each checks its arguments: kDamaged when they do not
// fit, kHostile or kUnknownContent when it is asked for something else than data.

/// torch._utils._rebuild_tensor(storage, offset, size, stride), and _v2 with three more arguments. A conjugate or
/// negative bit in _v2's metadata is refused: the bytes would have to change.
Result<PickleValue> rebuild_tensor(const PickleCall& call);
/// torch._utils._rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype).
Result<PickleValue> rebuild_tensor_v3(const PickleCall& call);
/// torch.storage._load_from_bytes(bytes) of a legacy torch.save file, whose own calls are judged as any others: a
/// storage whose bytes are not known, so that its tensors stay inert.
Result<PickleValue> load_from_bytes(const PickleCall& call);
/// torch._utils._rebuild_parameter(data, ...).
Result<PickleValue> rebuild_parameter(const PickleCall& call);
/// torch._tensor._rebuild_from_type_v2(function, type, arguments, state).
Result<PickleValue> rebuild_from_type(const PickleCall& call);

/// An object of the callable's name that holds the arguments.
Result<PickleValue> make_inert(const PickleCall& call);
/// The same of what holds functions and never calls them.
Result<PickleValue> hold_uncalled(const PickleCall& call);
/// The same of objects: what wraps a network calls what it is given.
Result<PickleValue> make_wrapper(const PickleCall& call);
/// numpy.random's constructors, which call their arguments: of values and names of numpy.random only.
Result<PickleValue> make_generator(const PickleCall& call);
/// Dicts of nothing, a list of pairs, or another dict.
Result<PickleValue> make_dict(const PickleCall& call);
/// collections.defaultdict(factory[, items]).
Result<PickleValue> make_default_dict(const PickleCall& call);
Result<PickleValue> make_list(const PickleCall& call);
Result<PickleValue> make_tuple(const PickleCall& call);
Result<PickleValue> make_set(const PickleCall& call);
/// bytes() and bytearray() of nothing, bytes, or a text with its encoding 'latin-1'.
Result<PickleValue> make_bytes(const PickleCall& call);
/// _codecs.encode(text, 'latin1' or 'utf-8').
Result<PickleValue> encode_text(const PickleCall& call);
/// getattr(value, 'method') of a value in the file: how a bound method is pickled, such as the `forward_fuse` that a
/// fused module keeps under `forward`. Also of a class, when pickle_methods() lists the pair, or the class is a listed
/// enumeration. Kept as an inert object of class builtins.getattr. getattr(Outer, 'Inner') is the class Outer.Inner.
Result<PickleValue> get_member(const PickleCall& call);
/// types.MethodType(function, value): how dill pickles a bound method. The function is one that pickle_methods() lists,
/// the value one of the file. Kept as an inert object.
Result<PickleValue> bind_method(const PickleCall& call);
/// A member of an enumeration: its class and its value.
Result<PickleValue> enumeration_member(const PickleCall& call);
/// builtins.type(None), and of NotImplemented and Ellipsis: their class.
Result<PickleValue> make_type_of(const PickleCall& call);
/// functools.reduce(operator.or_, types).
Result<PickleValue> make_union(const PickleCall& call);
/// operator.getitem(type, arguments) of typing's and Python's own types.
Result<PickleValue> make_subscript(const PickleCall& call);
/// An iterator, unless a function that is not known to be data would run over its items.
Result<PickleValue> make_iterator(const PickleCall& call);
/// copyreg._reconstructor(class, base, state): Python would call `base.__init__`, hence only plain bases.
Result<PickleValue> reconstruct(const PickleCall& call);
/// copyreg.__newobj__(class, *arguments).
Result<PickleValue> new_inert(const PickleCall& call);
/// copyreg.__newobj_ex__(class, arguments, keywords).
Result<PickleValue> new_inert_ex(const PickleCall& call);
/// numpy.core.multiarray.scalar(dtype, bytes): a number, bool, text or bytes; what Python has no such value for (dates,
/// records, complex numbers) stays an inert object.
Result<PickleValue> numpy_scalar(const PickleCall& call);
/// numpy.core.multiarray._reconstruct(class, shape, typecode).
Result<PickleValue> reconstruct_array(const PickleCall& call);
/// dill._dill._load_type(name).
Result<PickleValue> load_builtin_type(const PickleCall& call);

/// Whether the table lists this class as an enumeration.
bool is_listed_enumeration(const PickleGlobal& type);

/// An object of `type`.
PickleValue inert_object(PickleArena& arena, const PickleGlobal* type, std::span<const PickleValue> arguments);
/// kDamaged.
Error bad_arguments(const PickleCall& call);
/// Takes from the allowance for copies; kHostile when it is used up.
Status take_work(const PickleCall& call, size_t amount);

}  // namespace modelport

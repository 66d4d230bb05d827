#include "checkpoint/pickle_call.h"

#include <algorithm>

#include "checkpoint/acting_call.h"
#include "checkpoint/call_name.h"
#include "checkpoint/checkpoint_family.h"
#include "checkpoint/pickle_rebuild.h"

namespace modelport {
namespace {

constexpr std::string_view kInertReason = "kept as an inert object: its class and arguments, nothing else";
constexpr std::string_view kEnumReason = "a member of an enumeration, kept as an inert object";
constexpr std::string_view kGeneratorReason =
    "the state of a generator, kept as an inert object; of values and names of numpy.random only";
constexpr std::string_view kIteratorReason = "an iterator, kept as an inert object and never run over";

constexpr PickleCallable kCallables[] = {
    // Tensors: views of storages, bounds-checked by Tensor::view.
    {"torch._utils._rebuild_tensor", rebuild_tensor, "a view of a storage (PyTorch before 0.4)"},
    {"torch._utils._rebuild_tensor_v2", rebuild_tensor, "a view of a storage"},
    {"torch._utils._rebuild_tensor_v3", rebuild_tensor_v3, "a view of an untyped storage with a dtype"},
    {"torch._utils._rebuild_parameter", rebuild_parameter, "its first argument, marked as a parameter"},
    {"torch._utils._rebuild_parameter_with_state", rebuild_parameter, "its first argument, marked as a parameter"},
    {"torch._tensor._rebuild_from_type_v2", rebuild_from_type, "one of the rows above, called through a subclass"},
    {"torch.nn.parameter.Parameter", rebuild_parameter, "its first argument, marked as a parameter"},
    {"torch.nn.parameter.Buffer", rebuild_parameter, "its first argument"},
    {"torch.nn.parameter.UninitializedParameter", make_inert, kInertReason},
    {"torch.nn.parameter.UninitializedBuffer", make_inert, kInertReason},
    {"torch.storage._load_from_bytes", load_from_bytes,
     "a storage as pickle.dump writes it: its bytes are read as data, and refused where they call"},
    {"torch._utils._rebuild_*", make_inert, "sparse, quantised, nested and other tensors, kept as an inert object"},

    // Containers of the standard library, copied.
    {"collections.OrderedDict", make_dict, "a dict of its pairs"},
    {"collections.Counter", make_dict, "a dict of its counts"},
    {"collections.defaultdict", make_default_dict, "a dict; the factory is dropped uncalled"},
    {"collections.deque", make_list, "a list of its items"},
    {"collections.ChainMap", make_inert, kInertReason},
    {"collections.UserDict", make_inert, kInertReason},
    {"collections.UserList", make_inert, kInertReason},
    {"collections.UserString", make_inert, kInertReason},
    {"builtins.dict", make_dict, "a dict of its pairs"},
    {"builtins.list", make_list, "a list of its items"},
    {"builtins.tuple", make_tuple, "a tuple of its items"},
    {"builtins.set", make_set, "a set of its items"},
    {"builtins.frozenset", make_set, "a set of its items"},
    {"builtins.bytearray", make_bytes, "its bytes"},
    {"builtins.bytes", make_bytes, "its bytes"},

    // Numbers, texts and times.
    {"builtins.complex", make_inert, kInertReason},
    {"builtins.slice", make_inert, kInertReason},
    {"builtins.range", make_inert, kInertReason},
    {"builtins.object", make_inert, kInertReason},
    {"_codecs.encode", encode_text, "the Latin-1 or UTF-8 bytes of a text: how protocol 2 writes bytes"},
    {"array.array", make_inert, kInertReason},
    {"array._array_reconstructor", make_inert, kInertReason},
    {"datetime.date", make_inert, kInertReason},
    {"datetime.datetime", make_inert, kInertReason},
    {"datetime.time", make_inert, kInertReason},
    {"datetime.timedelta", make_inert, kInertReason},
    {"datetime.timezone", make_inert, kInertReason},
    {"dateutil.tz.tz.tzutc", make_inert, kInertReason},
    {"decimal.Context", make_inert, kInertReason},
    {"decimal.Decimal", make_inert, kInertReason},
    {"fractions.Fraction", make_inert, kInertReason},
    {"io.BytesIO", make_inert, kInertReason},
    {"io.StringIO", make_inert, kInertReason},
    {"pytz._UTC", make_inert, kInertReason},
    {"pytz._p", make_inert, kInertReason},
    {"random.Random", make_inert, kInertReason},
    {"re._compile", make_inert, kInertReason},
    {"statistics.NormalDist", make_inert, kInertReason},
    {"string.Template", make_inert, kInertReason},
    {"time.struct_time", make_inert, kInertReason},
    {"uuid.UUID", make_inert, kInertReason},
    {"zoneinfo.ZoneInfo", make_inert, kInertReason},
    {"zoneinfo.ZoneInfo._unpickle", make_inert, kInertReason},
    {"zoneinfo._zoneinfo.ZoneInfo._unpickle", make_inert, kInertReason},

    // Paths, addresses and what describes a machine.
    {"ipaddress.IPv4Address", make_inert, kInertReason},
    {"ipaddress.IPv4Interface", make_inert, kInertReason},
    {"ipaddress.IPv4Network", make_inert, kInertReason},
    {"ipaddress.IPv6Address", make_inert, kInertReason},
    {"ipaddress.IPv6Interface", make_inert, kInertReason},
    {"ipaddress.IPv6Network", make_inert, kInertReason},
    {"os.stat_result", make_inert, kInertReason},
    {"os.terminal_size", make_inert, kInertReason},
    {"pathlib.Path", make_inert, kInertReason},
    {"pathlib.PosixPath", make_inert, kInertReason},
    {"pathlib.PurePath", make_inert, kInertReason},
    {"pathlib.PurePosixPath", make_inert, kInertReason},
    {"pathlib.PureWindowsPath", make_inert, kInertReason},
    {"pathlib.WindowsPath", make_inert, kInertReason},
    {"platform.uname_result", make_inert, kInertReason},
    {"posix.times_result", make_inert, kInertReason},
    {"posix.uname_result", make_inert, kInertReason},
    {"resource.struct_rusage", make_inert, kInertReason},
    {"subprocess.CompletedProcess", make_inert, "what a process gave, kept as an inert object; none is started"},

    // Records that training scripts leave in checkpoints.
    {"argparse.Namespace", hold_uncalled, kInertReason},
    {"configparser.ConfigParser", make_inert, kInertReason},
    {"inspect.Parameter", make_inert, kInertReason},
    {"inspect.Signature", make_inert, kInertReason},
    {"logging.getLogger", make_inert, "a logger's name, kept as an inert object"},
    {"optparse.Values", make_inert, kInertReason},
    {"plistlib.UID", make_inert, kInertReason},
    {"types.SimpleNamespace", hold_uncalled, kInertReason},

    // Types, and how pickle names them.
    {"builtins.type", make_type_of, "the class of None, NotImplemented or Ellipsis"},
    {"dill._dill._load_type", load_builtin_type, "the name of a builtin type"},
    {"types.MethodType", bind_method, "a listed method of a value in the file, bound and never called"},
    {"functools.reduce", make_union, "a union of types: reduce(operator.or_, types) and nothing else"},
    {"operator.getitem", make_subscript, "a type such as typing.Optional[int]: of typing's and builtin types only"},
    {"types.GenericAlias", make_inert, kInertReason},
    {"copyreg._reconstructor", reconstruct, "an inert object of its class; only bases without a constructor that acts"},
    {"copyreg.__newobj__", new_inert, "an inert object of its class, as the opcode NEWOBJ"},
    {"copyreg.__newobj_ex__", new_inert_ex, "an inert object of its class, as the opcode NEWOBJ_EX"},

    // Names of methods, and what holds a call: kept, never called; calling what they return is refused.
    {"builtins.getattr", get_member,
     "a method of an inert object, a listed method of a class, or a class within a class, uncalled"},
    {"functools.partial", hold_uncalled, "kept as an inert object; what it wraps is never called"},
    {"operator.attrgetter", hold_uncalled, "kept as an inert object, never called"},
    {"operator.itemgetter", hold_uncalled, "kept as an inert object, never called"},
    {"operator.methodcaller", hold_uncalled, "kept as an inert object, never called"},

    // Iterators: what runs a function over their items is looked into.
    {"builtins.enumerate", make_iterator, kIteratorReason},
    {"builtins.filter", make_iterator, kIteratorReason},
    {"builtins.iter", make_iterator, kIteratorReason},
    {"builtins.map", make_iterator, kIteratorReason},
    {"builtins.reversed", make_iterator, kIteratorReason},
    {"builtins.zip", make_iterator, kIteratorReason},
    {"itertools.*", make_iterator, kIteratorReason},

    // numpy.
    {"numpy.core.multiarray._reconstruct", reconstruct_array, "an inert array: its state holds dtype, shape, bytes"},
    {"numpy.core.multiarray.scalar", numpy_scalar, "the number or text in its bytes"},
    {"numpy.core.numeric._frombuffer", make_inert, kInertReason},
    {"numpy.dtype", make_inert, kInertReason},
    {"numpy.ma.core.MaskedConstant", make_inert, kInertReason},
    {"numpy.ma.core._mareconstruct", make_inert, kInertReason},
    {"numpy.random.__RandomState_ctor", make_generator, kGeneratorReason},
    {"numpy.random._pickle.__bit_generator_ctor", make_generator, kGeneratorReason},
    {"numpy.random._pickle.__generator_ctor", make_generator, kGeneratorReason},
    {"numpy.random._pickle.__randomstate_ctor", make_generator, kGeneratorReason},
    {"numpy.random.bit_generator.__pyx_unpickle_BitGenerator", make_generator, kGeneratorReason},
    {"numpy.random.bit_generator.__pyx_unpickle_SeedSequence", make_generator, kGeneratorReason},
    {"numpy.random.bit_generator.__pyx_unpickle_SeedlessSeedSequence", make_generator, kGeneratorReason},

    // Small values of PyTorch, and what torch.compile puts around a network.
    {"torch.Generator", make_inert, kInertReason},
    {"torch._C.Generator", make_inert, kInertReason},
    {"torch.Size", make_tuple, "a tuple of integers"},
    {"torch.device", make_inert, kInertReason},
    {"torch.return_types.*", make_inert, kInertReason},
    {"torch.serialization._get_layout", make_inert, kInertReason},
    {"torch._dynamo.eval_frame.DisableContext", make_inert, kInertReason},
    {"torch._dynamo.eval_frame.OptimizeContext", make_inert, kInertReason},
    {"torch._dynamo.eval_frame.OptimizedModule", make_wrapper,
     "kept as an inert object; of objects, not of functions that it would call"},
    {"torch._dynamo.eval_frame.RunOnlyContext", make_inert, kInertReason},

    // Exceptions whose names do not say so; those that end in Error, Exception or Warning follow one rule.
    {"asyncio.QueueEmpty", make_inert, kInertReason},
    {"asyncio.QueueFull", make_inert, kInertReason},
    {"binascii.Incomplete", make_inert, kInertReason},
    {"builtins.BaseExceptionGroup", make_inert, kInertReason},
    {"builtins.ExceptionGroup", make_inert, kInertReason},
    {"builtins.GeneratorExit", make_inert, kInertReason},
    {"builtins.KeyboardInterrupt", make_inert, kInertReason},
    {"builtins.StopAsyncIteration", make_inert, kInertReason},
    {"builtins.StopIteration", make_inert, kInertReason},
    {"builtins.SystemExit", make_inert, "an exception, kept as an inert object and never raised"},
    {"queue.Empty", make_inert, kInertReason},
    {"queue.Full", make_inert, kInertReason},
    {"socket.timeout", make_inert, kInertReason},
    {"struct.error", make_inert, kInertReason},
    {"subprocess.TimeoutExpired", make_inert, "an exception, kept as an inert object"},
    {"zlib.error", make_inert, kInertReason},

    // Enumerations are pickled as a call of their class.
    {"PIL.Image.Resampling", make_inert, kEnumReason},
    {"accelerate.utils.dataclasses.*", enumeration_member, kEnumReason},
    {"calendar.Day", enumeration_member, kEnumReason},
    {"calendar.Month", enumeration_member, kEnumReason},
    {"enum.Enum", enumeration_member, kEnumReason},
    {"enum.FlagBoundary", enumeration_member, kEnumReason},
    {"http.HTTPMethod", enumeration_member, kEnumReason},
    {"http.HTTPStatus", enumeration_member, kEnumReason},
    {"inspect._ParameterKind", enumeration_member, kEnumReason},
    {"numpy._CopyMode", enumeration_member, kEnumReason},
    {"numpy._globals._CopyMode", enumeration_member, kEnumReason},
    {"plistlib.PlistFormat", enumeration_member, kEnumReason},
    {"pstats.SortKey", enumeration_member, kEnumReason},
    {"re.RegexFlag", enumeration_member, kEnumReason},
    {"signal.Handlers", enumeration_member, kEnumReason},
    {"signal.Sigmasks", enumeration_member, kEnumReason},
    {"signal.Signals", enumeration_member, kEnumReason},
    {"socket.AddressFamily", enumeration_member, kEnumReason},
    {"socket.AddressInfo", enumeration_member, kEnumReason},
    {"socket.MsgFlag", enumeration_member, kEnumReason},
    {"socket.SocketKind", enumeration_member, kEnumReason},
    {"ssl.AlertDescription", enumeration_member, kEnumReason},
    {"ssl.Options", enumeration_member, kEnumReason},
    {"ssl.Purpose", make_inert, kEnumReason},
    {"ssl.SSLErrorNumber", enumeration_member, kEnumReason},
    {"ssl.TLSVersion", enumeration_member, kEnumReason},
    {"ssl.VerifyFlags", enumeration_member, kEnumReason},
    {"ssl.VerifyMode", enumeration_member, kEnumReason},
    {"ssl._ASN1Object", make_inert, kInertReason},
    {"timm.layers.format.Format", make_inert, kEnumReason},
    {"torchvision.transforms.functional.InterpolationMode", make_inert, kEnumReason},
    {"transformers.debug_utils.DebugOption", make_inert, kEnumReason},
    {"transformers.trainer_utils.*", enumeration_member, kEnumReason},
    {"transformers.training_args.*", enumeration_member, kEnumReason},
    {"transformers.utils.generic.*", enumeration_member, kEnumReason},
    {"uuid.SafeUUID", enumeration_member, kEnumReason},
};

constexpr PickleMethod kMethods[] = {
    {"torch._C._VariableFunctionsClass", "*", "how functions such as torch.relu are pickled"},
    {"zoneinfo.ZoneInfo", "_unpickle", "how time zones are pickled"},
};

enum class Reach { kOneName, kAnyDepth };

bool matches_row(std::string_view row, std::string_view name, Reach reach) {
  if (!row.ends_with('*')) return row == name;
  const std::string_view prefix = row.substr(0, row.size() - 1);
  if (!name.starts_with(prefix)) return false;
  // A star stands for one name, not for a path of attributes (`Enum.__init__.__globals__`).
  return reach == Reach::kAnyDepth || name.find('.', prefix.size()) == std::string_view::npos;
}

bool is_known_package(std::string_view name) {
  const std::string_view top = name.substr(0, name.find('.'));
  return top == "numpy" || top == "torch" || is_standard_library(top);
}

/// Exceptions hold what they say; their constructors keep arguments.
bool is_known_exception(const PickleGlobal& global) {
  return is_exception_name(global.name) && is_known_package(current_name(global));
}

/// What would act may be called by what holds it: of arguments that hold data none is such a name.
Status refuse_acting_arguments(const PickleCall& call) {
  if (verdict_on(call.callable) != CallVerdict::kData) return {};
  for (const PickleValue& argument : call.arguments) {
    const PickleGlobal* global = argument.as_global();
    const PickleObject* object = argument.as_object();
    const bool is_partial = object && current_name(*object->type) == "functools.partial";
    if ((global && (find_acting_call(*global) || verdict_on(*global) == CallVerdict::kActs)) ||
        (is_partial && std::ranges::any_of(object->arguments, holds_what_acts))) {
      return fail(ErrorCode::kHostile, "it calls {} with {}", call.callable.qualified_name(),
                  pickle_value_text(argument, 80));
    }
  }
  return {};
}

/// torch has hundreds of enumerations; a class of it that is called with one small value is one of them.
bool is_torch_enumeration(const PickleGlobal& global) {
  return global.module.starts_with("torch.") && is_class_like(global.name);
}

}  // namespace

std::span<const PickleCallable> pickle_callables() { return kCallables; }

std::span<const PickleMethod> pickle_methods() { return kMethods; }

const PickleCallable* find_pickle_callable(const PickleGlobal& callable) {
  if (names_an_internal(callable.name) && callable.module != "copyreg" && callable.module != "copy_reg") return nullptr;
  const std::string name = current_name(callable);
  const auto find = [&](std::span<const PickleCallable> rows) {
    const auto row = std::ranges::find_if(
        rows, [&](const PickleCallable& candidate) { return matches_row(candidate.name, name, Reach::kOneName); });
    return row == rows.end() ? nullptr : &*row;
  };
  const PickleCallable* row = find(kCallables);
  for (const CheckpointFamily* family : callable.families) row = row ? row : find(family->callables);
  return row;
}

const PickleMethod* find_pickle_method(const PickleGlobal& owner, std::string_view name) {
  const std::string type = current_name(owner);
  const auto find = [&](std::span<const PickleMethod> rows) {
    const auto row = std::ranges::find_if(rows, [&](const PickleMethod& candidate) {
      const bool is_named = candidate.name == "*" ? !name.starts_with('_') : candidate.name == name;
      return is_named && matches_row(candidate.owner, type, Reach::kAnyDepth);
    });
    return row == rows.end() ? nullptr : &*row;
  };
  const PickleMethod* row = find(kMethods);
  for (const CheckpointFamily* family : owner.families) row = row ? row : find(family->methods);
  return row;
}

bool is_listed_enumeration(const PickleGlobal& type) {
  const PickleCallable* row = find_pickle_callable(type);
  return row && row->reason == kEnumReason;
}

CallVerdict verdict_on(const PickleGlobal& callable) {
  if (find_pickle_callable(callable)) return CallVerdict::kData;
  if (find_acting_call(callable) || find_acting_import(callable.module)) return CallVerdict::kActs;
  if (names_an_internal(callable.name)) return CallVerdict::kActs;
  if (is_known_exception(callable)) return CallVerdict::kData;
  return CallVerdict::kUnknown;
}

bool holds_what_acts(const PickleValue& value) {
  constexpr size_t kMostLookedAt = 64;
  std::vector<PickleValue> pending = {value};
  for (size_t i = 0; i < pending.size() && i < kMostLookedAt; ++i) {
    const auto look_at = [&](std::span<const PickleValue> items) {
      pending.insert(pending.end(), items.begin(), items.begin() + std::min(items.size(), kMostLookedAt));
    };
    const PickleValue current = pending[i];
    if (const PickleGlobal* global = current.as_global()) {
      // What applies functions by name, such as getattr, is data as long as nobody calls it.
      if (find_acting_call(*global) || verdict_on(*global) == CallVerdict::kActs) return true;
    } else if (const auto* items = current.as_sequence()) {
      look_at(*items);
    } else if (const PickleObject* object = current.as_object()) {
      pending.push_back(PickleValue::global(object->type));
      look_at(object->arguments);
      pending.push_back(object->state);
    }
  }
  return false;
}

bool is_member_value(std::span<const PickleValue> arguments) {
  constexpr size_t kLongestText = 64;
  constexpr size_t kMostItems = 8;
  const auto is_small = [](const PickleValue& value) {
    if (const auto text = value.as_string()) return text->size() <= kLongestText && text->find('/') == text->npos;
    return value.is_none() || value.as_bool() || value.as_number();
  };
  if (arguments.size() != 1) return false;
  if (is_small(arguments[0])) return true;
  const auto* items = arguments[0].kind() == PickleKind::kTuple ? arguments[0].as_sequence() : nullptr;
  return items && items->size() <= kMostItems && std::ranges::all_of(*items, is_small);
}

Error refused_call(const PickleGlobal& callable, std::string_view what) {
  const bool acts = verdict_on(callable) == CallVerdict::kActs;
  return fail(acts ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {}{}", callable.qualified_name(),
              what);
}

Result<PickleValue> evaluate_pickle_call(const PickleCall& call) {
  const PickleCallable* row = find_pickle_callable(call.callable);
  if (!row || row->evaluate == make_inert) CHECK_OK(refuse_acting_arguments(call));
  if (row) return row->evaluate(call);
  const CallVerdict verdict = verdict_on(call.callable);
  if (verdict == CallVerdict::kData) return make_inert(call);
  if (verdict == CallVerdict::kUnknown && is_torch_enumeration(call.callable) && is_member_value(call.arguments)) {
    return make_inert(call);
  }
  return refused_call(call.callable, "");
}

}  // namespace modelport

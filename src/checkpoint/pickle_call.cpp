#include "checkpoint/pickle_call.h"

#include <algorithm>

#include "checkpoint/pickle_rebuild.h"

namespace modelport {
namespace {

constexpr std::string_view kInertReason = "kept as an inert object: its class and arguments, nothing else";
constexpr std::string_view kEnumReason = "a member of an enumeration, kept as an inert object";

constexpr PickleCallable kCallables[] = {
    // Tensors: views of storages, bounds-checked by Tensor::view.
    {"torch._utils._rebuild_tensor", rebuild_tensor, "a view of a storage (PyTorch before 0.4)"},
    {"torch._utils._rebuild_tensor_v2", rebuild_tensor, "a view of a storage"},
    {"torch._utils._rebuild_tensor_v3", rebuild_tensor_v3, "a view of an untyped storage with a dtype"},
    {"torch._utils._rebuild_parameter", rebuild_parameter, "its first argument, marked as a parameter"},
    {"torch._utils._rebuild_parameter_with_state", rebuild_parameter, "its first argument, marked as a parameter"},
    {"torch._tensor._rebuild_from_type_v2", rebuild_from_type, "one of the rows above, called through a subclass"},
    {"torch.nn.parameter.Parameter", rebuild_parameter, "its first argument, marked as a parameter"},
    {"torch._utils._rebuild_sparse_tensor", make_inert, kInertReason},
    {"torch._utils._rebuild_sparse_csr_tensor", make_inert, kInertReason},
    {"torch._utils._rebuild_nested_tensor", make_inert, kInertReason},
    {"torch._utils._rebuild_qtensor", make_inert, kInertReason},
    {"torch._utils._rebuild_meta_tensor_no_storage", make_inert, kInertReason},
    {"torch._utils._rebuild_device_tensor_from_numpy", make_inert, kInertReason},
    {"torch._utils._rebuild_wrapper_subclass", make_inert, kInertReason},

    // Containers of the standard library, copied.
    {"collections.OrderedDict", make_dict, "a dict of its pairs"},
    {"collections.Counter", make_dict, "a dict of its counts"},
    {"collections.defaultdict", make_default_dict, "a dict; the factory is dropped uncalled"},
    {"collections.deque", make_list, "a list of its items"},
    {"builtins.dict", make_dict, "a dict of its pairs"},
    {"builtins.list", make_list, "a list of its items"},
    {"builtins.tuple", make_tuple, "a tuple of its items"},
    {"builtins.set", make_set, "a set of its items"},
    {"builtins.frozenset", make_set, "a set of its items"},
    {"builtins.bytearray", make_bytes, "its bytes"},
    {"builtins.bytes", make_bytes, "its bytes"},
    {"builtins.complex", make_inert, kInertReason},
    {"builtins.slice", make_inert, kInertReason},
    {"builtins.range", make_inert, kInertReason},
    {"builtins.object", make_inert, kInertReason},
    {"_codecs.encode", encode_latin1, "the Latin-1 bytes of a text: how protocol 2 writes bytes"},
    {"builtins.getattr", get_member,
     "a member of a listed enumeration, or the name of an inert object's method, of forward_fuse of the framework's "
     "modules or of a listed class's own method, uncalled"},
    {"copyreg._reconstructor", reconstruct, "an inert object of its class; only bases without a constructor that acts"},
    {"copyreg.__newobj__", new_inert, "an inert object of its class, as the opcode NEWOBJ"},

    // Small values of PyTorch and numpy.
    {"torch.Size", make_tuple, "a tuple of integers"},
    {"torch.device", make_inert, kInertReason},
    {"torch.Generator", make_inert, kInertReason},
    {"torch.serialization._get_layout", make_inert, kInertReason},
    {"numpy.dtype", make_inert, kInertReason},
    {"numpy.core.multiarray.scalar", numpy_scalar, "the number in its bytes"},
    {"numpy._core.multiarray.scalar", numpy_scalar, "the number in its bytes"},
    {"numpy.core.multiarray._reconstruct", reconstruct_array, "an inert array: its state holds dtype, shape, bytes"},
    {"numpy._core.multiarray._reconstruct", reconstruct_array, "an inert array: its state holds dtype, shape, bytes"},
    {"numpy.core.numeric._frombuffer", make_inert, kInertReason},
    {"numpy._core.numeric._frombuffer", make_inert, kInertReason},
    {"numpy.random._pickle.*", make_inert, kInertReason},

    // Records that training scripts leave in checkpoints.
    {"argparse.Namespace", make_inert, kInertReason},
    {"types.SimpleNamespace", make_inert, kInertReason},
    {"pathlib.PosixPath", make_inert, kInertReason},
    {"pathlib.WindowsPath", make_inert, kInertReason},
    {"pathlib.PurePosixPath", make_inert, kInertReason},
    {"pathlib.PureWindowsPath", make_inert, kInertReason},
    {"pathlib.Path", make_inert, kInertReason},
    {"pathlib._local.PosixPath", make_inert, kInertReason},
    {"pathlib._local.WindowsPath", make_inert, kInertReason},
    {"datetime.datetime", make_inert, kInertReason},
    {"datetime.date", make_inert, kInertReason},
    {"datetime.time", make_inert, kInertReason},
    {"datetime.timedelta", make_inert, kInertReason},
    {"datetime.timezone", make_inert, kInertReason},
    {"decimal.Decimal", make_inert, kInertReason},
    {"fractions.Fraction", make_inert, kInertReason},
    {"uuid.UUID", make_inert, kInertReason},
    // Kept, never called: calling what it returns is refused like the call of any object.
    {"functools.partial", make_inert, "kept as an inert object; what it wraps is never called"},
    {"random.Random", make_inert, kInertReason},
    {"re._compile", make_inert, kInertReason},
    {"logging.getLogger", make_inert, kInertReason},
    {"ultralytics.utils.IterableSimpleNamespace", make_inert, kInertReason},
    {"ultralytics.yolo.utils.IterableSimpleNamespace", make_inert, kInertReason},

    // dill (Ultralytics 8.1 and 8.2 save with it) names builtin types by a call.
    {"dill._dill._load_type", load_builtin_type, "the name of a harmless builtin type"},

    // Enumerations are pickled as a call of their class.
    {"torchvision.transforms.functional.InterpolationMode", make_inert, kEnumReason},
    {"torch.amp.grad_scaler.OptState", make_inert, kEnumReason},
    {"torch.cuda.amp.grad_scaler.OptState", make_inert, kEnumReason},
    {"PIL.Image.Resampling", make_inert, kEnumReason},
    {"timm.layers.format.Format", make_inert, kEnumReason},
    {"enum.Enum", make_inert, kEnumReason},
    {"uuid.SafeUUID", make_inert, kEnumReason},
    {"transformers.trainer_utils.*", make_inert, kEnumReason},
    {"transformers.training_args.*", make_inert, kEnumReason},
    {"transformers.utils.generic.*", make_inert, kEnumReason},
    {"transformers.debug_utils.DebugOption", make_inert, kEnumReason},
    {"accelerate.utils.dataclasses.*", make_inert, kEnumReason},
};

/// Names that older Pythons and proxies gave to the modules of the table.
struct ModuleAlias {
  std::string_view old_name;
  std::string_view name;
};
constexpr ModuleAlias kModuleAliases[] = {
    {"__builtin__", "builtins"},
    {"copy_reg", "copyreg"},
    {"torch.tensor", "torch._tensor"},
};

std::string current_name(const PickleGlobal& callable) {
  for (const ModuleAlias& alias : kModuleAliases) {
    if (callable.module == alias.old_name) return fmt::format("{}.{}", alias.name, callable.name);
  }
  return callable.qualified_name();
}

bool names(const PickleCallable& row, std::string_view name) {
  if (!row.name.ends_with('*')) return row.name == name;
  const std::string_view prefix = row.name.substr(0, row.name.size() - 1);
  // A star stands for one name, not for a path of attributes (`Enum.__init__.__globals__`).
  return name.starts_with(prefix) && name.find('.', prefix.size()) == std::string_view::npos;
}

}  // namespace

std::span<const PickleCallable> pickle_callables() { return kCallables; }

bool is_listed_enumeration(const PickleGlobal& type) {
  const PickleCallable* row = find_pickle_callable(type);
  return row && row->reason == kEnumReason;
}

const PickleCallable* find_pickle_callable(const PickleGlobal& callable) {
  // A name with dots is an attribute path (protocol 4): `torch._utils` + `_rebuild_tensor_v2.__globals__`.
  if (callable.name.find('.') != std::string::npos) return nullptr;
  const std::string name = current_name(callable);
  const auto row =
      std::ranges::find_if(kCallables, [&](const PickleCallable& candidate) { return names(candidate, name); });
  return row == std::end(kCallables) ? nullptr : &*row;
}

Result<PickleValue> evaluate_pickle_call(const PickleCall& call) {
  const PickleCallable* row = find_pickle_callable(call.callable);
  if (!row) return fail(ErrorCode::kHostile, "it calls {}", call.callable.qualified_name());
  return row->evaluate(call);
}

}  // namespace modelport

#include "checkpoint/pickle_rebuild.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/half.h"
#include "checkpoint/pickle_text.h"
#include "checkpoint/storage_type.h"

namespace modelport {
namespace {

Error bad_arguments(const PickleCall& call) {
  return fail(ErrorCode::kDamaged, "the arguments of {} do not fit", call.callable.qualified_name());
}

Error refused(const PickleCall& call, std::string_view what) {
  return fail(ErrorCode::kHostile, "it calls {} with {}", call.callable.qualified_name(), what);
}

Status take_work(const PickleCall& call, size_t amount) {
  if (amount > call.work_left) {
    return fail(ErrorCode::kHostile, "{} multiplies values beyond the limit", call.callable.qualified_name());
  }
  call.work_left -= amount;
  return {};
}

std::optional<std::vector<int64_t>> integers(const PickleValue& value) {
  const auto* items = value.as_sequence();
  if (!items) return std::nullopt;
  std::vector<int64_t> out;
  out.reserve(items->size());
  for (const PickleValue& item : *items) {
    const auto integer = item.as_integer();
    if (!integer) return std::nullopt;
    out.push_back(*integer);
  }
  return out;
}

// More axes than any framework has; bounds the copies of one shape tuple that a file shares among tensors.
constexpr size_t kMaxRank = 64;
constexpr int64_t kMostRepeated = int64_t{1} << 24;

Result<PickleValue> view_storage(const PickleCall& call, std::optional<DType> dtype) {
  const auto& arguments = call.arguments;
  if (arguments.size() < 4) return bad_arguments(call);
  const PickleStorage* storage = arguments[0].as_storage();
  const auto offset = arguments[1].as_integer();
  const auto* sizes = arguments[2].as_sequence();
  if (!storage || !offset || !sizes || sizes->size() > kMaxRank) return bad_arguments(call);
  auto shape = integers(arguments[2]);
  auto strides = integers(arguments[3]);
  if (!shape || !strides) return bad_arguments(call);
  if (storage->located == PickleStorage::Located::kLater) return make_inert(call);
  CHECK_OK(take_work(call, shape->size() + 1));
  if (!dtype && storage->typed == PickleStorage::Typed::kNo) return bad_arguments(call);
  TRY(tensor, Tensor::view(dtype.value_or(storage->dtype), *std::move(shape), *std::move(strides), *offset,
                           storage->bytes, storage->owner)
                  .in(fmt::format("storage {}", storage->key)));
  // Strides of zero repeat elements; what repeats them beyond memory is no weight.
  if (tensor.element_count() > std::max(storage->element_count, kMostRepeated)) {
    return refused(
        call, fmt::format("a shape of {} elements on a storage of {}", tensor.element_count(), storage->element_count));
  }
  return PickleValue::tensor(call.arena.new_tensor({std::move(tensor), PickleTensor::Role::kTensor}));
}

Result<PickleValue> make_sequence(const PickleCall& call, PickleKind kind) {
  PickleSequence* out = call.arena.new_sequence();
  if (!call.arguments.empty()) {
    const auto* items = call.arguments[0].as_sequence();
    if (!items) return bad_arguments(call);
    CHECK_OK(take_work(call, items->size()));
    out->items = *items;
  }
  return PickleValue::sequence(kind, out);
}

Result<PickleValue> make_dict_of(const PickleCall& call, const PickleValue* source) {
  PickleDict* out = call.arena.new_dict();
  if (!source || source->is_none()) return PickleValue::dict(out);
  if (const PickleDict* dict = source->as_dict()) {
    CHECK_OK(take_work(call, dict->entries.size()));
    for (const auto& [key, value] : dict->entries) out->set(key, value);
    return PickleValue::dict(out);
  }
  const auto* pairs = source->as_sequence();
  if (!pairs) return bad_arguments(call);
  CHECK_OK(take_work(call, pairs->size()));
  for (const PickleValue& pair : *pairs) {
    const auto* items = pair.as_sequence();
    if (!items || items->size() != 2) return bad_arguments(call);
    out->set((*items)[0], (*items)[1]);
  }
  return PickleValue::dict(out);
}

PickleValue inert_object(const PickleCall& call, const PickleGlobal* type, std::span<const PickleValue> arguments) {
  PickleObject* object = call.arena.new_object();
  object->type = type;
  object->arguments.assign(arguments.begin(), arguments.end());
  return PickleValue::object(object);
}

/// Heads of segmentation, pose and oriented boxes once kept their base's method under a name of their own.
struct OwnMethod {
  std::string_view module;
  std::string_view type;
  std::string_view method;
};
constexpr OwnMethod kOwnMethods[] = {
    {"models.yolo", "Detect", "forward"},
    {"yolov5.models.yolo", "Detect", "forward"},
    {"ultralytics.nn.modules", "Detect", "forward"},
    {"ultralytics.nn.modules.head", "Detect", "forward"},
};

bool is_own_method(const PickleGlobal& type, std::string_view name) {
  return std::ranges::any_of(kOwnMethods, [&](const OwnMethod& row) {
    return row.module == type.module && row.type == type.name && row.method == name;
  });
}

template <class T>
T number(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace

Result<PickleValue> rebuild_tensor(const PickleCall& call) {
  // _v2's seventh argument holds the conjugate and negative bits (torch/_utils.py, set_tensor_metadata).
  if (call.arguments.size() >= 7) {
    if (const PickleDict* metadata = call.arguments[6].as_dict()) {
      for (const auto& [key, value] : metadata->entries) {
        if (value.as_bool() == true) {
          return fail(ErrorCode::kUnsupportedModel, "a tensor has the lazy bit {}", pickle_value_text(key, 40));
        }
      }
    }
  }
  return view_storage(call, std::nullopt);
}

Result<PickleValue> rebuild_tensor_v3(const PickleCall& call) {
  if (call.arguments.size() < 7) return bad_arguments(call);
  const PickleGlobal* name = call.arguments[6].as_global();
  if (!name) return bad_arguments(call);
  const auto dtype = dtype_from_global(*name);
  if (!dtype) return fail(ErrorCode::kUnsupportedModel, "tensors of {} are not read", name->qualified_name());
  return view_storage(call, dtype);
}

Result<PickleValue> rebuild_parameter(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const Tensor* tensor = call.arguments[0].as_tensor();
  // Parameters of inert tensors (sparse, quantised) stay inert.
  if (!tensor && call.arguments[0].as_object()) return call.arguments[0];
  if (!tensor) return bad_arguments(call);
  CHECK_OK(take_work(call, tensor->shape().size() + 1));
  return PickleValue::tensor(call.arena.new_tensor({*tensor, PickleTensor::Role::kParameter}));
}

Result<PickleValue> rebuild_from_type(const PickleCall& call) {
  if (call.arguments.size() != 4) return bad_arguments(call);
  const PickleGlobal* function = call.arguments[0].as_global();
  const auto* arguments = call.arguments[2].as_sequence();
  if (!function || !arguments) return bad_arguments(call);
  if (!function->module.starts_with("torch._utils")) {
    return refused(call, function->qualified_name());
  }
  return evaluate_pickle_call({call.arena, *function, *arguments, call.work_left});
}

Result<PickleValue> make_inert(const PickleCall& call) { return inert_object(call, &call.callable, call.arguments); }

Result<PickleValue> make_dict(const PickleCall& call) {
  return make_dict_of(call, call.arguments.empty() ? nullptr : &call.arguments[0]);
}

Result<PickleValue> make_default_dict(const PickleCall& call) {
  return make_dict_of(call, call.arguments.size() < 2 ? nullptr : &call.arguments[1]);
}

Result<PickleValue> make_list(const PickleCall& call) { return make_sequence(call, PickleKind::kList); }

Result<PickleValue> make_tuple(const PickleCall& call) { return make_sequence(call, PickleKind::kTuple); }

Result<PickleValue> make_set(const PickleCall& call) { return make_sequence(call, PickleKind::kSet); }

Result<PickleValue> make_bytes(const PickleCall& call) {
  if (call.arguments.empty()) return PickleValue::text(PickleKind::kBytes, {});
  if (auto bytes = call.arguments[0].as_bytes()) return PickleValue::text(PickleKind::kBytes, *bytes);
  return encode_latin1(call);
}

Result<PickleValue> encode_latin1(const PickleCall& call) {
  if (call.arguments.size() != 2) return bad_arguments(call);
  const auto text = call.arguments[0].as_string();
  const auto encoding = call.arguments[1].as_string();
  if (!text || !encoding) return bad_arguments(call);
  if (*encoding != "latin1" && *encoding != "latin-1") return refused(call, fmt::format("encoding '{}'", *encoding));
  CHECK_OK(take_work(call, text->size() / sizeof(PickleValue) + 1));
  auto bytes = latin1_from_utf8(*text);
  if (!bytes) return bad_arguments(call);
  return PickleValue::text(PickleKind::kBytes, call.arena.new_text(*std::move(bytes)));
}

Result<PickleValue> get_member(const PickleCall& call) {
  if (call.arguments.size() != 2) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  const auto name = call.arguments[1].as_string();
  if (call.arguments[0].as_object() && name && !name->starts_with('_')) return make_inert(call);
  // A static method that fusing made a module's forward: the class of an inert object, and a name.
  if (type && type->module.starts_with("ultralytics.nn.modules.") && name == "forward_fuse") return make_inert(call);
  if (type && name && is_own_method(*type, *name)) return make_inert(call);
  if (!type || !is_listed_enumeration(*type) || !name || name->starts_with('_')) {
    return refused(call, fmt::format("({}, {})", pickle_value_text(call.arguments[0], 80),
                                     pickle_value_text(call.arguments[1], 80)));
  }
  return inert_object(call, type, call.arguments.subspan(1));
}

Result<PickleValue> reconstruct(const PickleCall& call) {
  if (call.arguments.size() != 3) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  const PickleGlobal* base = call.arguments[1].as_global();
  if (!type || !base) return bad_arguments(call);
  constexpr std::string_view kPlainBases[] = {"object", "dict", "list", "tuple", "set", "str", "int", "float", "bytes"};
  const bool is_builtin = base->module == "builtins" || base->module == "__builtin__";
  if (!is_builtin || std::ranges::find(kPlainBases, base->name) == std::end(kPlainBases)) {
    return refused(call, fmt::format("base class {}", base->qualified_name()));
  }
  return inert_object(call, type, call.arguments.subspan(2));
}

Result<PickleValue> new_inert(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  if (!type) return bad_arguments(call);
  return inert_object(call, type, call.arguments.subspan(1));
}

Result<PickleValue> numpy_scalar(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const PickleObject* dtype = call.arguments[0].as_object();
  if (!dtype || dtype->type->qualified_name() != "numpy.dtype" || dtype->arguments.empty()) return bad_arguments(call);
  const auto code = dtype->arguments[0].as_string();
  const auto bytes = call.arguments.size() > 1 ? call.arguments[1].as_bytes() : std::nullopt;
  // Strings, dates and objects stay inert; of the byte orders only the little-endian one occurs.
  if (!code || !bytes || code->size() != 2) return make_inert(call);
  const size_t width = static_cast<size_t>((*code)[1] - '0');
  if (bytes->size() != width) return bad_arguments(call);
  if (*code == "f8") return PickleValue::real(number<double>(*bytes));
  if (*code == "f4") return PickleValue::real(number<float>(*bytes));
  if (*code == "f2") return PickleValue::real(float_from_half(number<uint16_t>(*bytes)));
  if (*code == "i8") return PickleValue::integer(number<int64_t>(*bytes));
  if (*code == "i4") return PickleValue::integer(number<int32_t>(*bytes));
  if (*code == "i2") return PickleValue::integer(number<int16_t>(*bytes));
  if (*code == "i1") return PickleValue::integer(number<int8_t>(*bytes));
  if (*code == "u1") return PickleValue::integer(number<uint8_t>(*bytes));
  if (*code == "b1") return PickleValue::boolean(bytes->front() != 0);
  return make_inert(call);
}

Result<PickleValue> reconstruct_array(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  if (!type) return bad_arguments(call);
  if (type->module != "numpy") return refused(call, fmt::format("class {}", type->qualified_name()));
  return inert_object(call, type, call.arguments.subspan(1));
}

Result<PickleValue> load_builtin_type(const PickleCall& call) {
  const auto name = call.arguments.empty() ? std::nullopt : call.arguments[0].as_string();
  if (!name) return bad_arguments(call);
  constexpr std::array<std::string_view, 13> kTypes = {"set",   "frozenset", "list",  "dict", "tuple",
                                                       "bytes", "bytearray", "float", "int",  "str",
                                                       "bool",  "complex",   "slice"};
  if (*name == "ObjectType" || *name == "object") return PickleValue::global(call.arena.global("builtins", "object"));
  if (std::ranges::find(kTypes, *name) == kTypes.end()) return refused(call, fmt::format("'{}'", *name));
  return PickleValue::global(call.arena.global("builtins", *name));
}

}  // namespace modelport

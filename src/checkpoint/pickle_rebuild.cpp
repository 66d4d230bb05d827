#include "checkpoint/pickle_rebuild.h"

#include <algorithm>

#include "base/work_count.h"
#include "checkpoint/pickle_text.h"
#include "checkpoint/storage_type.h"

namespace modelport {

Error bad_arguments(const PickleCall& call) {
  return fail(ErrorCode::kDamaged, "the arguments of {} do not fit", call.callable.qualified_name());
}

Status take_work(const PickleCall& call, size_t amount) {
  if (amount > call.work_left) {
    return fail(ErrorCode::kHostile, "{} multiplies values beyond the limit", call.callable.qualified_name());
  }
  call.work_left -= amount;
  count_work(amount);
  return {};
}

PickleValue inert_object(PickleArena& arena, const PickleGlobal* type, std::span<const PickleValue> arguments) {
  PickleObject* object = arena.new_object();
  object->type = type;
  object->arguments.assign(arguments.begin(), arguments.end());
  return PickleValue::object(object);
}

namespace {

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
    return fail(ErrorCode::kHostile, "it calls {} with a shape of {} elements on a storage of {}",
                call.callable.qualified_name(), tensor.element_count(), storage->element_count);
  }
  return PickleValue::tensor(call.arena.new_tensor({std::move(tensor), PickleTensor::Role::kTensor}));
}

Result<PickleValue> make_sequence(const PickleCall& call, PickleKind kind) {
  PickleSequence* out = call.arena.new_sequence();
  if (!call.arguments.empty()) {
    const auto* items = call.arguments[0].as_sequence();
    // Of an iterator or another inert object: as inert as that.
    if (!items && call.arguments[0].as_object()) return make_inert(call);
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
    for (const auto& [key, value] : dict->entries) {
      CHECK_OK(take_work(call, PickleDict::cost(key)));
      out->set(key, value);
    }
    return PickleValue::dict(out);
  }
  const auto* pairs = source->as_sequence();
  if (!pairs && source->as_object()) return make_inert(call);
  if (!pairs) return bad_arguments(call);
  for (const PickleValue& pair : *pairs) {
    const auto* items = pair.as_sequence();
    if (!items || items->size() != 2) return bad_arguments(call);
    CHECK_OK(take_work(call, PickleDict::cost((*items)[0])));
    out->set((*items)[0], (*items)[1]);
  }
  return PickleValue::dict(out);
}

}  // namespace

Result<PickleValue> rebuild_tensor(const PickleCall& call) {
  // _v2's seventh argument holds the conjugate and negative bits (torch/_utils.py, set_tensor_metadata).
  if (call.arguments.size() >= 7) {
    if (const PickleDict* metadata = call.arguments[6].as_dict()) {
      for (const auto& [key, value] : metadata->entries) {
        if (value.as_bool() == true) {
          // Its values are those of the storage conjugated or negated: no view, and no weight that is read.
          return make_inert(call);
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
  if (call.callable.name == "Buffer") return call.arguments[0];
  CHECK_OK(take_work(call, tensor->shape().size() + 1));
  return PickleValue::tensor(call.arena.new_tensor({*tensor, PickleTensor::Role::kParameter}));
}

Result<PickleValue> rebuild_from_type(const PickleCall& call) {
  if (call.arguments.size() != 4) return bad_arguments(call);
  const PickleGlobal* function = call.arguments[0].as_global();
  const auto* arguments = call.arguments[2].as_sequence();
  if (!function || !arguments) return bad_arguments(call);
  if (!function->module.starts_with("torch._utils")) {
    return refused_call(*function, fmt::format(" by {}", call.callable.qualified_name()));
  }
  const PickleGlobal* type = call.arguments[1].as_global();
  if (type && verdict_on(*type) == CallVerdict::kActs) {
    return refused_call(*type, fmt::format(" by {}", call.callable.qualified_name()));
  }
  return evaluate_pickle_call({call.arena, *function, *arguments, call.work_left});
}

Result<PickleValue> make_inert(const PickleCall& call) {
  return inert_object(call.arena, &call.callable, call.arguments);
}

Result<PickleValue> hold_uncalled(const PickleCall& call) { return make_inert(call); }

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
  return encode_text(call);
}

Result<PickleValue> encode_text(const PickleCall& call) {
  if (call.arguments.size() != 2) return bad_arguments(call);
  const auto text = call.arguments[0].as_string();
  const auto encoding = call.arguments[1].as_string();
  if (!text || !encoding) return bad_arguments(call);
  if (*encoding == "utf-8" || *encoding == "utf8") return PickleValue::text(PickleKind::kBytes, *text);
  if (*encoding != "latin1" && *encoding != "latin-1") {
    return fail(ErrorCode::kUnknownContent, "it calls {} with encoding '{}'", call.callable.qualified_name(),
                encoding->substr(0, 40));
  }
  CHECK_OK(take_work(call, text->size()));
  auto bytes = latin1_from_utf8(*text);
  if (!bytes) return bad_arguments(call);
  return PickleValue::text(PickleKind::kBytes, call.arena.new_text(*std::move(bytes)));
}

}  // namespace modelport

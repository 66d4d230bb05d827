#include <algorithm>

#include "checkpoint/acting_call.h"
#include "checkpoint/call_name.h"
#include "checkpoint/pickle_rebuild.h"

namespace modelport {
namespace {

std::string shown_arguments(const PickleCall& call) {
  return fmt::format(" with ({}, {})", pickle_value_text(call.arguments[0], 80),
                     pickle_value_text(call.arguments[1], 80));
}

/// Of a class or module: what is known of the pair.
Result<PickleValue> get_member_of(const PickleCall& call, const PickleGlobal& owner, std::string_view name) {
  if (find_pickle_method(owner, name)) return make_inert(call);
  const bool reaches_inside = find_acting_call(owner) || names_an_internal(owner.name) || names_an_internal(name) ||
                              find_acting_call({owner.module, fmt::format("{}.{}", owner.name, name)});
  if (reaches_inside) {
    return fail(ErrorCode::kHostile, "it calls {}{}", call.callable.qualified_name(), shown_arguments(call));
  }
  if (is_listed_enumeration(owner) && !name.starts_with('_')) {
    return inert_object(call.arena, &owner, call.arguments.subspan(1));
  }
  // Protocol 4 names a class within a class by its path.
  if (is_class_like(owner.name) && is_class_like(name)) {
    return PickleValue::global(call.arena.global(owner.module, fmt::format("{}.{}", owner.name, name)));
  }
  return fail(ErrorCode::kUnknownContent, "it calls {}{}", call.callable.qualified_name(), shown_arguments(call));
}

/// Of a call that would call this argument.
Error refused_argument(const PickleCall& call, const PickleValue& argument) {
  return fail(holds_what_acts(argument) ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {} with {}",
              call.callable.qualified_name(), pickle_value_text(argument, 80));
}

bool names_type(const PickleValue& value) {
  const PickleGlobal* global = value.as_global();
  if (!global) return value.as_object() != nullptr || value.is_none();
  return !find_acting_call(*global);
}

}  // namespace

Result<PickleValue> get_member(const PickleCall& call) {
  if (call.arguments.size() != 2) return bad_arguments(call);
  const auto name = call.arguments[1].as_string();
  if (!name) return bad_arguments(call);
  if (const PickleGlobal* owner = call.arguments[0].as_global()) return get_member_of(call, *owner, *name);
  if (!names_an_internal(*name)) return make_inert(call);
  return fail(ErrorCode::kHostile, "it calls {}{}", call.callable.qualified_name(), shown_arguments(call));
}

Result<PickleValue> bind_method(const PickleCall& call) {
  if (call.arguments.size() != 2) return bad_arguments(call);
  // getattr(class, name), which was judged when it was read; or the path of protocol 4.
  const PickleObject* member = call.arguments[0].as_object();
  const PickleGlobal* path = call.arguments[0].as_global();
  const size_t dot = path ? path->name.rfind('.') : std::string::npos;
  const bool is_path = dot != std::string::npos &&
                       find_pickle_method({path->module, path->name.substr(0, dot)}, path->name.substr(dot + 1));
  const bool is_member = member && member->type->name == "getattr" && member->arguments.size() == 2 &&
                         member->arguments[0].as_global() && call.arguments[1].as_object();
  if ((is_path || is_member) && call.arguments[1].as_object()) return make_inert(call);
  const bool acts = std::ranges::any_of(call.arguments, holds_what_acts);
  return fail(acts ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {}{}", call.callable.qualified_name(),
              shown_arguments(call));
}

Result<PickleValue> enumeration_member(const PickleCall& call) {
  // Rows that end in '*' name functions too.
  if (is_member_value(call.arguments) && is_class_like(last_part(call.callable.name))) return make_inert(call);
  return fail(ErrorCode::kUnknownContent, "it calls {} with {} arguments", call.callable.qualified_name(),
              call.arguments.size());
}

Result<PickleValue> make_type_of(const PickleCall& call) {
  if (call.arguments.size() == 1 && (call.arguments[0].is_none() || call.arguments[0].as_global()))
    return make_inert(call);
  if (call.arguments.size() == 3) {
    return fail(ErrorCode::kHostile, "it calls {} with {}, which makes a class", call.callable.qualified_name(),
                pickle_value_text(call.arguments[0], 80));
  }
  return bad_arguments(call);
}

Result<PickleValue> make_union(const PickleCall& call) {
  if (call.arguments.size() < 2) return bad_arguments(call);
  const PickleGlobal* function = call.arguments[0].as_global();
  const auto* types = call.arguments[1].as_sequence();
  const bool is_union = function && types && call.arguments.size() == 2 && function->name == "or_" &&
                        (function->module == "_operator" || function->module == "operator");
  if (is_union && std::ranges::all_of(*types, names_type)) return make_inert(call);
  const bool acts = std::ranges::any_of(call.arguments, holds_what_acts);
  return fail(acts ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {}{}", call.callable.qualified_name(),
              shown_arguments(call));
}

Result<PickleValue> make_subscript(const PickleCall& call) {
  if (call.arguments.size() != 2) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  const bool is_type =
      type && (type->module == "typing" || type->module == "builtins" || type->module == "__builtin__");
  if (is_type && !find_acting_call(*type)) return make_inert(call);
  const bool acts = std::ranges::any_of(call.arguments, holds_what_acts);
  return fail(acts ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {}{}", call.callable.qualified_name(),
              shown_arguments(call));
}

Result<PickleValue> make_iterator(const PickleCall& call) {
  for (const PickleValue& argument : call.arguments) {
    const PickleGlobal* function = argument.as_global();
    const PickleObject* object = argument.as_object();
    if (!function && !object) continue;
    if (holds_what_acts(argument)) {
      return fail(ErrorCode::kHostile, "it calls {} with {}", call.callable.qualified_name(),
                  pickle_value_text(argument, 80));
    }
    if (function && verdict_on(*function) != CallVerdict::kData && !names_builtin_type(*function)) {
      return fail(ErrorCode::kUnknownContent, "it calls {} with {}", call.callable.qualified_name(),
                  pickle_value_text(argument, 80));
    }
  }
  return make_inert(call);
}

Result<PickleValue> make_wrapper(const PickleCall& call) {
  for (const PickleValue& argument : call.arguments) {
    const PickleObject* object = argument.as_object();
    const std::string type = object ? current_name(*object->type) : "";
    const bool is_function = argument.as_global() || type == "functools.partial" || type == "builtins.getattr";
    if (is_function) return refused_argument(call, argument);
  }
  return make_inert(call);
}

Result<PickleValue> reconstruct(const PickleCall& call) {
  if (call.arguments.size() != 3) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  const PickleGlobal* base = call.arguments[1].as_global();
  if (!type || !base) return bad_arguments(call);
  if (verdict_on(*type) == CallVerdict::kActs)
    return refused_call(*type, fmt::format(" by {}", call.callable.qualified_name()));
  if (!names_builtin_type(*base)) {
    const bool acts = verdict_on(*base) == CallVerdict::kActs;
    return fail(acts ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {} with base class {}",
                call.callable.qualified_name(), base->qualified_name());
  }
  return inert_object(call.arena, type, call.arguments.subspan(2));
}

Result<PickleValue> new_inert(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  if (!type) return bad_arguments(call);
  if (verdict_on(*type) == CallVerdict::kActs)
    return refused_call(*type, fmt::format(" by {}", call.callable.qualified_name()));
  return inert_object(call.arena, type, call.arguments.subspan(1));
}

Result<PickleValue> new_inert_ex(const PickleCall& call) {
  if (call.arguments.size() != 3) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  const auto* arguments = call.arguments[1].as_sequence();
  if (!type || !arguments) return bad_arguments(call);
  if (verdict_on(*type) == CallVerdict::kActs)
    return refused_call(*type, fmt::format(" by {}", call.callable.qualified_name()));
  CHECK_OK(take_work(call, arguments->size()));
  const PickleValue object = inert_object(call.arena, type, *arguments);
  object.mutable_object()->keywords = call.arguments[2];
  return object;
}

Result<PickleValue> load_builtin_type(const PickleCall& call) {
  const auto name = call.arguments.empty() ? std::nullopt : call.arguments[0].as_string();
  if (!name) return bad_arguments(call);
  if (*name == "ObjectType") return PickleValue::global(call.arena.global("builtins", "object"));
  const PickleGlobal* type = call.arena.global(name->ends_with("Type") ? "types" : "builtins", *name);
  if (type->module == "types" || names_builtin_type(*type)) return PickleValue::global(type);
  return fail(ErrorCode::kUnknownContent, "it calls {} with '{}'", call.callable.qualified_name(), name->substr(0, 80));
}

}  // namespace modelport

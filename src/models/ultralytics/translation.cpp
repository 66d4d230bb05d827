#include "models/ultralytics/translation.h"

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/module_chain.h"
#include "models/ultralytics/module_table.h"

namespace modelport::ultralytics {

namespace {

constexpr size_t kDeepestNesting = 32;

/// Emits below the path of a module while it lives.
class PathScope {
 public:
  PathScope(GraphBuilder& builder, const std::string& path) : builder_(builder), outer_(builder.set_path(path)) {}
  ~PathScope() { builder_.set_path(std::move(outer_)); }
  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;

 private:
  GraphBuilder& builder_;
  std::string outer_;
};

bool is_numbered(const std::vector<std::pair<std::string, ModuleView>>& children) {
  for (size_t i = 0; i < children.size(); ++i) {
    if (children[i].first != std::to_string(i)) return false;
  }
  return true;
}

/// A class's method, as a value names it.
struct MethodName {
  std::string owner;  ///< The class's name of today; empty where the value names no method.
  std::string name;
};

/// Protocol 4 names a method by a path; older ones write getattr(class, name).
MethodName method_named(const PickleValue& value) {
  if (const PickleGlobal* path = value.as_global()) {
    const size_t dot = path->name.find('.');
    if (dot == std::string::npos) return {};
    return {canonical_class_name({path->module, path->name.substr(0, dot), path->families}),
            path->name.substr(dot + 1)};
  }
  const PickleObject* call = value.as_object();
  if (!call || call->type->name != "getattr" || call->arguments.size() != 2) return {};
  const PickleGlobal* owner = call->arguments[0].as_global();
  if (!owner) return {};
  return {canonical_class_name(*owner), std::string(call->arguments[1].as_string().value_or(""))};
}

/// "ultralytics.nn.modules.conv.Conv.forward_fuse", or the value.
std::string function_text(const MethodName& method, const PickleValue& value) {
  return method.owner.empty() ? pickle_value_text(value, 80) : fmt::format("{}.{}", method.owner, method.name);
}

}  // namespace

Result<ValueId> apply(Translation& t, const ModuleView& module, std::span<const ValueId> inputs) {
  const auto chain = t.aliases.chains.find(module.class_name());
  const bool is_chain = chain != t.aliases.chains.end();
  const ModuleFunction function = find_module_function(module.class_name());
  if (!function && !is_chain) {
    t.classes = Translation::Classes::kUnknown;
    return module.fail("no translation for class {}", module.class_name());
  }
  if (t.depth == kDeepestNesting) return module.fail("modules nest more than {} levels", kDeepestNesting);
  const PathScope scope(t.b, module.path());
  ++t.depth;
  Result<ValueId> result = is_chain ? apply_chain(t, module, chain->second, inputs) : function(t, module, inputs);
  --t.depth;
  return result;
}

Result<ValueId> apply(Translation& t, const ModuleView& module, ValueId x) {
  return apply(t, module, std::span<const ValueId>(&x, 1));
}

Result<ValueId> apply_child(Translation& t, const ModuleView& module, std::string_view name, ValueId x) {
  TRY(child, module.child(name));
  return apply(t, child, x);
}

Status expect_forward(const ModuleView& module, std::string_view name) {
  if (!module.has_attribute("forward")) return {};
  TRY(value, module.attribute("forward"));
  // A bound method is pickled as getattr(module, name), by dill as MethodType(Class.name, module); a static one as
  // getattr(class, name).
  const PickleObject* call = value.as_object();
  const bool has_pair = call && call->arguments.size() == 2;
  const bool is_bound = has_pair && call->type->name == "MethodType";
  MethodName method = method_named(is_bound ? call->arguments[0] : value);
  if (has_pair && call->type->name == "getattr" && call->arguments[0].as_object() == &module.object())
    method = {module.class_name(), std::string(call->arguments[1].as_string().value_or(""))};
  const bool inherits = module.short_class_name() == "DWConv" && method.owner == "ultralytics.nn.modules.conv.Conv";
  const bool bound_elsewhere = is_bound && call->arguments[1].as_object() != &module.object();
  if (method.name == name && (method.owner == module.class_name() || inherits) && !bound_elsewhere) return {};
  Error error =
      module.fail("its forward() was replaced by {}, its class's {}() is expected", function_text(method, value), name);
  error.hint = std::string(kForwardHint);
  return error;
}

Status expect_method(const ModuleView& module, std::string_view attribute, std::string_view owner,
                     std::string_view name) {
  if (!module.has_attribute(attribute)) return {};
  TRY(value, module.attribute(attribute));
  const MethodName method = method_named(value);
  if (method.owner == owner && method.name == name) return {};
  return module.fail("its {}() was replaced by {}, {}.{} is expected", attribute, function_text(method, value), owner,
                     name);
}

Status expect_class(const ModuleView& module, std::string_view class_name) {
  if (module.class_name() == class_name) return {};
  return module.fail("a {} is expected here", class_name.substr(class_name.rfind('.') + 1));
}

bool is_module_list(const ModuleView& module) {
  return module.class_name() == "torch.nn.modules.container.ModuleList" ||
         module.class_name() == "torch.nn.modules.container.Sequential";
}

Result<std::vector<ModuleView>> module_list(const ModuleView& module, std::string_view name) {
  TRY(list, module.child(name));
  if (!is_module_list(list)) return list.fail("a ModuleList or Sequential is expected here");
  TRY(children, list.children());
  if (!is_numbered(children)) return list.fail("its children are not numbered 0 to {}", children.size());
  std::vector<ModuleView> items;
  for (auto& [key, item] : children) items.push_back(std::move(item));
  return items;
}

Result<ValueId> add_if(Translation& t, const ModuleView& module, std::string_view name, ValueId x, ValueId y) {
  TRY(add, module.bool_attribute(name));
  return add ? t.b.add(x, y) : y;
}

Result<std::vector<ValueId>> halves(Translation& t, const ModuleView& module, ValueId x, int64_t channels) {
  CHECK_OK(expect_channels(t.b, module, x, 2 * channels));
  return t.b.split(x, 1, {channels, channels});
}

}  // namespace modelport::ultralytics

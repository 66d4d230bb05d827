#include "models/ultralytics/translation.h"

#include "models/layers/weights.h"
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
  // A bound method is pickled as getattr(module, name), a static one as getattr(class, name).
  const PickleObject* method = value.as_object();
  const bool is_getattr = method && method->type->name == "getattr" && method->arguments.size() == 2;
  const PickleGlobal* owner = is_getattr ? method->arguments[0].as_global() : nullptr;
  const bool is_own = is_getattr && (method->arguments[0].as_object() == &module.object() ||
                                     (owner && owner->qualified_name() == module.class_name()));
  const bool expected = is_own && method->arguments[1].as_string() == name;
  if (!expected) return module.fail("its forward() was replaced by {}", pickle_value_text(value, 80));
  return {};
}

Status expect_method(const ModuleView& module, std::string_view attribute, std::string_view owner,
                     std::string_view name) {
  if (!module.has_attribute(attribute)) return {};
  TRY(value, module.attribute(attribute));
  // Protocol 4 names the method by a path; older ones write getattr(owner, name).
  std::optional<PickleGlobal> type;
  std::string_view method;
  if (const PickleGlobal* path = value.as_global()) {
    const size_t dot = std::min(path->name.find('.'), path->name.size());
    type = {path->module, path->name.substr(0, dot)};
    method = std::string_view(path->name).substr(std::min(dot + 1, path->name.size()));
  } else if (const PickleObject* call = value.as_object();
             call && call->type->name == "getattr" && call->arguments.size() == 2 && call->arguments[0].as_global()) {
    type = *call->arguments[0].as_global();
    method = call->arguments[1].as_string().value_or("");
  }
  if (type && canonical_class_name(*type) == owner && method == name) return {};
  return module.fail("its {}() was replaced by {}, {}.{} is expected", attribute, pickle_value_text(value, 80), owner,
                     name);
}

Status expect_class(const ModuleView& module, std::string_view class_name) {
  if (module.class_name() == class_name) return {};
  return module.fail("a {} is expected here", class_name.substr(class_name.rfind('.') + 1));
}

Result<std::vector<ModuleView>> module_list(const ModuleView& module, std::string_view name) {
  TRY(list, module.child(name));
  if (list.class_name() != "torch.nn.modules.container.ModuleList" &&
      list.class_name() != "torch.nn.modules.container.Sequential") {
    return list.fail("a ModuleList or Sequential is expected here");
  }
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

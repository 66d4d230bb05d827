#include "modules/module_ledger.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/half.h"
#include "base/work_count.h"
#include "modules/forward_hooks.h"
#include "modules/module_internals.h"
#include "modules/module_view.h"
#include "modules/wrappers.h"
#include "weights/name_pattern.h"

namespace modelport {
namespace {

// A network of the largest family asks for some ten thousand views.
constexpr size_t kMostViews = 1'000'000;
// As deep as views go.
constexpr ptrdiff_t kDeepestAccount = 65;
// Names of attributes are far shorter, and classes do not share the dict of one object.
constexpr size_t kLongestName = 1000;
constexpr size_t kMostSharingClasses = 8;
constexpr size_t kMostNumbered = 1000;

constexpr std::string_view kSlots[] = {"_parameters", "_buffers", "_modules"};

bool is_empty(const PickleValue& value) {
  if (value.is_none()) return true;
  if (const PickleDict* dict = value.as_dict()) return dict->entries.empty();
  const auto* items = value.as_sequence();
  return items && items->empty();
}

std::string join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

Error nested_too_deep() {
  return fail(ErrorCode::kUnsupportedModel, "modules are nested deeper than {} levels", kDeepestAccount);
}

Error replaced_forward(const LedgerEntry& entry) {
  const PickleValue* value = entry.module->attribute("forward");
  Error error = fail(ErrorCode::kUnsupportedModel,
                     "the checkpoint holds what the translation does not read: {} ({}): its forward() was replaced{}",
                     entry.path, entry.owner, value ? fmt::format(" by {}", pickle_value_text(*value, 80)) : "");
  error.hint = std::string(kForwardHint);
  return error;
}

/// A float64 value as the dtype would hold it.
double round_to(double value, DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return static_cast<float>(value);
    case DType::kFloat16:
      return float_from_half(half_from_float(static_cast<float>(value)));
    case DType::kBFloat16:
      return float_from_bfloat16(bfloat16_from_float(static_cast<float>(value)));
    default:
      return value;
  }
}

}  // namespace

/// Visits every module that is not ignored once, in the order of the tree, without recursion.
class Ledger::Walk {
 public:
  explicit Walk(const Ledger& ledger) : ledger_(ledger) {}

  std::vector<LedgerEntry> run() {
    pending_.emplace_back(&ledger_.root_, "");
    while (!pending_.empty()) {
      const auto [module, path] = std::move(pending_.back());
      pending_.pop_back();
      if (!seen_.insert(module).second) continue;
      if (std::ranges::count(path, '.') > kDeepestAccount) {
        problems_.push_back(nested_too_deep());
        continue;
      }
      visit(*module, path);
    }
    return std::move(entries_);
  }

  /// What cannot be accounted for at all, such as hooks.
  const std::vector<Error>& problems() const { return problems_; }
  const std::vector<LedgerModule>& modules() const { return modules_; }

 private:
  /// The names of one module: none twice, none longer than names are.
  class Names {
   public:
    Names(Walk& walk, const std::string& path, const std::string& type) : walk_(walk), path_(path), type_(type) {}

    /// The key as a name to account for.
    std::optional<std::string_view> admit(const PickleValue& key) {
      const auto name = key.as_string();
      if (!name) return std::nullopt;
      if (name->size() > kLongestName) {
        walk_.problems_.push_back(fail(ErrorCode::kHostile, "{} ({}) has a name of {} bytes, at most {} are allowed",
                                       path_, type_, name->size(), kLongestName));
        return std::nullopt;
      }
      count_work(1 + name->size());
      if (!seen_.insert(*name).second) {
        walk_.problems_.push_back(
            fail(ErrorCode::kUnsupportedModel, "{} ({}) is there twice", join(path_, *name), type_));
      }
      return name;
    }

   private:
    Walk& walk_;
    const std::string& path_;
    const std::string& type_;
    std::unordered_set<std::string_view> seen_;
  };

  /// Modules of one class may share a dict (copy.copy): what hangs on it is accounted for at the first of them.
  bool is_new(const PickleDict* dict, const std::string& type, const std::string& path) {
    std::vector<std::string>& classes = accounted_[dict];
    if (std::ranges::count(classes, type) > 0) return false;
    if (classes.size() == kMostSharingClasses) {
      problems_.push_back(fail(ErrorCode::kHostile, "{} ({}) shares a dict with modules of {} other classes", path,
                               type, kMostSharingClasses));
      return false;
    }
    classes.push_back(type);
    return true;
  }

  static size_t numbered_children(const PickleObject& module) {
    const auto& entries = module.attribute(kSlots[2])->as_dict()->entries;
    if (entries.size() > kMostNumbered) return 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].first.as_string() != fmt::to_string(i)) return 0;
    }
    return entries.size();
  }

  void visit(const PickleObject& module, const std::string& path) {
    count_work(1 + path.size());
    const std::string type = ledger_.class_name(module);
    modules_.push_back({path, type, numbered_children(module)});
    Names names(*this, path, type);
    for (const std::string_view slot : {kSlots[0], kSlots[1]}) {
      const PickleDict* tensors = module.attribute(slot)->as_dict();
      if (!is_new(tensors, type, path)) continue;
      for (const auto& [key, value] : tensors->entries) {
        const auto name = value.is_none() ? std::nullopt : names.admit(key);
        if (!name) continue;
        add(module, type, path, *name, LedgerEntry::Kind::kTensor).tensor = value.as_tensor();
      }
    }
    visit_children(module, path, type, names);
    visit_attributes(module, path, type, names);
  }

  void visit_children(const PickleObject& module, const std::string& path, const std::string& type, Names& names) {
    const PickleDict* modules = module.attribute(kSlots[2])->as_dict();
    if (!is_new(modules, type, path)) return;
    std::vector<std::pair<const PickleObject*, std::string>> children;
    for (const auto& [key, value] : modules->entries) {
      const auto name = value.is_none() ? std::nullopt : names.admit(key);
      if (!name) continue;
      const bool has_mark = ledger_.find_mark(module, type, *name).has_value();
      const PickleObject* child = value.as_object() ? &unwrapped(*value.as_object()) : nullptr;
      if (has_mark || !child || !child->is_module()) {
        add(module, type, path, *name, LedgerEntry::Kind::kModule);
      } else {
        children.emplace_back(child, join(path, *name));
      }
    }
    pending_.insert(pending_.end(), children.rbegin(), children.rend());
  }

  void visit_attributes(const PickleObject& module, const std::string& path, const std::string& type, Names& names) {
    if (!is_new(module.attributes(), type, path)) return;
    for (const auto& [key, value] : module.attributes()->entries) {
      const auto name = names.admit(key);
      if (!name || std::ranges::find(kSlots, *name) != std::end(kSlots)) continue;
      if (const ModuleInternal* internal = find_module_internal(*name)) {
        if (internal->condition == ModuleInternal::Condition::kMustBeEmpty && !is_empty(value) &&
            !is_accounted_hook(module, *name)) {
          problems_.push_back(fail(ErrorCode::kUnsupportedModel,
                                   "{} ({}) is set: it would change what the module computes", join(path, *name),
                                   type));
        }
        LedgerEntry& entry = entries_.emplace_back(new_entry(module, type, path, *name));
        entry.state = NameState::kIgnored;
        entry.reason = internal->reason;
        continue;
      }
      add(module, type, path, *name, LedgerEntry::Kind::kAttribute);
    }
  }

  /// Hooks that only count, and those whose weight the translation has computed.
  bool is_accounted_hook(const PickleObject& module, std::string_view slot) const {
    const std::vector<ForwardHook> hooks = forward_hooks(module, slot);
    const bool marked = ledger_.find_mark(module, "", slot).has_value();
    return !hooks.empty() && std::ranges::all_of(hooks, [&](const ForwardHook& hook) {
      return hook.effect == ForwardHook::Effect::kNone || (hook.effect == ForwardHook::Effect::kMakesWeight && marked);
    });
  }

  static LedgerEntry new_entry(const PickleObject& module, const std::string& type, const std::string& path,
                               std::string_view name) {
    LedgerEntry entry;
    entry.path = join(path, name);
    entry.owner = type;
    entry.name = name;
    entry.module = &module;
    return entry;
  }

  LedgerEntry& add(const PickleObject& module, const std::string& type, const std::string& path, std::string_view name,
                   LedgerEntry::Kind kind) {
    LedgerEntry& entry = entries_.emplace_back(new_entry(module, type, path, name));
    entry.kind = kind;
    if (const auto mark = ledger_.find_mark(module, type, name)) {
      entry.state = mark->state;
      entry.reason = mark->reason;
    }
    return entry;
  }

  const Ledger& ledger_;
  std::vector<std::pair<const PickleObject*, std::string>> pending_;
  std::unordered_set<const PickleObject*> seen_;
  /// The classes at which each dict was accounted for.
  std::unordered_map<const PickleDict*, std::vector<std::string>> accounted_;
  std::vector<LedgerEntry> entries_;
  std::vector<Error> problems_;
  std::vector<LedgerModule> modules_;
};

Ledger::Ledger(Account& account, const PickleObject& root, std::span<const IgnoreRule> rules, ClassAliases aliases)
    : account_(account), root_(root), rules_(rules), aliases_(std::move(aliases)) {
  account_.add(*this);
}

std::string Ledger::class_name(const PickleObject& module) const {
  return canonical_class_name(*module.type, aliases_);
}

ModuleView Ledger::root() { return ModuleView(this, &root_, ""); }

std::optional<Account::Mark> Ledger::find_mark(const PickleObject& module, const std::string& module_class,
                                               std::string_view name) const {
  if (const Account::Mark* mark = account_.find(&module, name)) return *mark;
  for (const IgnoreRule& rule : rules_) {
    if (matches_pattern(rule.module_class, module_class) && matches_pattern(rule.attribute, name))
      return Account::Mark{NameState::kIgnored, std::string(rule.reason)};
  }
  return std::nullopt;
}

void Ledger::mark(const PickleObject& module, std::string_view name, NameState state, std::string_view reason) {
  account_.mark(&module, name, state, reason);
}

Status Ledger::count_view() {
  if (++view_count_ <= kMostViews) return {};
  return fail(ErrorCode::kHostile, "the module tree unfolds to more than {} modules", kMostViews);
}

void Ledger::ignore(const ModuleView& module, std::string_view attribute, std::string_view reason) {
  mark(module.object(), attribute, NameState::kIgnored, reason);
}

void Ledger::ignore(const LedgerEntry& entry, std::string_view reason) {
  mark(*entry.module, entry.name, NameState::kIgnored, reason);
}

Status Ledger::ignore_equal(const ModuleView& module, std::string_view path, const Tensor& expected) {
  const size_t dot = path.rfind('.');
  const std::string_view name = dot == std::string_view::npos ? path : path.substr(dot + 1);
  TRY(view, module.descendant(dot == std::string_view::npos ? std::string_view() : path.substr(0, dot)));
  TRY(found, view.tensor(name));
  const auto differs = [&](std::string_view what) {
    return fail(ErrorCode::kInconsistentModel, "{} {}", name, what).in(view.where());
  };
  if (found.shape() != expected.shape()) {
    return differs(fmt::format("is {}, {} is expected", shape_text(found.shape()), shape_text(expected.shape())));
  }
  const auto values = found.to_doubles();
  const auto wanted = expected.to_doubles();
  for (size_t i = 0; i < values.size(); ++i) {
    const double rounded = round_to(wanted[i], found.dtype());
    if (values[i] != rounded) {
      return differs(fmt::format("has {} at element {}, {} is expected", values[i], i, rounded));
    }
  }
  mark(view.object(), name, NameState::kRecomputed, "recomputed and equal");
  return {};
}

std::vector<LedgerEntry> Ledger::entries() const { return Walk(*this).run(); }

std::vector<LedgerModule> Ledger::modules() const {
  Walk walk(*this);
  walk.run();
  return walk.modules();
}

std::vector<LedgerEntry> Ledger::unaccounted() const {
  auto all = entries();
  std::erase_if(all, [](const LedgerEntry& entry) { return entry.state != NameState::kUnaccounted; });
  return all;
}

Status Ledger::require_known_hooks() const {
  std::vector<std::pair<const PickleObject*, std::string>> pending{{&root_, ""}};
  std::unordered_set<const void*> seen;
  while (!pending.empty()) {
    const auto [module, path] = std::move(pending.back());
    pending.pop_back();
    if (!seen.insert(module).second) continue;
    count_work(1 + path.size());
    if (std::ranges::count(path, '.') > kDeepestAccount) return nested_too_deep();
    const std::string where = fmt::format("{} ({})", path.empty() ? "the root module" : path, class_name(*module));
    if (std::optional<Error> error = explain_forward_hooks(*module, where)) return *std::move(error);
    const PickleDict* modules = module->attribute(kSlots[2])->as_dict();
    if (!seen.insert(modules).second) continue;
    const auto& children = modules->entries;
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      const auto name = child->first.as_string();
      if (!name || name->size() > kLongestName || !child->second.as_object()) continue;
      count_work(name->size());
      const PickleObject& inner = unwrapped(*child->second.as_object());
      if (inner.is_module()) pending.emplace_back(&inner, join(path, *name));
    }
  }
  return {};
}

void Ledger::list(const Account&, std::vector<AccountEntry>& entries, std::vector<Error>& problems) const {
  Walk walk(*this);
  std::vector<LedgerEntry> all = walk.run();
  problems.insert(problems.end(), walk.problems().begin(), walk.problems().end());
  const auto replaced = std::ranges::find_if(
      all, [](const LedgerEntry& entry) { return entry.state == NameState::kUnaccounted && entry.name == "forward"; });
  if (replaced != all.end()) problems.push_back(replaced_forward(*replaced));
  for (LedgerEntry& entry : all) entries.push_back(std::move(entry));
}

}  // namespace modelport

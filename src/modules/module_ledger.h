#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/pickle_value.h"
#include "modules/class_aliases.h"
#include "weights/account.h"

namespace modelport {

class ModuleView;

/// What to do about a module whose forward() is not its class's.
inline constexpr std::string_view kForwardHint =
    "an attribute \"forward\" of a module hides its class's: delete it before saving (del module.forward)";

/// Why an attribute, tensor or child module need not be read: a row of a family's table.
struct IgnoreRule {
  /// Module class after aliases, such as "torch.nn.modules.conv.Conv2d"; '*' stands for any characters.
  std::string_view module_class;
  /// Name of an attribute, tensor, or child module (then all below it); '*' stands for any characters.
  std::string_view attribute;
  std::string_view reason;
};

/// One attribute or tensor of one module object; its owner is the module's class.
struct LedgerEntry : AccountEntry {
  const PickleObject* module = nullptr;  ///< The one that holds it.
};

/// A module that is not ignored, at the first path that reaches it.
struct LedgerModule {
  std::string path;
  std::string class_name;
  /// Its children where they are named "0", "1", ... in order; else 0.
  size_t numbered_children = 0;
};

/// The names of a pickled network in an account: every tensor and every attribute of every nn.Module reachable from the
/// root. Lists, dicts, tensors and inert objects among the attributes are one entry each; children in `_modules` are
/// modules of their own. A module that hangs at several paths (a shared activation) has its names once.
/// What torch.nn.Module itself keeps (training, hook dicts) is accounted for by a table here; forward hooks that are
/// not empty are refused, and so is a name that Python would look up in another place than the one read here.
class Ledger final : public NameSource {
 public:
  /// Adds itself to `account`. `root` must be a module (`model_root`) and must outlive the ledger, as must `account`
  /// and the strings of `rules`. Modules of a class in `aliases` are accounted for as the class that it stands for.
  Ledger(Account& account, const PickleObject& root, std::span<const IgnoreRule> rules, ClassAliases aliases = {});
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// The scoped view that translations read through. Views point back here: the ledger must outlive them.
  ModuleView root();

  /// Marks one attribute, tensor or child (with all below) as not needed.
  void ignore(const ModuleView& module, std::string_view attribute, std::string_view reason);

  void ignore(const LedgerEntry& entry, std::string_view reason);

  /// Reads the tensor at `path` below `module` ("dfl.conv.weight") and marks it as recomputed. kInconsistentModel when
  /// its shape or values differ from `expected`; dtypes may differ (values are compared as doubles, after rounding
  /// `expected` to the tensor's dtype).
  Status ignore_equal(const ModuleView& module, std::string_view path, const Tensor& expected);

  /// Every entry with its state, in the order of the module tree.
  std::vector<LedgerEntry> entries() const;
  /// Every module that no rule or `ignore` leaves out, once, in the order of the tree.
  std::vector<LedgerModule> modules() const;
  /// Those that nobody read or ignored.
  std::vector<LedgerEntry> unaccounted() const;
  /// kUnsupportedModel at the first module that hooks make another than its class says, and what to call before saving:
  /// to be asked before a translation reads anything.
  Status require_known_hooks() const;

  Account& account() const { return account_; }
  void list(const Account& account, std::vector<AccountEntry>& entries, std::vector<Error>& problems) const override;

 private:
  friend class ModuleView;
  class Walk;

  std::optional<Account::Mark> find_mark(const PickleObject& module, const std::string& module_class,
                                         std::string_view name) const;
  void mark(const PickleObject& module, std::string_view name, NameState state, std::string_view reason = "");
  std::string class_name(const PickleObject& module) const;
  /// Counts views handed out: a hostile module graph that unfolds exponentially ends in kHostile.
  Status count_view();

  Account& account_;
  const PickleObject& root_;
  std::span<const IgnoreRule> rules_;
  ClassAliases aliases_;
  size_t view_count_ = 0;
};

}  // namespace modelport

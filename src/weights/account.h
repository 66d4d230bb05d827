#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace modelport {

/// How a name of a checkpoint ends.
enum class NameState {
  kUnaccounted,
  kRead,
  kIgnored,     ///< A rule or `ignore` says why.
  kRecomputed,  ///< Recomputed and found equal.
};

/// One name of a checkpoint: a tensor, an attribute of a module, a key of a configuration.
struct AccountEntry {
  std::string path;   ///< Where people find it: "model.22.cv3.0.2.stride", "config.json: hidden_size".
  std::string owner;  ///< What kind of thing has it: a module's class; empty where names have none.
  std::string name;   ///< Its name there: "stride".
  /// kModule stands for an ignored child and all below it.
  enum class Kind { kAttribute, kTensor, kModule, kConfigKey } kind = Kind::kAttribute;
  NameState state = NameState::kUnaccounted;
  std::string reason;
  const Tensor* tensor = nullptr;  ///< Of kTensor, where it is one; valid as long as the checkpoint.
};

class Account;

/// A list of names that an account is about: a state dict, a configuration, a tree of pickled modules.
class NameSource {
 public:
  virtual ~NameSource() = default;
  /// Every name in order, with its state by `account`; `problems` gets what no mark can settle.
  virtual void list(const Account& account, std::vector<AccountEntry>& entries, std::vector<Error>& problems) const = 0;
};

/// The account of a checkpoint: every name of every source must end read, ignored with a reason, or recomputed and
/// equal. Names are listed when somebody asks, so that what was ignored as a whole need not be listed at all.
class Account {
 public:
  struct Mark {
    NameState state;
    std::string reason;
  };

  Account() = default;
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  /// `source` must live as long as this account.
  void add(const NameSource& source) { sources_.push_back(&source); }

  /// Marks the name that `holder` has; the holder is whatever has names of its own (a module, a dict), by identity.
  void mark(const void* holder, std::string_view name, NameState state, std::string_view reason = "");
  const Mark* find(const void* holder, std::string_view name) const;

  /// What a message about unaccounted names adds; the first explanation stands.
  void explain_unaccounted(std::string explanation);

  /// Every name of every source with its state.
  std::vector<AccountEntry> entries() const;

  /// kUnsupportedModel naming up to ten names that nobody read or ignored, each with the nearest name of the same owner
  /// that was read, and the explanation as its hint; also the first problem of a source.
  Status require_everything_accounted_for() const;

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Marks = std::unordered_map<std::string, Mark, NameHash, std::equal_to<>>;

  std::vector<const NameSource*> sources_;
  std::unordered_map<const void*, Marks> marks_;
  std::string explanation_;
};

/// kInconsistentModel naming the first tensor that was read and holds NaN or an infinity, which a training that
/// diverged leaves behind: what such a network computes is no number either.
Status require_finite_weights(const Account& account);

}  // namespace modelport

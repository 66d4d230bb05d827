#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "weights/account.h"

namespace modelport {

/// Why a key of a configuration need not be read: a row of a family's table.
struct ConfigRule {
  std::string_view key;  ///< "backbone_config.hidden_act"; '*' stands for any characters.
  std::string_view reason;
};

class ConfigView;

/// One configuration of a checkpoint: config.json, `args`, `pretrained_cfg`. Each key is a name of the account; a key
/// that holds an object is accounted for by the keys in it, unless it was ignored as a whole.
class Config final : public NameSource {
 public:
  /// Adds itself to `account`, which must outlive it, as must the strings of `rules`. `name` is for messages:
  /// "config.json". kInconsistentModel when `document` is no object.
  static Result<std::unique_ptr<Config>> make(Account& account, std::string name, Json document,
                                              std::span<const ConfigRule> rules = {});

  ConfigView root() const;
  const std::string& name() const { return name_; }

  void list(const Account& account, std::vector<AccountEntry>& entries, std::vector<Error>& problems) const override;

 private:
  friend class ConfigView;
  Config(Account& account, std::string name, Json document, std::span<const ConfigRule> rules)
      : account_(account), name_(std::move(name)), document_(std::move(document)), rules_(rules) {}
  void list_object(const Json& object, const std::string& path, const Account& account,
                   std::vector<AccountEntry>& entries) const;

  Account& account_;
  std::string name_;
  Json document_;
  std::span<const ConfigRule> rules_;
};

/// The keys of one object of a configuration. Every access is recorded in the account. Errors are kInconsistentModel
/// and name the key: "config.json: backbone_config.depths is "x", a list of integers is expected". Forms with a default
/// take null as missing, as Python's configurations mean it. Cheap to copy; valid as long as its Config.
class ConfigView {
 public:
  bool has(std::string_view key) const;
  /// Whether the key is missing or null; read by that.
  bool is_null(std::string_view key) const;

  Result<int64_t> integer(std::string_view key) const;
  Result<int64_t> integer(std::string_view key, int64_t if_missing) const;
  /// An integer too.
  Result<double> number(std::string_view key) const;
  Result<double> number(std::string_view key, double if_missing) const;
  Result<bool> boolean(std::string_view key) const;
  Result<bool> boolean(std::string_view key, bool if_missing) const;
  Result<std::string> text(std::string_view key) const;
  Result<std::string> text(std::string_view key, std::string_view if_missing) const;
  /// A list of integers, or one integer as a list of one.
  Result<std::vector<int64_t>> integers(std::string_view key) const;
  /// The object under `key`, whose keys are accounted for one by one.
  Result<ConfigView> object(std::string_view key) const;
  /// The value as it stands, with all in it.
  Result<Json> value(std::string_view key) const;

  /// Accounts for a key, and all in it, that inference as built here does not need.
  void ignore(std::string_view key, std::string_view reason) const;

  /// An error at this key: kInconsistentModel.
  template <class... Args>
  Error fail(std::string_view key, fmt::format_string<Args...> format, Args&&... args) const {
    return modelport::fail(ErrorCode::kInconsistentModel, "{} {}", path_of(key),
                           fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  friend class Config;
  ConfigView(const Config& config, const Json& object, std::string path)
      : config_(&config), object_(&object), path_(std::move(path)) {}
  const Json* find(std::string_view key) const;
  std::string path_of(std::string_view key) const;
  Error wrong_kind(std::string_view key, const Json& value, std::string_view expected) const;

  const Config* config_;
  const Json* object_;
  std::string path_;  ///< "backbone_config."; empty for the root.
};

}  // namespace modelport

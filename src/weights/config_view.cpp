#include "weights/config_view.h"

#include "base/nearest_name.h"
#include "weights/name_pattern.h"

namespace modelport {

namespace {

constexpr size_t kLongestValue = 80;

std::string value_text(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kLongestValue ? text : text.substr(0, kLongestValue) + "...";
}

}  // namespace

Result<std::unique_ptr<Config>> Config::make(Account& account, std::string name, Json document,
                                             std::span<const ConfigRule> rules) {
  if (!document.is_object()) {
    return modelport::fail(ErrorCode::kInconsistentModel, "{} is {}, an object is expected", name,
                           value_text(document));
  }
  std::unique_ptr<Config> config(new Config(account, std::move(name), std::move(document), rules));
  account.add(*config);
  return config;
}

ConfigView Config::root() const { return ConfigView(*this, document_, ""); }

void Config::list(const Account& account, std::vector<AccountEntry>& entries, std::vector<Error>&) const {
  list_object(document_, "", account, entries);
}

// As deep as parse_json reads.
void Config::list_object(const Json& object, const std::string& path, const Account& account,
                         std::vector<AccountEntry>& entries) const {
  for (const auto& [key, value] : object.items()) {
    const std::string full = path + key;
    AccountEntry entry;
    entry.path = fmt::format("{}: {}", name_, full);
    entry.name = full;
    entry.kind = AccountEntry::Kind::kConfigKey;
    const Account::Mark* mark = account.find(&object, key);
    for (const ConfigRule& rule : rules_) {
      if (mark || !matches_pattern(rule.key, full)) continue;
      entry.state = NameState::kIgnored;
      entry.reason = rule.reason;
      break;
    }
    if (mark) {
      entry.state = mark->state;
      entry.reason = mark->reason;
    }
    if (entry.state == NameState::kUnaccounted && value.is_object() && !value.empty()) {
      list_object(value, full + ".", account, entries);
    } else {
      entries.push_back(std::move(entry));
    }
  }
}

bool ConfigView::has(std::string_view key) const { return object_->find(key) != object_->end(); }

const Json* ConfigView::find(std::string_view key) const {
  const auto found = object_->find(key);
  if (found == object_->end()) return nullptr;
  config_->account_.mark(object_, key, NameState::kRead);
  return &*found;
}

std::string ConfigView::path_of(std::string_view key) const {
  return fmt::format("{}: {}{}", config_->name_, path_, key);
}

Error ConfigView::wrong_kind(std::string_view key, const Json& value, std::string_view expected) const {
  return fail(key, "is {}, {} is expected", value_text(value), expected);
}

bool ConfigView::is_null(std::string_view key) const {
  const Json* value = find(key);
  return value == nullptr || value->is_null();
}

Result<Json> ConfigView::value(std::string_view key) const {
  if (const Json* found = find(key)) return *found;
  std::vector<std::string> keys;
  for (const auto& [name, ignored] : object_->items()) keys.push_back(name);
  Error error = fail(key, "is missing");
  const std::string nearest = nearest_name(key, keys);
  if (!nearest.empty()) error.hint = fmt::format("the nearest is {}", nearest);
  return error;
}

Result<int64_t> ConfigView::integer(std::string_view key) const {
  TRY(found, value(key));
  if (!found.is_number_integer() || (found.is_number_unsigned() && found.get<uint64_t>() > uint64_t{INT64_MAX}))
    return wrong_kind(key, found, "an integer");
  return found.get<int64_t>();
}

Result<int64_t> ConfigView::integer(std::string_view key, int64_t if_missing) const {
  return is_null(key) ? if_missing : integer(key);
}

Result<double> ConfigView::number(std::string_view key) const {
  TRY(found, value(key));
  if (!found.is_number()) return wrong_kind(key, found, "a number");
  return found.get<double>();
}

Result<double> ConfigView::number(std::string_view key, double if_missing) const {
  return is_null(key) ? if_missing : number(key);
}

Result<bool> ConfigView::boolean(std::string_view key) const {
  TRY(found, value(key));
  if (!found.is_boolean()) return wrong_kind(key, found, "true or false");
  return found.get<bool>();
}

Result<bool> ConfigView::boolean(std::string_view key, bool if_missing) const {
  return is_null(key) ? if_missing : boolean(key);
}

Result<std::string> ConfigView::text(std::string_view key) const {
  TRY(found, value(key));
  if (!found.is_string()) return wrong_kind(key, found, "a text");
  return found.get<std::string>();
}

Result<std::string> ConfigView::text(std::string_view key, std::string_view if_missing) const {
  return is_null(key) ? std::string(if_missing) : text(key);
}

Result<std::vector<int64_t>> ConfigView::integers(std::string_view key) const {
  TRY(found, value(key));
  if (found.is_number_integer()) {
    TRY(one, integer(key));
    return std::vector{one};
  }
  std::vector<int64_t> out;
  if (!found.is_array()) return wrong_kind(key, found, "a list of integers");
  for (const Json& item : found) {
    if (!item.is_number_integer() || (item.is_number_unsigned() && item.get<uint64_t>() > uint64_t{INT64_MAX}))
      return wrong_kind(key, found, "a list of integers");
    out.push_back(item.get<int64_t>());
  }
  return out;
}

Result<ConfigView> ConfigView::object(std::string_view key) const {
  const auto found = object_->find(key);
  if (found == object_->end()) return value(key).error();
  if (!found->is_object()) return wrong_kind(key, *found, "an object");
  return ConfigView(*config_, *found, fmt::format("{}{}.", path_, key));
}

void ConfigView::ignore(std::string_view key, std::string_view reason) const {
  config_->account_.mark(object_, key, NameState::kIgnored, reason);
}

}  // namespace modelport

#include "cli/serve_settings.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/nearest_name.h"
#include "io/mapped_file.h"
#include "service/s3/s3_checkpoint_source.h"
#include "service/webhooks/destination.h"
#include "service/webhooks/signature.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// Where the values of a file go.
struct Target {
  ServeSettings settings;
  fs::path folder;
};

struct Key {
  std::string_view name;  ///< "http.token_sha256" is in the table [http].
  Status (*read)(const toml::node& node, std::string_view key, Target& target);
  enum class Taken { kAtStart, kByReload } taken = Taken::kAtStart;
};
constexpr auto kByReload = Key::Taken::kByReload;

Error wrong(const toml::node& node, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "line {}: {}", node.source().begin.line, what);
}

Result<std::string> text_from(const toml::node& node, std::string_view key) {
  const auto value = node.value_exact<std::string>();
  if (!value || value->empty()) return wrong(node, fmt::format("{} is a text", key));
  return *value;
}

Result<std::vector<std::string>> texts_from(const toml::node& node, std::string_view key) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return wrong(node, fmt::format("{} is a list of texts", key));
  std::vector<std::string> texts;
  for (const toml::node& entry : *array) {
    TRY(text, text_from(entry, key));
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string beside(const Target& target, const std::string& path) { return (target.folder / path).lexically_normal(); }

template <std::string ServiceConfig::*member>
Status read_path(const toml::node& node, std::string_view key, Target& target) {
  TRY(text, text_from(node, key));
  target.settings.service.*member = beside(target, text);
  return {};
}

template <std::vector<std::string> AccessRules::*member>
Status read_rule(const toml::node& node, std::string_view key, Target& target) {
  TRY(texts, texts_from(node, key));
  target.settings.access.*member = std::move(texts);
  return {};
}

Result<int64_t> number_from_node(const toml::node& node, std::string_view key, int64_t least, int64_t most) {
  const auto value = node.value_exact<int64_t>();
  if (!value || *value < least || *value > most)
    return wrong(node, fmt::format("{} is a whole number from {} to {}", key, least, most));
  return *value;
}

/// A number of `unit`s for a member of one of the parts of the settings.
template <auto part, auto member, int64_t unit, int64_t least, int64_t most>
Status read_amount(const toml::node& node, std::string_view key, Target& target) {
  TRY(number, number_from_node(node, key, least, most));
  auto& value = target.settings.*part.*member;
  value = std::remove_reference_t<decltype(value)>(number * unit);
  return {};
}

template <double RateLimit::*member>
Status read_rate(const toml::node& node, std::string_view key, Target& target) {
  TRY(number, number_from_node(node, key, 0, 1'000'000));
  auto& rate = target.settings.rate;
  if (!rate) rate = RateLimit{};
  *rate.*member = static_cast<double>(number);
  return {};
}

/// The same for what is told of webhooks.
template <auto member, int64_t unit, int64_t least, int64_t most>
Status read_webhook_amount(const toml::node& node, std::string_view key, Target& target) {
  TRY(number, number_from_node(node, key, least, most));
  auto& value = target.settings.service.webhooks.*member;
  value = std::remove_reference_t<decltype(value)>(number * unit);
  return {};
}

constexpr auto kService = &ServeSettings::service;
constexpr auto kLimits = &ServeSettings::limits;
constexpr int64_t kMegabyte = int64_t{1} << 20;

constexpr Key kKeys[] = {
    {"listen",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(text, text_from(node, key));
       TRY(address, parse_listen_address(text));
       target.settings.listen = address;
       return {};
     }},
    {"artifacts",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(text, text_from(node, key));
       if (text != "local" && text != "s3") return wrong(node, fmt::format("{} is \"local\" or \"s3\"", key));
       target.settings.store = text == "s3" ? ServeSettings::Store::kS3 : ServeSettings::Store::kLocal;
       return {};
     }},
    {"workers",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(number, number_from_node(node, key, 1, 1024));
       target.settings.workers = static_cast<int>(number);
       return {};
     }},
    {"shutdown_grace_seconds",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(number, number_from_node(node, key, 0, 3600));
       target.settings.shutdown_grace = std::chrono::seconds(number);
       return {};
     }},
    {"runs_jobs",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       const auto value = node.value_exact<bool>();
       if (!value) return wrong(node, fmt::format("{} is true or false", key));
       target.settings.service.role = *value ? ServiceConfig::Role::kAllInOne : ServiceConfig::Role::kApi;
       return {};
     }},
    {"shared_dir", read_path<&ServiceConfig::shared_directory>},
    {"lease_seconds", read_amount<kService, &ServiceConfig::lease, 1, 3, 3600>},
    {"database.url",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(text, text_from(node, key));
       target.settings.service.database = std::move(text);
       return {};
     }},
    {"database.password_file", read_path<&ServiceConfig::database_password_file>},
    {"data_dir", read_path<&ServiceConfig::data_directory>},
    {"trainers", read_path<&ServiceConfig::trainers_file>},
    {"checkpoint_roots",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(texts, texts_from(node, key));
       for (const std::string& text : texts) target.settings.service.checkpoint_roots.push_back(beside(target, text));
       return {};
     }},
    {"checkpoint_sources",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(texts, texts_from(node, key));
       for (const std::string& text : texts) {
         if (const Status wellformed = check_s3_source(text); !wellformed)
           return wrong(node, wellformed.error().message);
       }
       target.settings.service.checkpoint_sources = std::move(texts);
       return {};
     }},
    {"max_attempts", read_amount<kService, &ServiceConfig::max_attempts, 1, 1, 100>, kByReload},
    {"max_pending_jobs", read_amount<kService, &ServiceConfig::max_pending_jobs, 1, 1, 10'000'000>, kByReload},
    {"max_upload_mb", read_amount<kService, &ServiceConfig::max_upload_bytes, kMegabyte, 1, 1 << 24>},
    {"max_expanded_mb", read_amount<kService, &ServiceConfig::max_expanded_bytes, kMegabyte, 1, 1 << 24>},
    {"max_log_mb", read_amount<kService, &ServiceConfig::max_log_bytes, kMegabyte, 1, 1024>},
    {"store_quota_mb", read_amount<kService, &ServiceConfig::store_quota_bytes, kMegabyte, 0, 1 << 30>, kByReload},
    {"retention_days", read_amount<kService, &ServiceConfig::retention, 24, 0, 36'500>, kByReload},
    {"upload_retention_hours", read_amount<kService, &ServiceConfig::upload_retention, 1, 0, 876'000>, kByReload},
    {"webhooks.secrets",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(texts, texts_from(node, key));
       for (const std::string& text : texts) {
         if (const auto secret = WebhookSecret::parse(text); !secret) return wrong(node, secret.error().message);
       }
       target.settings.service.webhooks.secrets = std::move(texts);
       return {};
     },
     kByReload},
    {"webhooks.allow",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       TRY(texts, texts_from(node, key));
       if (const auto allowed = AllowedReceivers::parse(texts); !allowed) return wrong(node, allowed.error().message);
       target.settings.service.webhooks.allow = std::move(texts);
       return {};
     },
     kByReload},
    {"webhooks.on_start",
     [](const toml::node& node, std::string_view key, Target& target) -> Status {
       const auto value = node.value_exact<bool>();
       if (!value) return wrong(node, fmt::format("{} is true or false", key));
       target.settings.service.webhooks.on_start = *value;
       return {};
     },
     kByReload},
    {"webhooks.attempts", read_webhook_amount<&WebhookConfig::attempts, 1, 1, 100>, kByReload},
    {"webhooks.first_pause_seconds", read_webhook_amount<&WebhookConfig::first_pause, 1000, 1, 86'400>, kByReload},
    {"webhooks.longest_pause_seconds", read_webhook_amount<&WebhookConfig::longest_pause, 1000, 1, 604'800>, kByReload},
    {"webhooks.timeout_seconds", read_webhook_amount<&WebhookConfig::timeout, 1, 1, 300>, kByReload},
    {"http.token_sha256", read_rule<&AccessRules::token_digests>, kByReload},
    {"http.allowed_origins", read_rule<&AccessRules::allowed_origins>, kByReload},
    {"http.host_names", read_rule<&AccessRules::host_names>, kByReload},
    {"http.requests_per_second", read_rate<&RateLimit::per_second>, kByReload},
    {"http.burst", read_rate<&RateLimit::burst>, kByReload},
    {"http.max_connections", read_amount<kLimits, &HttpLimits::connections, 1, 1, 100'000>, kByReload},
    {"http.max_header_kb", read_amount<kLimits, &HttpLimits::header_bytes, 1024, 1, 1024>, kByReload},
    {"http.max_body_kb", read_amount<kLimits, &HttpLimits::json_bytes, 1024, 1, 65'536>, kByReload},
    {"http.header_seconds", read_amount<kLimits, &HttpLimits::header_time, 1000, 1, 3600>, kByReload},
    {"http.stall_seconds", read_amount<kLimits, &HttpLimits::stall_time, 1000, 1, 3600>, kByReload},
    {"http.idle_seconds", read_amount<kLimits, &HttpLimits::idle_time, 1000, 1, 3600>, kByReload},
    {"http.keep_alive_seconds", read_amount<kLimits, &HttpLimits::keep_alive_time, 1000, 1, 3600>, kByReload},
};

/// As the file says it.
std::string text_of(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return text.str();
}

Error unknown_key(const toml::node& node, const std::string& name) {
  std::vector<std::string> known, beside;
  const auto table_of = [](std::string_view key) { return key.substr(0, key.find('.') + 1); };
  for (const Key& key : kKeys) {
    known.emplace_back(key.name);
    if (table_of(key.name) == table_of(name)) beside.emplace_back(key.name);
  }
  Error error = wrong(node, fmt::format("there is no key {}", name));
  if (const std::string nearest = nearest_name(name, known); !nearest.empty())
    error.hint = fmt::format("did you mean {}? ", nearest);
  error.hint += fmt::format("there are {}", fmt::join(beside, ", "));
  return error;
}

Status read_table(const toml::table& table, const std::string& prefix, Target& target) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (prefix.empty() && (name == "http" || name == "database" || name == "webhooks") && node.is_table()) {
      CHECK_OK(read_table(*node.as_table(), name + ".", target));
      continue;
    }
    const Key* row = std::ranges::find(kKeys, name, &Key::name);
    if (row == std::end(kKeys)) return unknown_key(node, name);
    CHECK_OK(row->read(node, row->name, target));
    if (row->taken == Key::Taken::kAtStart) target.settings.taken_at_start[name] = text_of(node);
  }
  return {};
}

}  // namespace

Result<ServeSettings> parse_serve_settings(std::string_view text, const std::string& file_name) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed)
    return fail(ErrorCode::kInvalidArgument, "line {}: {}", parsed.error().source().begin.line,
                parsed.error().description())
        .in(file_name);
  Target target;
  target.folder = fs::absolute(file_name).parent_path();
  CHECK_OK(read_table(parsed.table(), "", target).in(file_name));
  ServeSettings& settings = target.settings;
  std::error_code unresolved;
  const fs::path own = fs::weakly_canonical(file_name, unresolved);
  settings.service.secret_files.push_back(unresolved ? fs::absolute(file_name) : own);
  if (!settings.service.database_password_file.empty())
    settings.service.secret_files.push_back(settings.service.database_password_file);
  settings.limits.upload_bytes = settings.service.max_upload_bytes;
  if (settings.rate && settings.rate->burst < 1) settings.rate->burst = std::max(1.0, settings.rate->per_second);
  CHECK_OK(check_rules(settings.access).in(file_name));
  return std::move(settings);
}

std::vector<std::string> settings_that_wait(const ServeSettings& at_start, const ServeSettings& now) {
  std::vector<std::string> waiting;
  for (const Key& key : kKeys) {
    const std::string name(key.name);
    const auto before = at_start.taken_at_start.find(name), after = now.taken_at_start.find(name);
    const bool was_there = before != at_start.taken_at_start.end(), is_there = after != now.taken_at_start.end();
    if (was_there != is_there || (is_there && before->second != after->second)) waiting.push_back(name);
  }
  return waiting;
}

Result<ServeSettings> read_serve_settings(const std::string& path) {
  TRY(file, MappedFile::open(path));
  const std::span<const std::byte> bytes = file->bytes();
  return parse_serve_settings({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

}  // namespace modelport

#include "models/ultralytics/forward_reads.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "base/log.h"
#include "checkpoint/storage_type.h"
#include "models/ultralytics/training_record.h"
#include "modules/module_view.h"

namespace modelport::ultralytics {

namespace {

#include "models/ultralytics/forward_reads_table.inc"

constexpr int kDeepestData = 6;
constexpr size_t kMostItems = 100'000;

std::set<std::string_view> words(std::string_view list) {
  std::set<std::string_view> out;
  while (!list.empty()) {
    const size_t space = std::min(list.find(' '), list.size());
    if (space > 0) out.insert(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return out;
}

using Release = std::array<int, 3>;

/// "8.3.0", or "8.3.0+cu118", whose label names a build of that release (PEP 440); nothing for names of anything else.
std::optional<Release> read_release(std::string_view text) {
  text = text.substr(0, text.find('+'));
  Release out{};
  for (size_t i = 0; i < out.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out[i]);
    if (error != std::errc() || out[i] < 0) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const bool last = i + 1 == out.size();
    if (last ? !text.empty() : !text.starts_with('.')) return std::nullopt;
    if (!last) text.remove_prefix(1);
  }
  return out;
}

std::string_view first_release() { return kReleases.substr(0, kReleases.find(' ')); }
std::string_view last_release() { return kReleases.substr(kReleases.rfind(' ') + 1); }

std::string table_text() {
  return fmt::format("the table of what forward() reads, made from ultralytics {} to {}", first_release(),
                     last_release());
}

bool in_span(std::string_view version) {
  const auto release = read_release(version);
  return release && *release >= read_release(first_release()) && *release <= read_release(last_release());
}

bool is_data_object(const PickleObject& object) {
  constexpr std::string_view kData[] = {"torch.device", "numpy.dtype", "numpy.ndarray"};
  return std::ranges::find(kData, object.type->qualified_name()) != std::end(kData);
}

/// Nothing in it that Python could call.
bool holds_only_data(const PickleValue& value, size_t& items_left, int depth = 0) {
  if (items_left == 0 || depth > kDeepestData) return false;
  --items_left;
  if (const PickleGlobal* global = value.as_global()) return dtype_from_global(*global).has_value();
  if (const PickleObject* object = value.as_object()) return is_data_object(*object);
  if (const PickleDict* dict = value.as_dict()) {
    return std::ranges::all_of(dict->entries, [&](const auto& entry) {
      return holds_only_data(entry.first, items_left, depth + 1) &&
             holds_only_data(entry.second, items_left, depth + 1);
    });
  }
  if (const auto* items = value.as_sequence()) {
    return std::ranges::all_of(*items,
                               [&](const PickleValue& item) { return holds_only_data(item, items_left, depth + 1); });
  }
  return value.kind() != PickleKind::kStorage;
}

const ForwardReads* find_row(std::string_view module_class) {
  const auto row = std::ranges::find(kRows, module_class, &ForwardReads::module_class);
  return row == std::end(kRows) ? nullptr : &*row;
}

/// Whether the module has this name: of an attribute, a tensor or a child.
bool carries(const PickleObject& module, std::string_view name) {
  if (module.attribute(name)) return true;
  return std::ranges::any_of(std::array{"_parameters", "_buffers", "_modules"}, [&](std::string_view slot) {
    return module.attribute(slot)->as_dict()->find(name) != nullptr;
  });
}

/// Two names that the module carries and that no single release's __init__ writes together; empty where there is a
/// release that writes all.
std::string mixed_releases(const ForwardReads& row, const PickleObject& module) {
  std::vector<std::set<std::string_view>> variants;
  std::set<std::string_view> known;
  for (std::string_view rest = row.written;;) {
    const size_t bar = std::min(rest.find('|'), rest.size());
    variants.push_back(words(rest.substr(0, bar)));
    known.insert(variants.back().begin(), variants.back().end());
    if (bar == rest.size()) break;
    rest.remove_prefix(bar + 1);
  }
  std::set<std::string_view> carried;
  std::ranges::copy_if(known, std::inserter(carried, carried.end()),
                       [&](std::string_view name) { return carries(module, name); });
  std::string mixed;
  for (const auto& variant : variants) {
    std::set<std::string_view> foreign;
    std::ranges::set_difference(carried, variant, std::inserter(foreign, foreign.end()));
    if (foreign.empty()) return "";
    if (!mixed.empty()) continue;
    std::set<std::string_view> own;
    std::ranges::set_difference(carried, foreign, std::inserter(own, own.end()));
    mixed = fmt::format("{} and {}", own.empty() ? "" : *own.rbegin(), *foreign.begin());
  }
  return mixed;
}

/// Of each module once: what `mixed_releases` says of it. Of all entries together: items that may still be looked at.
struct Lookup {
  std::string_view version;
  std::map<const PickleObject*, std::string> mixed;
  size_t items_left = kMostItems;
};

/// Why an entry stays unaccounted for; empty where no release's forward() reads it.
std::string why_not_ignored(const LedgerEntry& entry, Lookup& lookup) {
  const std::string_view version = lookup.version;
  if (entry.kind != LedgerEntry::Kind::kAttribute) return "only attributes are looked up in " + table_text();
  const ForwardReads* row = find_row(entry.owner);
  const bool of_package = canonical_class_name(*entry.module->type) == entry.owner;
  if (!row || !of_package) return fmt::format("{} is not in {}", entry.owner, table_text());
  if (!in_span(version)) {
    return version.empty()
               ? fmt::format("the checkpoint names no release, so that {} says nothing of it", table_text())
               : fmt::format("the checkpoint names the release {}, which is not in {}", version, table_text());
  }
  if (words(row->reads).contains(entry.name) || words(kReadOfAnyObject).contains(entry.name))
    return fmt::format("the checkpoint names the release {}; by {}, {} may be read", version, table_text(), entry.name);
  if (!holds_only_data(*entry.module->attribute(entry.name), lookup.items_left))
    return fmt::format("it holds more than data, so that {} says nothing of it", table_text());
  const auto [known, is_new] = lookup.mixed.try_emplace(entry.module);
  if (is_new) known->second = mixed_releases(*row, *entry.module);
  const std::string& mixed = known->second;
  if (mixed.empty()) return "";
  return fmt::format("the checkpoint names the release {}; by {}, no release's {} has both {} (a fork?)", version,
                     table_text(), entry.owner, mixed);
}

}  // namespace

std::span<const ForwardReads> forward_reads() { return kRows; }

void ignore_what_no_forward_reads(const Checkpoint& checkpoint, Ledger& ledger) {
  const std::string version = record_text(checkpoint, "version");
  Lookup lookup{.version = version, .mixed = {}};
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> ignored;
  for (const LedgerEntry& entry : ledger.unaccounted()) {
    const std::string why_not = why_not_ignored(entry, lookup);
    if (!why_not.empty()) {
      ledger.account().explain_unaccounted(why_not);
      continue;
    }
    ledger.ignore(entry, "no release's forward() reads it");
    ignored[{entry.owner, entry.name}].push_back(entry.path);
  }
  for (const auto& [what, paths] : ignored) {
    log_info("Ignored {}{} ({}): no forward() of ultralytics {} to {} reads {}", paths.front(),
             paths.size() > 1 ? fmt::format(" and {} more", paths.size() - 1) : "", what.first, first_release(),
             last_release(), what.second);
  }
}

}  // namespace modelport::ultralytics

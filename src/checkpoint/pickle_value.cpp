#include "checkpoint/pickle_value.h"

#include <fmt/format.h>

namespace modelport {
namespace {

// Below this a linear search beats a hash table, and most dicts are module attributes.
constexpr size_t kLinearEntries = 12;

std::optional<int64_t> integer_key(const PickleValue& key) {
  if (auto flag = key.as_bool()) return *flag ? 1 : 0;
  return key.as_integer();
}

/// As Python prints it: 1.0, not 1.
std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

void print(const PickleValue& value, size_t limit, int depth, std::string& out);

void print_items(std::span<const PickleValue> items, size_t limit, int depth, std::string& out) {
  for (size_t i = 0; i < items.size() && out.size() < limit; ++i) {
    if (i > 0) out += ", ";
    print(items[i], limit, depth, out);
  }
}

void print(const PickleValue& value, size_t limit, int depth, std::string& out) {
  if (out.size() >= limit) return;
  if (depth == 0 && value.identity() != nullptr && !value.as_global()) {
    out += "...";
    return;
  }
  switch (value.kind()) {
    case PickleKind::kNone:
      out += "None";
      return;
    case PickleKind::kBool:
      out += *value.as_bool() ? "True" : "False";
      return;
    case PickleKind::kInteger:
      out += fmt::format("{}", *value.as_integer());
      return;
    case PickleKind::kBigInteger:
      out += "<big integer>";
      return;
    case PickleKind::kFloat:
      out += float_text(*value.as_number());
      return;
    case PickleKind::kString:
      out += fmt::format("'{}'", value.as_string()->substr(0, limit));
      return;
    case PickleKind::kBytes:
      out += fmt::format("<{} bytes>", value.as_bytes()->size());
      return;
    case PickleKind::kGlobal:
      out += value.as_global()->qualified_name();
      return;
    case PickleKind::kStorage:
      out += "<storage>";
      return;
    case PickleKind::kTensor:
      out +=
          fmt::format("<tensor {} {}>", dtype_name(value.as_tensor()->dtype()), shape_text(value.as_tensor()->shape()));
      return;
    case PickleKind::kObject:
      out += fmt::format("<{}>", value.as_object()->type->qualified_name());
      return;
    case PickleKind::kList:
      out += "[";
      print_items(*value.as_sequence(), limit, depth - 1, out);
      out += "]";
      return;
    case PickleKind::kTuple:
      out += "(";
      print_items(*value.as_sequence(), limit, depth - 1, out);
      out += value.as_sequence()->size() == 1 ? ",)" : ")";
      return;
    case PickleKind::kSet:
      out += "{";
      print_items(*value.as_sequence(), limit, depth - 1, out);
      out += "}";
      return;
    case PickleKind::kDict: {
      out += "{";
      bool first = true;
      for (const auto& [key, item] : value.as_dict()->entries) {
        if (out.size() >= limit) break;
        if (!first) out += ", ";
        first = false;
        print(key, limit, depth - 1, out);
        out += ": ";
        print(item, limit, depth - 1, out);
      }
      out += "}";
      return;
    }
  }
}

}  // namespace

std::string_view pickle_kind_name(PickleKind kind) {
  switch (kind) {
    case PickleKind::kNone:
      return "None";
    case PickleKind::kBool:
      return "a bool";
    case PickleKind::kInteger:
      return "an integer";
    case PickleKind::kBigInteger:
      return "an integer beyond 64 bits";
    case PickleKind::kFloat:
      return "a float";
    case PickleKind::kString:
      return "a string";
    case PickleKind::kBytes:
      return "bytes";
    case PickleKind::kList:
      return "a list";
    case PickleKind::kTuple:
      return "a tuple";
    case PickleKind::kSet:
      return "a set";
    case PickleKind::kDict:
      return "a dict";
    case PickleKind::kGlobal:
      return "a class or function";
    case PickleKind::kObject:
      return "an object";
    case PickleKind::kTensor:
      return "a tensor";
    case PickleKind::kStorage:
      return "a storage";
  }
  return "";
}

std::optional<bool> PickleValue::as_bool() const {
  if (const bool* value = std::get_if<bool>(&payload_)) return *value;
  return std::nullopt;
}

std::optional<int64_t> PickleValue::as_integer() const {
  if (const int64_t* value = std::get_if<int64_t>(&payload_)) return *value;
  return std::nullopt;
}

std::optional<double> PickleValue::as_number() const {
  if (const double* value = std::get_if<double>(&payload_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&payload_)) return static_cast<double>(*value);
  return std::nullopt;
}

std::optional<std::string_view> PickleValue::as_string() const {
  if (kind_ != PickleKind::kString) return std::nullopt;
  return std::get<std::string_view>(payload_);
}

std::optional<std::string_view> PickleValue::as_bytes() const {
  if (kind_ != PickleKind::kBytes) return std::nullopt;
  return std::get<std::string_view>(payload_);
}

const std::vector<PickleValue>* PickleValue::as_sequence() const {
  const PickleSequence* sequence = mutable_sequence();
  return sequence ? &sequence->items : nullptr;
}

const PickleDict* PickleValue::as_dict() const { return mutable_dict(); }

const PickleGlobal* PickleValue::as_global() const {
  return kind_ == PickleKind::kGlobal ? std::get<const PickleGlobal*>(payload_) : nullptr;
}

const PickleObject* PickleValue::as_object() const { return mutable_object(); }

const PickleStorage* PickleValue::as_storage() const {
  return kind_ == PickleKind::kStorage ? std::get<const PickleStorage*>(payload_) : nullptr;
}

const PickleTensor* PickleValue::tensor_node() const {
  return kind_ == PickleKind::kTensor ? std::get<const PickleTensor*>(payload_) : nullptr;
}

const Tensor* PickleValue::as_tensor() const {
  const PickleTensor* node = tensor_node();
  return node ? &node->tensor : nullptr;
}

const void* PickleValue::identity() const {
  switch (kind_) {
    case PickleKind::kList:
    case PickleKind::kTuple:
    case PickleKind::kSet:
      return std::get<PickleSequence*>(payload_);
    case PickleKind::kDict:
      return std::get<PickleDict*>(payload_);
    case PickleKind::kGlobal:
      return std::get<const PickleGlobal*>(payload_);
    case PickleKind::kObject:
      return std::get<PickleObject*>(payload_);
    case PickleKind::kTensor:
      return std::get<const PickleTensor*>(payload_);
    case PickleKind::kStorage:
      return std::get<const PickleStorage*>(payload_);
    default:
      return nullptr;
  }
}

PickleSequence* PickleValue::mutable_sequence() const {
  const auto* pointer = std::get_if<PickleSequence*>(&payload_);
  return pointer ? *pointer : nullptr;
}

PickleDict* PickleValue::mutable_dict() const {
  const auto* pointer = std::get_if<PickleDict*>(&payload_);
  return pointer ? *pointer : nullptr;
}

PickleObject* PickleValue::mutable_object() const {
  const auto* pointer = std::get_if<PickleObject*>(&payload_);
  return pointer ? *pointer : nullptr;
}

bool PickleDict::IntegerOrder::operator()(int64_t a, int64_t b) const {
  count_work();
  return a < b;
}

size_t PickleDict::cost(const PickleValue& key) {
  // Attributes and tensors of networks have shorter names.
  constexpr size_t kShortText = 64;
  const auto text = key.as_string();
  return text && text->size() > kShortText ? text->size() : 1;
}

void PickleDict::index(size_t position) {
  const PickleValue& key = entries[position].first;
  if (auto text = key.as_string()) {
    text_index_.emplace(*text, position);
  } else if (auto integer = integer_key(key)) {
    integer_index_.emplace(*integer, position);
  }
}

std::optional<size_t> PickleDict::position(std::string_view key) const {
  if (entries.size() > kLinearEntries) {
    const auto found = text_index_.find(key);
    return found == text_index_.end() ? std::nullopt : std::optional(found->second);
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto text = entries[i].first.as_string();
    count_work(text && text->size() == key.size() ? 1 + key.size() : 1);
    if (text == key) return i;
  }
  return std::nullopt;
}

std::optional<size_t> PickleDict::position(int64_t key) const {
  if (entries.size() > kLinearEntries) {
    const auto found = integer_index_.find(key);
    return found == integer_index_.end() ? std::nullopt : std::optional(found->second);
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    count_work();
    if (integer_key(entries[i].first) == key) return i;
  }
  return std::nullopt;
}

void PickleDict::set(const PickleValue& key, const PickleValue& value) {
  std::optional<size_t> existing;
  if (auto text = key.as_string()) {
    existing = position(*text);
  } else if (auto integer = integer_key(key)) {
    existing = position(*integer);
  }
  if (existing) {
    entries[*existing].second = value;
    return;
  }
  entries.emplace_back(key, value);
  if (entries.size() == kLinearEntries + 1) {
    for (size_t i = 0; i < entries.size(); ++i) index(i);
  } else if (entries.size() > kLinearEntries) {
    index(entries.size() - 1);
  }
}

const PickleValue* PickleDict::find(std::string_view key) const {
  const auto found = position(key);
  return found ? &entries[*found].second : nullptr;
}

const PickleValue* PickleDict::find(int64_t key) const {
  const auto found = position(key);
  return found ? &entries[*found].second : nullptr;
}

const PickleDict* PickleObject::attributes() const {
  if (const PickleDict* dict = state.as_dict()) return dict;
  const auto* pair = state.kind() == PickleKind::kTuple ? state.as_sequence() : nullptr;
  return pair && pair->size() == 2 ? (*pair)[1].as_dict() : nullptr;
}

const PickleValue* PickleObject::attribute(std::string_view name) const {
  const PickleDict* dict = attributes();
  return dict ? dict->find(name) : nullptr;
}

bool PickleObject::is_module() const {
  for (const std::string_view name : {"_modules", "_parameters", "_buffers"}) {
    const PickleValue* dict = attribute(name);
    if (!dict || !dict->as_dict()) return false;
  }
  return true;
}

const PickleGlobal* PickleArena::global(std::string_view module, std::string_view name) {
  std::string key = fmt::format("{}\n{}", module, name);
  const auto found = global_index_.find(key);
  if (found != global_index_.end()) return found->second;
  const PickleGlobal* added = &globals_.emplace_back(PickleGlobal{std::string(module), std::string(name), families_});
  global_index_.emplace(std::move(key), added);
  return added;
}

std::string pickle_value_text(const PickleValue& value, size_t limit) {
  std::string out;
  print(value, limit, 4, out);
  if (out.size() > limit) out = out.substr(0, limit) + "...";
  return out;
}

}  // namespace modelport

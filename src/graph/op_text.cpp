#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <concepts>

#include "base/nearest_name.h"
#include "graph/attributes.h"
#include "graph/text.h"
#include "graph/text_list.h"

namespace modelport {

namespace {

template <size_t... I>
constexpr std::array<std::string_view, kOpCount> names(std::index_sequence<I...>) {
  return {std::variant_alternative_t<I, Op>::kName...};
}
constexpr std::array kNames = names(std::make_index_sequence<kOpCount>());
static_assert(std::is_sorted(kNames.begin(), kNames.end()), "operators of the variant are in the order of their names");

std::string spell(int64_t value) { return std::to_string(value); }
std::string spell(double value) { return fmt::format("{}", value); }
std::string spell(DType value) { return std::string(dtype_name(value)); }
std::string spell(const Dim& value) { return value.text(); }
std::string spell(const SymbolicShape& value) { return shape_text(value); }
std::string spell(const std::vector<int64_t>& value) { return shape_text(value); }
template <size_t N>
std::string spell(const std::array<int64_t, N>& value) {
  return shape_text(std::span<const int64_t>(value));
}
template <class Enum>
requires std::is_enum_v<Enum> std::string spell(Enum value) {
  return std::string(spellings(value)[static_cast<size_t>(value)]);
}

template <class T>
Status read_number(std::string_view text, T& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc() && end == text.data() + text.size()) return {};
  return fail(ErrorCode::kInvalidArgument, "'{}' is not a number", text);
}
Status read(std::string_view text, int64_t& value) { return read_number(text, value); }
Status read(std::string_view text, double& value) { return read_number(text, value); }
Status read(std::string_view text, DType& value) {
  const auto dtype = dtype_from_name(text);
  if (!dtype) return fail(ErrorCode::kInvalidArgument, "'{}' is not a dtype", text);
  value = *dtype;
  return {};
}
Status read(std::string_view text, Dim& value) {
  TRY(dim, parse_dim(text));
  value = dim;
  return {};
}
template <class T>
Status read(std::string_view text, std::vector<T>& values) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return fail(ErrorCode::kInvalidArgument, "'{}' is not a list in brackets", text);
  }
  values.clear();
  for (const std::string_view part : split_list(text.substr(1, text.size() - 2))) {
    CHECK_OK(read(part, values.emplace_back()));
  }
  return {};
}
template <size_t N>
Status read(std::string_view text, std::array<int64_t, N>& value) {
  std::vector<int64_t> list;
  CHECK_OK(read(text, list));
  if (list.size() != N) return fail(ErrorCode::kInvalidArgument, "'{}' must have {} entries", text, N);
  std::copy(list.begin(), list.end(), value.begin());
  return {};
}
template <class Enum>
requires std::is_enum_v<Enum> Status read(std::string_view text, Enum& value) {
  const auto names = spellings(value);
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is none of {}", text, fmt::join(names, ", "));
  }
  value = static_cast<Enum>(found - names.begin());
  return {};
}

template <size_t... I>
Op default_op(size_t index, std::index_sequence<I...>) {
  Op op;
  ((I == index ? static_cast<void>(op.emplace<I>()) : void()), ...);
  return op;
}

/// Sets the attribute `name` of `op`.
Status set_attribute(Op& op, std::string_view name, std::string_view text) {
  std::vector<std::string> known;
  std::optional<Status> status;
  std::visit(
      [&](auto& members) {
        visit_attributes(members, [&](std::string_view attribute, auto& member) {
          known.emplace_back(attribute);
          if (attribute == name) status = read(text, member).in(std::string(name));
        });
      },
      op);
  if (status) return *status;
  const std::string nearest = nearest_name(name, known);
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{} has no attribute '{}'", op_name(op), name),
               {},
               nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest)};
}

}  // namespace

std::string_view op_name(size_t index) { return kNames[index]; }
std::string_view op_name(const Op& op) { return kNames[op.index()]; }

std::string print_attributes(const Op& op) {
  std::string out;
  std::visit(
      [&](const auto& members) {
        const std::remove_cvref_t<decltype(members)> defaults{};
        std::vector<std::string> unset;
        visit_attributes(defaults, [&](std::string_view, const auto& member) { unset.push_back(spell(member)); });
        size_t i = 0;
        visit_attributes(members, [&](std::string_view name, const auto& member) {
          const std::string text = spell(member);
          if (text != unset[i++]) out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, text);
        });
      },
      op);
  return out.empty() ? out : "{" + out + "}";
}

std::vector<std::pair<std::string_view, double*>> real_attributes(Op& op) {
  std::vector<std::pair<std::string_view, double*>> reals;
  std::visit(
      [&](auto& members) {
        visit_attributes(members, [&](std::string_view name, auto& member) {
          if constexpr (std::same_as<decltype(member), double&>) reals.emplace_back(name, &member);
        });
      },
      op);
  return reals;
}

size_t attribute_count(const Op& op) {
  size_t count = 0;
  std::visit([&](const auto& members) { visit_attributes(members, [&](std::string_view, const auto&) { ++count; }); },
             op);
  return count;
}

Result<Op> parse_op(std::string_view name, std::string_view attribute_text) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    const std::string nearest = nearest_name(name, std::vector<std::string>(kNames.begin(), kNames.end()));
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("there is no operator '{}'", name),
                 {},
                 nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest)};
  }
  Op op = default_op(static_cast<size_t>(found - kNames.begin()), std::make_index_sequence<kOpCount>());
  attribute_text = trimmed(attribute_text);
  if (attribute_text.empty()) return op;
  if (attribute_text.size() < 2 || attribute_text.front() != '{' || attribute_text.back() != '}') {
    return fail(ErrorCode::kInvalidArgument, "attributes must stand in braces: '{}'", attribute_text);
  }
  for (const std::string_view pair : split_list(attribute_text.substr(1, attribute_text.size() - 2))) {
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return fail(ErrorCode::kInvalidArgument, "'{}' is not of the form name=value", pair);
    }
    CHECK_OK(
        set_attribute(op, trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1))).in(std::string(name)));
  }
  return op;
}

}  // namespace modelport

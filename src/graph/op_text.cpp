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

constexpr std::array<std::string_view, kOpCount> kNames = {"Conv",        "BatchNorm",
                                                           "MaxPool",     "LayerNorm",
                                                           "ReduceMean",  "MatMul",
                                                           "Linear",      "Attention",
                                                           "Softmax",     "Add",
                                                           "Sub",         "Mul",
                                                           "Div",         "Pow",
                                                           "Relu",        "LeakyRelu",
                                                           "Elu",         "Clip",
                                                           "Sigmoid",     "Silu",
                                                           "HardSigmoid", "HardSwish",
                                                           "Tanh",        "Exp",
                                                           "Sqrt",        "Erf",
                                                           "Softplus",    "Mish",
                                                           "Gelu",        "Cast",
                                                           "Concat",      "Split",
                                                           "Slice",       "Permute",
                                                           "SplitAxis",   "MergeAxes",
                                                           "Reshape",     "Expand",
                                                           "Range",       "Gather",
                                                           "Pad",         "Resize",
                                                           "TopK",        "ConvTranspose",
                                                           "AveragePool", "ReduceMax",
                                                           "ReduceSum",   "Less",
                                                           "LogicalAnd",  "Where",
                                                           "Log",         "Sin",
                                                           "Cos",         "GatherElements",
                                                           "GridSample",  "NonMaxSuppression"};

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

// attributes(op, visit) calls visit(name, member) for every attribute; operators without any fall to the last overload.
void attributes(Is<Conv> auto& op, auto visit) {
  visit("strides", op.strides);
  visit("pads", op.pads);
  visit("dilations", op.dilations);
  visit("groups", op.groups);
}
void attributes(Is<BatchNorm> auto& op, auto visit) { visit("epsilon", op.epsilon); }
void attributes(Is<MaxPool> auto& op, auto visit) {
  visit("kernel", op.kernel);
  visit("strides", op.strides);
  visit("pads", op.pads);
  visit("dilations", op.dilations);
  visit("rounding", op.rounding);
}
void attributes(Is<LayerNorm> auto& op, auto visit) {
  visit("axes", op.axes);
  visit("epsilon", op.epsilon);
}
void attributes(Is<ReduceMean> auto& op, auto visit) { visit("axes", op.axes); }
void attributes(Is<Attention> auto& op, auto visit) { visit("scale", op.scale); }
void attributes(Is<Softmax> auto& op, auto visit) { visit("axis", op.axis); }
void attributes(Is<LeakyRelu> auto& op, auto visit) { visit("slope", op.slope); }
void attributes(Is<Elu> auto& op, auto visit) { visit("alpha", op.alpha); }
void attributes(Is<Clip> auto& op, auto visit) {
  visit("min", op.min);
  visit("max", op.max);
}
void attributes(Is<Gelu> auto& op, auto visit) { visit("form", op.form); }
void attributes(Is<Cast> auto& op, auto visit) { visit("to", op.to); }
void attributes(Is<Concat> auto& op, auto visit) { visit("axis", op.axis); }
void attributes(Is<Split> auto& op, auto visit) {
  visit("axis", op.axis);
  visit("sizes", op.sizes);
}
void attributes(Is<Slice> auto& op, auto visit) {
  visit("axis", op.axis);
  visit("begin", op.begin);
  visit("end", op.end);
}
void attributes(Is<Permute> auto& op, auto visit) { visit("permutation", op.permutation); }
void attributes(Is<SplitAxis> auto& op, auto visit) {
  visit("axis", op.axis);
  visit("sizes", op.sizes);
}
void attributes(Is<MergeAxes> auto& op, auto visit) {
  visit("axis", op.axis);
  visit("count", op.count);
}
void attributes(Is<Reshape> auto& op, auto visit) { visit("shape", op.shape); }
void attributes(Is<Expand> auto& op, auto visit) { visit("shape", op.shape); }
void attributes(Is<Range> auto& op, auto visit) {
  visit("size", op.size);
  visit("dtype", op.dtype);
}
void attributes(Is<Gather> auto& op, auto visit) { visit("axis", op.axis); }
void attributes(Is<Pad> auto& op, auto visit) {
  visit("pads", op.pads);
  visit("mode", op.mode);
  visit("value", op.value);
}
void attributes(Is<Resize> auto& op, auto visit) {
  visit("height", op.height);
  visit("width", op.width);
  visit("mode", op.mode);
  visit("coordinates", op.coordinates);
}
void attributes(Is<TopK> auto& op, auto visit) {
  visit("axis", op.axis);
  visit("k", op.k);
}
void attributes(Is<ConvTranspose> auto& op, auto visit) {
  visit("strides", op.strides);
  visit("pads", op.pads);
  visit("dilations", op.dilations);
  visit("output_pads", op.output_pads);
  visit("groups", op.groups);
}
void attributes(Is<AveragePool> auto& op, auto visit) {
  visit("kernel", op.kernel);
  visit("strides", op.strides);
  visit("pads", op.pads);
  visit("padding", op.padding);
}
void attributes(Is<ReduceMax> auto& op, auto visit) { visit("axes", op.axes); }
void attributes(Is<ReduceSum> auto& op, auto visit) { visit("axes", op.axes); }
void attributes(Is<GatherElements> auto& op, auto visit) { visit("axis", op.axis); }
void attributes(Is<NonMaxSuppression> auto& op, auto visit) {
  visit("iou_threshold", op.iou_threshold);
  visit("score_threshold", op.score_threshold);
  visit("max_output", op.max_output);
}
void attributes(auto&, auto) {}

// Spellings of an enumeration, in its order.
constexpr auto spellings(MaxPool::Rounding) { return std::to_array<std::string_view>({"floor", "ceil"}); }
constexpr auto spellings(AveragePool::Padding) { return std::to_array<std::string_view>({"counted", "left_out"}); }
constexpr auto spellings(PadMode) { return std::to_array<std::string_view>({"constant", "reflect", "edge"}); }
constexpr auto spellings(ResizeMode) { return std::to_array<std::string_view>({"nearest", "linear"}); }
constexpr auto spellings(ResizeCoordinates) {
  return std::to_array<std::string_view>({"half_pixel", "asymmetric", "align_corners"});
}
constexpr auto spellings(GeluForm) { return std::to_array<std::string_view>({"erf", "tanh"}); }

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
        attributes(members, [&](std::string_view attribute, auto& member) {
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
        attributes(defaults, [&](std::string_view, const auto& member) { unset.push_back(spell(member)); });
        size_t i = 0;
        attributes(members, [&](std::string_view name, const auto& member) {
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
        attributes(members, [&](std::string_view name, auto& member) {
          if constexpr (std::same_as<decltype(member), double&>) reals.emplace_back(name, &member);
        });
      },
      op);
  return reals;
}

size_t attribute_count(const Op& op) {
  size_t count = 0;
  std::visit([&](const auto& members) { attributes(members, [&](std::string_view, const auto&) { ++count; }); }, op);
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

#include "checkpoint/numpy_value.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/half.h"
#include "checkpoint/call_name.h"
#include "checkpoint/pickle_rebuild.h"

namespace modelport {
namespace {

constexpr int64_t kMostItems = 1'000'000;

/// numpy's description of an element, "<f4": byte order, kind, bytes (characters of a text).
struct ElementType {
  char kind = 0;
  size_t size = 0;
  enum class Order { kLittle, kBig } order = Order::kLittle;

  size_t bytes() const { return kind == 'U' ? 4 * size : size; }
};

std::optional<ElementType> element_type(const PickleValue& value) {
  const PickleObject* dtype = value.as_object();
  if (!dtype || dtype->type->qualified_name() != "numpy.dtype" || dtype->arguments.empty()) return std::nullopt;
  auto code = dtype->arguments[0].as_string();
  if (!code || code->size() < 2 || code->size() > 9) return std::nullopt;
  ElementType type;
  if (code->front() == '<' || code->front() == '>' || code->front() == '|') {
    if (code->front() == '>') type.order = ElementType::Order::kBig;
    code->remove_prefix(1);
  }
  type.kind = code->front();
  for (const char digit : code->substr(1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    type.size = type.size * 10 + static_cast<size_t>(digit - '0');
  }
  // The state is (version, byte order, ...).
  const auto* state = dtype->state.as_sequence();
  if (state && state->size() > 1 && (*state)[1].as_string() == ">") type.order = ElementType::Order::kBig;
  return type.size == 0 ? std::nullopt : std::optional(type);
}

template <class T>
T number(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

std::optional<PickleValue> number_value(char kind, std::string_view bytes) {
  const auto is = [&](char wanted, size_t size) { return kind == wanted && bytes.size() == size; };
  if (is('f', 8)) return PickleValue::real(number<double>(bytes));
  if (is('f', 4)) return PickleValue::real(number<float>(bytes));
  if (is('f', 2)) return PickleValue::real(float_from_half(number<uint16_t>(bytes)));
  if (is('i', 8)) return PickleValue::integer(number<int64_t>(bytes));
  if (is('i', 4)) return PickleValue::integer(number<int32_t>(bytes));
  if (is('i', 2)) return PickleValue::integer(number<int16_t>(bytes));
  if (is('i', 1)) return PickleValue::integer(number<int8_t>(bytes));
  if (is('u', 1)) return PickleValue::integer(number<uint8_t>(bytes));
  if (is('u', 2)) return PickleValue::integer(number<uint16_t>(bytes));
  if (is('u', 4)) return PickleValue::integer(number<uint32_t>(bytes));
  if (is('u', 8) && number<int64_t>(bytes) >= 0) return PickleValue::integer(number<int64_t>(bytes));
  if (is('b', 1)) return PickleValue::boolean(bytes.front() != 0);
  return std::nullopt;
}

/// UTF-32 without the zeros at its end, as UTF-8.
std::optional<std::string> text_from_utf32(std::string_view bytes) {
  std::string out;
  size_t end = bytes.size();
  while (end >= 4 && number<uint32_t>(bytes.substr(end - 4)) == 0) end -= 4;
  for (size_t i = 0; i < end; i += 4) {
    const auto code = number<uint32_t>(bytes.substr(i));
    if (code > 0x10ffff) return std::nullopt;
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
    } else if (code < 0x10000) {
      out += {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
              static_cast<char>(0x80 | (code & 0x3f))};
    } else {
      out += {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3f)),
              static_cast<char>(0x80 | (code >> 6 & 0x3f)), static_cast<char>(0x80 | (code & 0x3f))};
    }
  }
  return out;
}

/// The value of `bytes`, which are as many as the type says.
std::optional<PickleValue> element_value(const ElementType& type, std::string_view bytes, PickleArena& arena) {
  const bool is_turned = type.order == ElementType::Order::kBig && type.kind != 'S';
  std::string turned;
  if (is_turned) {
    turned = bytes;
    const auto width = static_cast<ptrdiff_t>(type.kind == 'U' ? 4 : type.size);
    for (auto at = turned.begin(); at < turned.end(); at += width) std::reverse(at, at + width);
    bytes = turned;
  }
  if (type.kind == 'U') {
    auto text = text_from_utf32(bytes);
    if (!text) return std::nullopt;
    return PickleValue::text(PickleKind::kString, arena.new_text(*std::move(text)));
  }
  if (type.kind == 'S') {
    return PickleValue::text(PickleKind::kBytes, bytes.substr(0, bytes.find_last_not_of('\0') + 1));
  }
  return number_value(type.kind, bytes);
}

std::optional<int64_t> count_of(const PickleValue& shape) {
  const auto* sizes = shape.as_sequence();
  if (!sizes) return std::nullopt;
  int64_t count = 1;
  for (const PickleValue& item : *sizes) {
    const auto size = item.as_integer();
    if (!size || *size < 0 || *size > kMostItems) return std::nullopt;
    count *= *size;
    if (count > kMostItems) return std::nullopt;
  }
  return count;
}

/// The items of `range(start, stop, step)`.
std::optional<std::vector<PickleValue>> range_items(const std::vector<PickleValue>& arguments) {
  std::vector<int64_t> numbers;
  for (const PickleValue& argument : arguments) {
    const auto number = argument.as_integer();
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.empty() || numbers.size() > 3) return std::nullopt;
  const int64_t start = numbers.size() == 1 ? 0 : numbers[0], stop = numbers.size() == 1 ? numbers[0] : numbers[1];
  const int64_t step = numbers.size() == 3 ? numbers[2] : 1;
  if (step == 0) return std::nullopt;
  std::vector<PickleValue> items;
  for (int64_t at = start; step > 0 ? at < stop : at > stop;) {
    items.push_back(PickleValue::integer(at));
    if (static_cast<int64_t>(items.size()) > kMostItems || __builtin_add_overflow(at, step, &at)) return std::nullopt;
  }
  return items;
}

}  // namespace

Result<PickleValue> make_generator(const PickleCall& call) {
  constexpr std::string_view kNames[] = {"numpy.random._pickle.__bit_generator_ctor",
                                         "numpy.random._mt19937.MT19937",
                                         "numpy.random._pcg64.PCG64",
                                         "numpy.random._pcg64.PCG64DXSM",
                                         "numpy.random._philox.Philox",
                                         "numpy.random._sfc64.SFC64",
                                         "numpy.random.bit_generator.SeedSequence",
                                         "numpy.random.bit_generator.SeedlessSeedSequence"};
  for (const PickleValue& argument : call.arguments) {
    const PickleGlobal* global = argument.as_global();
    const PickleObject* object = argument.as_object();
    if (!global && !object) continue;
    const bool is_numpys = global ? std::ranges::find(kNames, global->qualified_name()) != std::end(kNames)
                                  : object->type->module.starts_with("numpy.random.");
    if (is_numpys) continue;
    return fail(holds_what_acts(argument) ? ErrorCode::kHostile : ErrorCode::kUnknownContent, "it calls {} with {}",
                call.callable.qualified_name(), pickle_value_text(argument, 80));
  }
  return make_inert(call);
}

Result<PickleValue> numpy_scalar(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const PickleObject* dtype = call.arguments[0].as_object();
  if (!dtype) return bad_arguments(call);
  const auto type = element_type(call.arguments[0]);
  const auto bytes = call.arguments.size() > 1 ? call.arguments[1].as_bytes() : std::nullopt;
  if (!type || !bytes) return make_inert(call);
  if (bytes->size() != type->bytes() && number_value(type->kind, std::string(type->size, '\0')))
    return bad_arguments(call);
  CHECK_OK(take_work(call, bytes->size()));
  const auto value = bytes->size() == type->bytes() ? element_value(*type, *bytes, call.arena) : std::nullopt;
  return value ? *value : make_inert(call);
}

Result<PickleValue> reconstruct_array(const PickleCall& call) {
  if (call.arguments.empty()) return bad_arguments(call);
  const PickleGlobal* type = call.arguments[0].as_global();
  if (!type) return bad_arguments(call);
  if (type->module != "numpy" && !type->module.starts_with("numpy.")) {
    return refused_call(*type, fmt::format(" by {}", call.callable.qualified_name()));
  }
  return inert_object(call.arena, type, call.arguments.subspan(1));
}

std::optional<std::vector<PickleValue>> numpy_array_items(const PickleValue& value, PickleArena& arena) {
  const PickleObject* object = value.as_object();
  if (!object) return std::nullopt;
  const std::string name = current_name(*object->type);
  const auto* state = object->state.as_sequence();
  PickleValue shape, dtype, content;
  bool is_column_major = false;
  if (name == "numpy.core.numeric._frombuffer" && object->arguments.size() >= 4) {
    content = object->arguments[0];
    dtype = object->arguments[1];
    shape = object->arguments[2];
    is_column_major = object->arguments[3].as_string() == "F";
  } else if (name.starts_with("numpy.") && state && state->size() == 5) {
    shape = (*state)[1];
    dtype = (*state)[2];
    is_column_major = (*state)[3].as_bool() == true;
    content = (*state)[4];
  }
  const auto count = count_of(shape);
  if (!count || (is_column_major && shape.as_sequence()->size() > 1)) return std::nullopt;
  // Arrays of Python objects keep them in a list.
  if (content.kind() == PickleKind::kList) {
    const auto* items = content.as_sequence();
    return static_cast<int64_t>(items->size()) == *count ? std::optional(*items) : std::nullopt;
  }
  const auto type = element_type(dtype);
  const auto bytes = content.as_bytes();
  if (!type || !bytes || bytes->size() != type->bytes() * static_cast<size_t>(*count)) return std::nullopt;
  std::vector<PickleValue> items;
  for (size_t at = 0; at < bytes->size(); at += type->bytes()) {
    const auto item = element_value(*type, bytes->substr(at, type->bytes()), arena);
    if (!item) return std::nullopt;
    items.push_back(*item);
  }
  return items;
}

std::optional<std::string> plain_text(const PickleValue& value) {
  if (const auto text = value.as_string()) return std::string(*text);
  const PickleObject* object = value.as_object();
  if (!object || object->arguments.empty()) return std::nullopt;
  const std::string name = current_name(*object->type);
  if (!name.starts_with("pathlib.")) {
    // str.__new__ of a subclass has the text; so has the member of an enumeration of texts.
    return object->arguments.size() == 1 && object->arguments[0].as_string()
               ? std::optional<std::string>(*object->arguments[0].as_string())
               : std::nullopt;
  }
  const std::string_view separator = name.find("Windows") == std::string::npos ? "/" : "\\";
  std::string path;
  for (const PickleValue& part : object->arguments) {
    const auto text = part.as_string();
    if (!text) return std::nullopt;
    if (!path.empty() && !path.ends_with(separator)) path += separator;
    path += *text;
  }
  return path;
}

std::optional<int64_t> plain_integer(const PickleValue& value) {
  if (const auto flag = value.as_bool()) return *flag ? 1 : 0;
  if (const auto integer = value.as_integer()) return integer;
  if (const auto number = value.as_number()) {
    const bool is_whole = std::floor(*number) == *number && std::abs(*number) < 9e15;
    return is_whole ? std::optional(static_cast<int64_t>(*number)) : std::nullopt;
  }
  const PickleObject* object = value.as_object();
  return object && object->arguments.size() == 1 ? object->arguments[0].as_integer() : std::nullopt;
}

std::optional<std::vector<PickleValue>> plain_items(const PickleValue& value, PickleArena& arena) {
  if (const auto* items = value.as_sequence()) return *items;
  const PickleObject* object = value.as_object();
  if (object && current_name(*object->type) == "builtins.range") return range_items(object->arguments);
  return numpy_array_items(value, arena);
}

}  // namespace modelport

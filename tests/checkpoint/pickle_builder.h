#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

/// Writes pickles for tests, opcode by opcode; strings concatenate.
namespace modelport::pickled {

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

inline std::string proto(int version = 2) { return {'\x80', static_cast<char>(version)}; }
inline std::string none() { return "N"; }
inline std::string boolean(bool value) { return value ? "\x88" : "\x89"; }
inline std::string integer(int32_t value) { return "J" + raw(value); }
inline std::string long_integer(int64_t value) { return "\x8a\x08" + raw(value); }
inline std::string real(double value) { return "G" + raw(__builtin_bswap64(__builtin_bit_cast(uint64_t, value))); }
inline std::string text(std::string_view value) {
  return "X" + raw(static_cast<uint32_t>(value.size())) + std::string(value);
}
inline std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

inline std::string join(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}
inline std::string tuple(std::initializer_list<std::string> items) { return "(" + join(items) + "t"; }
inline std::string list(std::initializer_list<std::string> items) { return "](" + join(items) + "e"; }
/// Keys and values in turn.
inline std::string dict(std::initializer_list<std::string> items) { return "}(" + join(items) + "u"; }
inline std::string reduce(const std::string& callable, const std::string& arguments) {
  return callable + arguments + "R";
}
inline std::string object(std::string_view module, std::string_view name, const std::string& state) {
  return global(module, name) + ")\x81" + state + "b";
}
inline std::string put(uint8_t index) { return "q" + raw(index); }
inline std::string get(uint8_t index) { return "h" + raw(index); }
inline std::string stop() { return "."; }

/// A storage id as torch writes it.
inline std::string storage(std::string_view type, std::string_view key, int64_t count) {
  return tuple({text("storage"), global("torch", type), text(key), text("cpu"), long_integer(count)}) + "Q";
}
inline std::string sizes(std::initializer_list<int64_t> values) {
  std::string out = "(";
  for (const int64_t value : values) out += long_integer(value);
  return out + "t";
}
inline std::string tensor(const std::string& storage, int64_t offset, std::initializer_list<int64_t> shape,
                          std::initializer_list<int64_t> strides) {
  return reduce(global("torch._utils", "_rebuild_tensor_v2"),
                tuple({storage, long_integer(offset), sizes(shape), sizes(strides), boolean(false),
                       reduce(global("collections", "OrderedDict"), ")")}));
}

}  // namespace modelport::pickled

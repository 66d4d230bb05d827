#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace modelport {

/// Sum, or nothing when it does not fit the type.
template <std::integral T>
std::optional<T> checked_add(T a, std::type_identity_t<T> b) {
  T out;
  if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// Product, or nothing when it does not fit the type.
template <std::integral T>
std::optional<T> checked_multiply(T a, std::type_identity_t<T> b) {
  T out;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// Conversion, or nothing when the value changes.
template <std::integral To, std::integral From>
std::optional<To> checked_cast(From value) {
  if (!std::in_range<To>(value)) return std::nullopt;
  return static_cast<To>(value);
}

}  // namespace modelport

#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/error.h"

namespace modelport {

/// A value or an Error. `if (result) use(*result); else report(result.error());`
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

  /// The same result with `where` added to an error's context.
  Result in(std::string where) && {
    if (*this) return std::move(*this);
    return std::get<1>(std::move(state_)).in(std::move(where));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

  Result in(std::string where) && {
    if (!error_) return {};
    return (*std::move(error_)).in(std::move(where));
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

/// `return fail(ErrorCode::kDamaged, "member {} is truncated at {}", name, offset);`
template <class... Args>
Error fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error{code, fmt::format(format, std::forward<Args>(args)...), {}, {}};
}

}  // namespace modelport

/// TRY(name, expr): evaluates a Result; on error returns it from the enclosing function, else declares `name` with the
/// value. The expression may contain commas.
#define TRY(name, ...)                                         \
  auto name##_result = (__VA_ARGS__);                          \
  if (!name##_result) return std::move(name##_result).error(); \
  auto name = *std::move(name##_result)

/// CHECK_OK(expr): evaluates a Status (or a Result whose value is not needed); on error returns it.
#define CHECK_OK(...)                                                                             \
  do {                                                                                            \
    if (auto check_status = (__VA_ARGS__); !check_status) return std::move(check_status).error(); \
  } while (false)

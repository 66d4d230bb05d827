#pragma once

#include <array>
#include <optional>

#include "graph/op.h"

/// Which operators of the catalogue a format has a form of, as lists of types.
namespace modelport {

template <class... Operators>
struct OperatorList {};

/// In a list: an operator that a format has from this version of its operator set on.
template <class Operator, int64_t kVersion>
struct Since {};

/// By Op index: from which version of its operator set on a format has the operator (0: always); nothing: never.
using OperatorVersions = std::array<std::optional<int64_t>, kOpCount>;

template <class T>
struct ListedOperator {
  using Operator = T;
  static constexpr int64_t kVersion = 0;
};
template <class T, int64_t kFrom>
struct ListedOperator<Since<T, kFrom>> {
  using Operator = T;
  static constexpr int64_t kVersion = kFrom;
};

template <class... Listed>
constexpr OperatorVersions versions_of(OperatorList<Listed...>) {
  OperatorVersions versions;
  ((versions[op_index<typename ListedOperator<Listed>::Operator>] = ListedOperator<Listed>::kVersion), ...);
  return versions;
}

/// A table by Op index of row.operator()<Operator>() for the operators of a list.
template <class Row, class... Listed>
constexpr std::array<Row, kOpCount> rows_of(OperatorList<Listed...>, auto row) {
  std::array<Row, kOpCount> rows{};
  ((rows[op_index<typename ListedOperator<Listed>::Operator>] =
        row.template operator()<typename ListedOperator<Listed>::Operator>()),
   ...);
  return rows;
}

/// Whether every operator of the catalogue is native, refused, or can be decomposed.
template <class... Native, class... Refused>
constexpr bool covers_catalogue(OperatorList<Native...> native, OperatorList<Refused...> refused) {
  const OperatorVersions has = versions_of(native), refuses = versions_of(refused);
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return ((has[I] || refuses[I] || is_composite<std::variant_alternative_t<I, Op>>)&&...);
  }
  (std::make_index_sequence<kOpCount>());
}

}  // namespace modelport

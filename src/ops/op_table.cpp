#include <array>
#include <utility>

#include "ops/op_info.h"

namespace modelport {

namespace {

template <size_t... I>
constexpr std::array<const OpInfo*, kOpCount> rows(std::index_sequence<I...>) {
  return {&std::variant_alternative_t<I, Op>::kInfo...};
}
constexpr std::array kTable = rows(std::make_index_sequence<kOpCount>());

}  // namespace

const OpInfo& op_info(const Op& op) { return *kTable[op.index()]; }
const OpInfo& op_info(size_t index) { return *kTable[index]; }

}  // namespace modelport

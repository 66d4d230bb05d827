#include "formats/openvino/raise/raise.h"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

namespace {

/// Rows by OpenvinoOpType.
template <size_t... I>
constexpr auto raise_table(std::index_sequence<I...>) {
  return std::array{&raise<static_cast<OpenvinoOpType>(I)>...};
}
constexpr auto kRaise = raise_table(std::make_index_sequence<kOpenvinoOpCount>());

std::optional<OpenvinoSource> find_value(const OpenvinoModel& model, const std::string& name) {
  for (uint32_t layer = 0; layer < model.layers.size(); ++layer) {
    for (uint32_t output = 0; output < model.layers[layer].outputs.size(); ++output) {
      if (value_name(model, {layer, output}) == name) return OpenvinoSource{layer, output};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Graph> raise_openvino(const OpenvinoModel& model, std::span<const std::string> probes) {
  Raising raising(model);
  GraphBuilder& builder = raising.builder();
  for (uint32_t layer = 0; layer < model.layers.size(); ++layer) {
    raising.enter(layer);
    builder.set_path(model.layers[layer].name);
    CHECK_OK(kRaise[static_cast<size_t>(model.layers[layer].type)](raising));
    if (builder.error()) return *builder.error();
    CHECK_OK(raising.require_declared_types());
  }
  for (const std::string& probe : probes) {
    const auto source = find_value(model, probe);
    if (!source) return fail(ErrorCode::kDamaged, "no value of the file is named '{}'", probe);
    TRY(value, raising.at(*source));
    const auto& outputs = builder.graph().outputs;
    const bool is_output = std::ranges::any_of(outputs, [&](const NamedValue& each) { return each.name == probe; });
    builder.probe(is_output ? probe + "/probe" : probe, value);
  }
  return std::move(builder).finish();
}

}  // namespace modelport::openvino

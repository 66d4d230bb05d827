#include "models/torch_modules/conv2d.h"

#include "models/layers/conv2d.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

/// `padding` as {top, left, bottom, right}; "same" puts the odd row and column behind (torch.nn.modules.conv._ConvNd).
Result<Pads2> read_pads(const ModuleView& module, const Conv2dLayer& layer) {
  TRY(value, module.attribute("padding"));
  const std::optional<std::string_view> text = value.as_string();
  if (!text) {
    TRY(pair, bounded_pair(module, "padding", 0));
    return Pads2{pair[0], pair[1], pair[0], pair[1]};
  }
  if (*text == "valid") return Pads2{};
  if (*text != "same") return module.fail("padding is '{}', numbers, 'same' or 'valid' are expected", *text);
  if (layer.strides != Size2{1, 1}) return contradiction(module, "padding is 'same', which needs stride 1");
  Pads2 pads;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t total = layer.dilations[axis] * (layer.kernel[axis] - 1);
    pads[axis] = total / 2;
    pads[axis + 2] = total - total / 2;
  }
  return pads;
}

Status check_repeated_padding(const ModuleView& module, const Pads2& pads) {
  TRY(repeated, module.int_list_attribute("_reversed_padding_repeated_twice"));
  if (repeated == std::vector<int64_t>{pads[1], pads[3], pads[0], pads[2]}) return {};
  return contradiction(module, "_reversed_padding_repeated_twice is not what padding says");
}

}  // namespace

Result<ValueId> conv2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(in_channels, bounded_int(module, "in_channels", 1));
  TRY(out_channels, bounded_int(module, "out_channels", 1));
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  TRY(groups, bounded_int(module, "groups", 1));
  TRY(strides, bounded_pair(module, "stride", 1));
  TRY(dilations, bounded_pair(module, "dilation", 1));
  Conv2dLayer layer{.out_channels = out_channels,
                    .kernel = kernel,
                    .strides = strides,
                    .dilations = dilations,
                    .groups = groups,
                    .bias = Parameter::kOptional};
  TRY(pads, read_pads(module, layer));
  layer.pads = pads;
  TRY(transposed, module.bool_attribute("transposed", false));
  if (transposed) return module.fail("transposed is True in a convolution that is not");
  if (module.has_attribute("output_padding")) {
    TRY(output_padding, module.int_pair_attribute("output_padding"));
    if (output_padding != Size2{0, 0}) return module.fail("output_padding is not 0 in a convolution");
  }
  CHECK_OK(expect_channels(b, module, x, in_channels));
  TRY(mode, module.string_attribute("padding_mode", "zeros"));
  if (mode != "zeros") CHECK_OK(check_repeated_padding(module, pads));
  layer.padding_mode = mode;
  return conv2d(b, weights_of(module), x, layer);
}

}  // namespace modelport

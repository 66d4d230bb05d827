#include "models/ultralytics/prompt_fusion.h"

#include "models/torch_modules/attributes.h"

namespace modelport::ultralytics {

namespace {

/// y = weight x + bias for every pixel.
struct Pointwise {
  ValueId weight;  ///< [out, in].
  ValueId bias;    ///< [out, 1].
};

/// A 1x1 torch.nn.Conv2d with a bias and nothing else to it.
Result<Pointwise> read_pointwise(GraphBuilder& b, const ModuleView& module) {
  CHECK_OK(expect_class(module, "torch.nn.modules.conv.Conv2d"));
  TRY(in_channels, bounded_int(module, "in_channels", 1));
  TRY(out_channels, bounded_int(module, "out_channels", 1));
  TRY(groups, bounded_int(module, "groups", 1));
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  TRY(stride, bounded_pair(module, "stride", 1));
  TRY(dilation, bounded_pair(module, "dilation", 1));
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(output_padding, bounded_pair(module, "output_padding", 0));
  TRY(transposed, module.bool_attribute("transposed"));
  TRY(mode, module.string_attribute("padding_mode"));
  constexpr Size2 kOnes{1, 1}, kZeros{0, 0};
  if (groups != 1 || kernel != kOnes || stride != kOnes || dilation != kOnes || padding != kZeros ||
      output_padding != kZeros || transposed || mode != "zeros") {
    return module.fail("a plain 1x1 convolution is expected here");
  }
  TRY(weights, weight_recipe(module, "weight", {out_channels, in_channels, 1, 1}));
  TRY(biases, weight_recipe(module, "bias", {out_channels}));
  return Pointwise{b.constant(weights.reshape({out_channels, in_channels})),
                   b.constant(biases.reshape({out_channels, 1}))};
}

/// The convolution with the batch norm behind it (ultralytics/utils/torch_utils.py, fuse_conv_and_bn).
Result<Pointwise> fold_norm(GraphBuilder& b, const ModuleView& norm, const Pointwise& conv) {
  CHECK_OK(expect_class(norm, "torch.nn.modules.batchnorm.BatchNorm2d"));
  TRY(features, bounded_int(norm, "num_features", 1));
  TRY(epsilon, norm.float_attribute("eps"));
  TRY(affine, norm.bool_attribute("affine"));
  TRY(tracked, norm.bool_attribute("track_running_stats"));
  if (!affine || !tracked) return norm.fail("affine and track_running_stats have to be True here");
  const auto column = [&](std::string_view name) -> Result<ValueId> {
    TRY(recipe, weight_recipe(norm, name, {features}));
    return b.constant(recipe.reshape({features, 1}));
  };
  TRY(gain, column("weight"));
  TRY(bias, column("bias"));
  TRY(mean, column("running_mean"));
  TRY(variance, column("running_var"));
  const ValueId factor = b.div(gain, b.unary(Sqrt{}, b.add(variance, b.scalar(epsilon))));
  return Pointwise{b.mul(conv.weight, factor), b.add(b.mul(b.sub(conv.bias, mean), factor), bias)};
}

}  // namespace

Result<ValueId> apply_with_prompts(Translation& t, const ModuleView& layers, const ModuleView& contrast, ValueId x,
                                   ValueId prompts) {
  GraphBuilder& b = t.b;
  CHECK_OK(expect_class(layers, "torch.nn.modules.container.Sequential"));
  CHECK_OK(expect_class(contrast, "ultralytics.nn.modules.block.BNContrastiveHead"));
  CHECK_OK(expect_forward(contrast, "forward"));
  TRY(children, layers.children());
  if (children.empty()) return contradiction(layers, "it has no layers");
  for (size_t i = 0; i + 1 < children.size(); ++i) {
    TRY(y, apply(t, children[i].second, x));
    x = y;
  }
  TRY(embed, read_pointwise(b, children.back().second));
  TRY(norm, contrast.child("norm"));
  TRY(normalised, fold_norm(b, norm, embed));
  TRY(logit_scale, weight(b, contrast, "logit_scale", {}));
  TRY(bias, weight(b, contrast, "bias", {1}));
  TRY(channels, fixed_size(b, layers, x, 1));
  const ValueId scaled = b.mul(prompts, b.unary(Exp{}, logit_scale));
  const Dim classes = b.dim(prompts, 0);
  const ValueId kernels = b.reshape(b.matmul(scaled, normalised.weight), {classes, channels, 1, 1});
  const ValueId shift = b.merge_axes(b.add(b.matmul(scaled, normalised.bias), bias), 0, 2);
  return b.conv(x, kernels, shift, {});
}

}  // namespace modelport::ultralytics

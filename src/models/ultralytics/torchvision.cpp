#include <algorithm>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Backbones of torchvision.models, as far as yamls of the framework name them: residual networks
/// (https://arxiv.org/abs/1512.03385).
namespace modelport::ultralytics {

namespace {

Result<ValueId> residual(Translation& t, const ModuleView& module, ValueId x,
                         std::initializer_list<std::string_view> layers) {
  module.ignore("stride", "how its convolutions were built, which are read");
  ValueId y = x;
  for (const std::string_view name : layers) {
    TRY(next, apply_child(t, module, name, y));
    y = next;
  }
  ValueId identity = x;
  if (module.has_child("downsample")) {
    TRY(down, apply_child(t, module, "downsample", x));
    identity = down;
  } else if (!module.is_none("downsample")) {
    return module.fail("downsample is no module");
  }
  return apply_child(t, module, "relu", t.b.add(y, identity));
}

}  // namespace

Result<ValueId> torchvision_backbone(Translation& t, const ModuleView& module, ValueId x) {
  TRY(split, module.bool_attribute("split"));
  if (split) return module.fail("split is True, which is not supported");
  TRY(network, module.child("m"));
  CHECK_OK(expect_class(network, "torch.nn.modules.container.Sequential"));
  return apply(t, network, x);
}

Result<ValueId> torchvision_squeeze_excitation(Translation& t, const ModuleView& module, ValueId x) {
  ValueId scale = x;
  for (const std::string_view name : {"avgpool", "fc1", "activation", "fc2", "scale_activation"}) {
    TRY(next, apply_child(t, module, name, scale));
    scale = next;
  }
  return t.b.mul(scale, x);
}

Result<ValueId> torchvision_permute(Translation& t, const ModuleView& module, ValueId x) {
  TRY(order, module.int_list_attribute("dims"));
  const auto rank = static_cast<int64_t>(t.b.shape(x).size());
  for (int64_t& axis : order) axis += axis < 0 ? rank : 0;
  std::vector<int64_t> sorted = order;
  std::ranges::sort(sorted);
  for (int64_t i = 0; i < rank; ++i) {
    if (std::ssize(sorted) != rank || sorted[static_cast<size_t>(i)] != i)
      return contradiction(module, "dims is [{}], {} axes arrive", fmt::join(order, ", "), rank);
  }
  return t.b.permute(x, std::move(order));
}

Result<ValueId> torchvision_basic_block(Translation& t, const ModuleView& module, ValueId x) {
  return residual(t, module, x, {"conv1", "bn1", "relu", "conv2", "bn2"});
}

Result<ValueId> torchvision_bottleneck(Translation& t, const ModuleView& module, ValueId x) {
  return residual(t, module, x, {"conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3"});
}

}  // namespace modelport::ultralytics

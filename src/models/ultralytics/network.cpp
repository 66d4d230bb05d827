#include "models/ultralytics/network.h"

#include <set>

#include "models/torch_modules/attributes.h"

namespace modelport::ultralytics {

namespace {

/// Where a layer takes its inputs from: positions of earlier layers.
struct Sources {
  /// -1: whatever came out last, which for the first layer is the image.
  std::vector<int64_t> layers;
};

/// `f` is one number or a list; negative ones count back from the layer itself, -1 being the one before.
Result<Sources> read_sources(const ModuleView& layer, int64_t position) {
  TRY(indices, layer.int_list_attribute("f"));
  if (indices.empty()) return contradiction(layer, "f is empty: it has no input");
  for (int64_t& index : indices) {
    if (index == -1) continue;
    const int64_t absolute = index < 0 ? position + index : index;
    if (absolute < 0 || absolute >= position) {
      return contradiction(layer, "it reads layer {}, which does not run before it", index);
    }
    index = absolute;
  }
  return Sources{std::move(indices)};
}

}  // namespace

Result<ValueId> run_layers(Translation& t, const ModuleView& root, ValueId image) {
  TRY(layers, module_list(root, "model"));
  if (layers.empty()) return root.fail("it has no layers");
  TRY(save, root.int_list_attribute("save"));
  std::set<int64_t> read_later;
  std::vector<ValueId> outputs;
  ValueId x = image;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto position = static_cast<int64_t>(i);
    CHECK_OK(expect_int(layers[i], "i", position));
    TRY(sources, read_sources(layers[i], position));
    std::vector<ValueId> inputs;
    for (const int64_t source : sources.layers) {
      inputs.push_back(source == -1 ? x : outputs[static_cast<size_t>(source)]);
      if (source != -1) read_later.insert(source);
    }
    TRY(y, apply(t, layers[i], inputs));
    x = y;
    outputs.push_back(y);
  }
  if (read_later != std::set<int64_t>(save.begin(), save.end())) {
    return contradiction(root, "save is [{}], its layers read [{}]", fmt::join(save, ", "),
                         fmt::join(read_later, ", "));
  }
  return x;
}

}  // namespace modelport::ultralytics

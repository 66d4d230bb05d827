#include "modules/network_sketch.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "base/work_count.h"
#include "modules/find_model.h"
#include "modules/module_view.h"
#include "modules/wrappers.h"

namespace modelport {

namespace {

using Order = NetworkSketch::Order;

constexpr int kDeepestModule = 64;
constexpr size_t kMostBlocks = 64;
/// What is longer is told as less: a file could hang one list at many places.
constexpr size_t kMostAlike = 1000;
constexpr int kMostConvolutions = 64;
constexpr size_t kMostSources = 256;
/// A child that holds this much of its parent's parameters stands for it.
constexpr double kWholeShare = 0.98;

/// Channels and size pass through.
constexpr std::string_view kPassing[] = {"Identity",  "Dropout",   "Dropout2d", "SiLU",        "ReLU",
                                         "LeakyReLU", "Hardswish", "GELU",      "BatchNorm2d", "Sigmoid"};

bool is_among(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::string short_name(const PickleObject& module) {
  const std::string name = canonical_class_name(*module.type);
  return name.substr(name.rfind('.') + 1);
}

struct NamedModule {
  std::string name;
  const PickleObject* module;
};

const PickleDict* slot_of(const PickleObject& module, std::string_view name) {
  const PickleValue* slot = module.attribute(name);
  return slot ? slot->as_dict() : nullptr;
}

std::vector<NamedModule> modules_in(const PickleObject& module) {
  std::vector<NamedModule> children;
  const PickleDict* entries = slot_of(module, "_modules");
  if (!entries) return children;
  for (const auto& [key, value] : entries->entries) {
    count_work();
    if (!value.as_object() || !key.as_string()) continue;
    const PickleObject& child = unwrapped(*value.as_object());
    if (child.is_module()) children.push_back({std::string(*key.as_string()), &child});
  }
  return children;
}

const PickleObject* child_of(const PickleObject& module, std::string_view name) {
  const PickleDict* entries = slot_of(module, "_modules");
  const PickleValue* value = entries ? entries->find(name) : nullptr;
  if (!value || !value->as_object()) return nullptr;
  const PickleObject& child = unwrapped(*value->as_object());
  return child.is_module() ? &child : nullptr;
}

std::optional<int64_t> integer_of(const PickleObject& module, std::string_view name) {
  const PickleValue* value = module.attribute(name);
  return value ? value->as_integer() : std::nullopt;
}

/// An attribute of one number, or of as many equal to it as there are.
std::optional<std::array<int64_t, 2>> pair_of(const PickleObject& module, std::string_view name) {
  const PickleValue* value = module.attribute(name);
  if (!value) return std::nullopt;
  if (const auto one = value->as_integer()) return std::array{*one, *one};
  const auto* items = value->as_sequence();
  if (!items || items->size() != 2) return std::nullopt;
  const auto height = (*items)[0].as_integer(), width = (*items)[1].as_integer();
  if (!height || !width) return std::nullopt;
  return std::array{*height, *width};
}

/// Counts what has not been counted yet.
class ParameterCount {
 public:
  void add(const PickleObject& module, SketchBlock& to, int depth = 0) {
    if (depth > kDeepestModule || !seen_.insert(&module).second) return;
    const PickleDict* parameters = slot_of(module, "_parameters");
    if (parameters && seen_.insert(parameters).second) {
      for (const auto& [key, value] : parameters->entries) {
        count_work();
        const PickleTensor* node = value.tensor_node();
        if (!node || !seen_.insert(node).second) continue;
        to.parameters += node->tensor.element_count();
        ++to.tensors;
      }
    }
    const PickleDict* modules = slot_of(module, "_modules");
    if (!modules || !seen_.insert(modules).second) return;
    for (const NamedModule& child : modules_in(module)) add(*child.module, to, depth + 1);
  }

 private:
  std::set<const void*> seen_;
};

int64_t parameters_beneath(const PickleObject& module) {
  SketchBlock all;
  ParameterCount().add(module, all);
  return all.parameters;
}

/// The module whose children are the network's parts.
NamedModule trunk_of(const PickleObject& root) {
  NamedModule trunk{"", &root};
  const auto whole = static_cast<double>(parameters_beneath(root)) * kWholeShare;
  for (int depth = 0; depth < kDeepestModule; ++depth) {
    const auto children = modules_in(*trunk.module);
    ParameterCount count;
    const auto next = std::ranges::find_if(children, [&](const NamedModule& child) {
      SketchBlock held;
      count.add(*child.module, held);
      const PickleDict* modules = slot_of(*child.module, "_modules");
      return modules && modules->entries.size() > 1 && static_cast<double>(held.parameters) >= whole;
    });
    if (next == children.end()) break;
    trunk = {trunk.name.empty() ? next->name : trunk.name + "." + next->name, next->module};
  }
  return trunk;
}

/// "3 x Bottleneck" of a list of three alike.
std::string class_of(const PickleObject& module) {
  const std::string own = short_name(module);
  const PickleDict* modules = slot_of(module, "_modules");
  if (!modules || modules->entries.size() > kMostAlike) return own;
  const auto children = modules_in(module);
  if ((own != "Sequential" && own != "ModuleList") || children.empty()) return own;
  const std::string first = short_name(*children[0].module);
  const bool are_alike =
      std::ranges::all_of(children, [&](const NamedModule& child) { return short_name(*child.module) == first; });
  return are_alike ? fmt::format("{} x {}", children.size(), first) : own;
}

/// What one convolution does: of a Conv2d, a wrapper with "conv", or nothing.
struct Convolution {
  int64_t in, out;
  std::array<int64_t, 2> stride, kernel;
};
std::optional<Convolution> convolution_of(const PickleObject& module) {
  const PickleObject* conv = &module;
  if (const PickleObject* inner = child_of(module, "conv")) conv = inner;
  // A reparametrised RepConv has its kernels within.
  if (const PickleObject* inner = child_of(*conv, "conv")) conv = inner;
  const auto in = integer_of(*conv, "in_channels"), out = integer_of(*conv, "out_channels");
  const auto stride = pair_of(*conv, "stride"), kernel = pair_of(*conv, "kernel_size");
  if (!in || !out || !stride || !kernel) return std::nullopt;
  return Convolution{*in, *out, *stride, *kernel};
}

struct ChannelEffect {
  std::optional<int64_t> in, out;
  std::optional<double> reduction;
  std::optional<std::array<int64_t, 2>> kernel;
};

ChannelEffect effect_of_convolutions(const PickleObject& module) {
  ChannelEffect effect;
  double reduction = 1;
  for (int number = 1; number <= kMostConvolutions; ++number) {
    const PickleObject* child = child_of(module, fmt::format("cv{}", number));
    if (!child) break;
    const auto conv = convolution_of(*child);
    if (!conv) {
      // A sequence: its last is what counts, its strides are 1 in all blocks of the table.
      const PickleDict* modules = slot_of(*child, "_modules");
      if (!modules || modules->entries.size() > kMostAlike) return {};
      const auto parts = modules_in(*child);
      const auto last = parts.empty() ? std::nullopt : convolution_of(*parts.back().module);
      if (!last) return {};
      effect.out = last->out;
      continue;
    }
    if (number == 1) effect.in = conv->in;
    effect.out = conv->out;
    reduction *= static_cast<double>(conv->stride[0]);
  }
  if (effect.out) effect.reduction = reduction;
  return effect;
}

/// By the rows of the families.
std::optional<SketchedClass::Effect> sketched_effect(const PickleObject& module) {
  const std::string name = short_name(module);
  for (const CheckpointFamily* family : module.type->families) {
    const auto row = std::ranges::find(family->sketched_classes, name, &SketchedClass::name);
    if (row != family->sketched_classes.end()) return row->effect;
  }
  return std::nullopt;
}

/// What a block does to `in` channels, as far as its class is known.
ChannelEffect effect_of(const PickleObject& module, const std::vector<std::optional<int64_t>>& in) {
  const std::string name = short_name(module);
  const std::optional<int64_t> only = in.size() == 1 ? in[0] : std::nullopt;
  using Sketched = SketchedClass::Effect;
  const std::optional<Sketched> known = sketched_effect(module);
  if (known == Sketched::kOneConvolution || name == "Conv2d") {
    const auto conv = convolution_of(module);
    if (!conv) return {};
    return {conv->in, conv->out, static_cast<double>(conv->stride[0]), conv->kernel};
  }
  if (known == Sketched::kFoldsPixels) {
    const auto conv = convolution_of(module);
    if (!conv) return {};
    return {conv->in / 4, conv->out, 2.0 * static_cast<double>(conv->stride[0]), conv->kernel};
  }
  if (known == Sketched::kLastConvolution) return effect_of_convolutions(module);
  if (is_among(name, kPassing)) return {only, only, 1.0, {}};
  if (name == "Upsample") {
    const PickleValue* scale = module.attribute("scale_factor");
    const auto factor = scale ? scale->as_number() : std::nullopt;
    return {only, only, factor && *factor > 0 ? std::optional(1.0 / *factor) : std::nullopt, {}};
  }
  if (known == Sketched::kConcat && integer_of(module, "d") == 1) {
    int64_t sum = 0;
    for (const auto& channels : in) {
      if (!channels) return {{}, {}, 1.0, {}};
      sum += *channels;
    }
    return {sum, sum, 1.0, {}};
  }
  return {};
}

/// What a block says that it reads: -1 is the one before, others are numbers of blocks.
std::optional<std::vector<int64_t>> sources_of(const PickleObject& module) {
  const PickleValue* from = nullptr;
  for (const CheckpointFamily* family : module.type->families) {
    if (!family->sources_attribute.empty() && !from) from = module.attribute(family->sources_attribute);
  }
  if (!from) return std::nullopt;
  if (const auto one = from->as_integer()) return std::vector{*one};
  const auto* items = from->as_sequence();
  if (!items || items->empty() || items->size() > kMostSources) return std::nullopt;
  std::vector<int64_t> sources;
  for (const PickleValue& item : *items) {
    const auto number = item.as_integer();
    if (!number) return std::nullopt;
    sources.push_back(*number);
  }
  return sources;
}

/// False where a block does not say what it reads.
bool connect(const std::vector<NamedModule>& modules, std::vector<SketchBlock>& blocks) {
  for (size_t i = 0; i < modules.size(); ++i) {
    const auto sources = sources_of(*modules[i].module);
    if (!sources) return false;
    for (const int64_t source : *sources) {
      const int64_t number = source < 0 ? static_cast<int64_t>(i) + source : source;
      if (number >= static_cast<int64_t>(i) || (number < 0 && i > 0)) return false;
      if (number >= 0) blocks[i].from.push_back(static_cast<size_t>(number));
    }
  }
  return true;
}

void follow_channels(const std::vector<NamedModule>& modules, std::vector<SketchBlock>& blocks) {
  for (size_t i = 0; i < modules.size(); ++i) {
    SketchBlock& block = blocks[i];
    std::vector<std::optional<int64_t>> in;
    std::optional<double> before = i == 0 ? std::optional(1.0) : std::nullopt;
    for (const size_t source : block.from) {
      in.push_back(blocks[source].channels_out);
      before = blocks[source].reduction;
    }
    const ChannelEffect effect = effect_of(*modules[i].module, in);
    block.channels_in = effect.in;
    block.channels_out = effect.out;
    block.kernel = effect.kernel;
    if (before && effect.reduction) block.reduction = *before * *effect.reduction;
  }
}

NetworkSketch sketch_modules(const PickleObject& root) {
  NetworkSketch sketch;
  sketch.order = Order::kRegistered;
  const NamedModule trunk = trunk_of(root);
  const std::vector<NamedModule> modules = modules_in(*trunk.module);
  ParameterCount count;
  for (const NamedModule& child : modules) {
    SketchBlock block;
    block.name = trunk.name.empty() ? child.name : trunk.name + "." + child.name;
    block.class_name = class_of(*child.module);
    count.add(*child.module, block);
    if (const auto conv = short_name(*child.module) == "Conv2d" ? convolution_of(*child.module) : std::nullopt) {
      block.channels_in = conv->in;
      block.channels_out = conv->out;
      block.kernel = conv->kernel;
    }
    sketch.blocks.push_back(std::move(block));
  }
  std::vector<SketchBlock> connected = sketch.blocks;
  if (!connected.empty() && connect(modules, connected)) {
    sketch.order = Order::kConnected;
    follow_channels(modules, connected);
    sketch.blocks = std::move(connected);
  }
  return sketch;
}

/// The first `parts` parts of a dotted name.
std::string beginning(const std::string& name, size_t parts) {
  size_t end = 0;
  for (size_t i = 0; i < parts && end != std::string::npos; ++i) end = name.find('.', end == 0 ? 0 : end + 1);
  return name.substr(0, end);
}

std::vector<SketchBlock> grouped(const std::vector<NamedTensor>& tensors, size_t parts) {
  std::vector<SketchBlock> blocks;
  std::map<std::string, size_t> known;
  for (const NamedTensor& tensor : tensors) {
    const size_t dots = static_cast<size_t>(std::ranges::count(tensor.name, '.'));
    const std::string group = beginning(tensor.name, std::min(parts, std::max<size_t>(dots, 1)));
    const auto [row, is_new] = known.emplace(group, blocks.size());
    if (is_new) blocks.emplace_back().name = group;
    SketchBlock& block = blocks[row->second];
    ++block.tensors;
    if (is_float(tensor.tensor.dtype())) block.parameters += tensor.tensor.element_count();
  }
  return blocks;
}

NetworkSketch sketch_tensors(const Checkpoint& checkpoint) {
  NetworkSketch sketch;
  const std::vector<NamedTensor> tensors = list_tensors(checkpoint.root);
  // As fine as can be drawn.
  for (size_t parts = 1; parts <= 6; ++parts) {
    std::vector<SketchBlock> blocks = grouped(tensors, parts);
    if (parts > 1 && blocks.size() > kMostBlocks) break;
    sketch.blocks = std::move(blocks);
    if (sketch.blocks.size() >= 8) break;
  }
  return sketch;
}

}  // namespace

NetworkSketch sketch_network(const Checkpoint& checkpoint) {
  const PickleObject* root = model_root(checkpoint);
  return root ? sketch_modules(*root) : sketch_tensors(checkpoint);
}

}  // namespace modelport

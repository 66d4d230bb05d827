#include "models/ultralytics/unknown_classes.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest_name.h"
#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/module_table.h"
#include "source/architecture.h"

namespace modelport::ultralytics {

namespace {

constexpr size_t kMostNamed = 200;
constexpr std::string_view kPage = "docs/known_classes.md";

/// Read by the modules that hold them, and older names of models.
constexpr std::string_view kFurtherClasses[] = {
    "models.segment.SegmentationModel",
    "models.yolo.Model",
    "torch.nn.modules.activation.MultiheadAttention",
    "torch.nn.modules.container.ModuleList",
    "torch.nn.modules.linear.NonDynamicallyQuantizableLinear",
    "torch.nn.modules.sparse.Embedding",
    "ultralytics.nn.modules.block.Residual",
    "ultralytics.nn.modules.block.SAVPE",
    "ultralytics.nn.modules.block.SwiGLUFFN",
    "ultralytics.nn.modules.head.LRPCHead",
    "ultralytics.nn.modules.transformer.DeformableTransformerDecoder",
    "ultralytics.nn.modules.transformer.DeformableTransformerDecoderLayer",
    "ultralytics.nn.modules.transformer.MSDeformAttn",
};

/// Why a class, or all of a package, has no translation.
struct Reason {
  std::string_view prefix;
  std::string_view text;
};
constexpr Reason kReasons[] = {
    {"torch.nn.modules.pooling.FractionalMaxPool", "it draws its windows at random, in evaluation too"},
    {"torch.nn.modules.pooling.MaxUnpool", "it needs the indices of another layer's MaxPool"},
    {"torch.nn.modules.linear.Bilinear", "it takes two inputs, which a row of a yaml cannot give"},
    {"torch.nn.utils.parametrize.Parametrized",
     "it is parametrized: call torch.nn.utils.parametrize.remove_parametrizations for every parameter before saving"},
    {"torch.ao.nn.", "it is quantised or prepared for that: export the float model that it was made from"},
    {"torch.nn.qat.", "it is quantised or prepared for that: export the float model that it was made from"},
    {"torch.nn.quantized.", "it is quantised or prepared for that: export the float model that it was made from"},
    {"torch.ao.quantization.", "it is quantised or prepared for that: export the float model that it was made from"},
    {"torch.fx.", "it is a traced graph: save the module that it was traced from"},
    {"torch.nn.intrinsic.", "it is quantised or prepared for that: export the float model that it was made from"},
    {"torchao.", "it is quantised or prepared for that: export the float model that it was made from"},
    {"bitsandbytes.", "it is quantised: export the float model that it was made from"},
    {"peft.", "it holds an adapter beside the weights: call merge_and_unload() before saving"},
    {"deepspeed.", "it is a training engine: save the module inside of it (its attribute module)"},
    {"torch.distributed.", "its weights may be spread over processes: gather them into the plain model and save that"},
};

bool is_known(const std::string& name, const ClassAliases& aliases) {
  if (find_module_function(name) || aliases.contains(name)) return true;
  if (std::ranges::count(kFurtherClasses, name) > 0) return true;
  return std::ranges::any_of(architecture_rows(), [&](const ArchitectureRow& row) { return row.root_class == name; });
}

std::string short_name(std::string_view name) { return std::string(name.substr(name.rfind('.') + 1)); }

/// The known class of this name; else the one whose name it ends with, as names of variants do; else the one spelled
/// most alike.
std::string nearest_known(const std::string& name) {
  std::map<std::string, std::string_view> known;
  std::vector<std::string> candidates;
  std::string ending;
  // Of classes of one name the framework's newest is the last row.
  for (const ModuleRow& row : module_table()) {
    const std::string candidate = short_name(row.class_name);
    candidates.push_back(candidate);
    known[candidate] = row.class_name;
    if (name.ends_with(candidate) && candidate.size() > ending.size()) ending = candidate;
  }
  const std::string nearest = ending.empty() ? nearest_name(name, candidates) : ending;
  return nearest.empty() ? "" : std::string(known[nearest]);
}

/// The list of layers of a model, which its forward() goes through by number.
constexpr std::string_view kLayersPath = "model";

std::string explain(const UnknownClass& unknown) {
  for (const Reason& row : kReasons) {
    if (unknown.name.starts_with(row.prefix)) return std::string(row.text);
  }
  if (unknown.first_path == kLayersPath)
    return "the layers must lie in a torch.nn.Sequential itself: set __class__ to that before saving";
  const std::string nearest = nearest_known(short_name(unknown.name));
  return nearest.empty() ? "" : fmt::format("the nearest known is {}", nearest);
}

/// An alias for the first class that one can be proposed for: of its nearest, or of children that run in order.
std::string example_for(const std::vector<UnknownClass>& unknown) {
  constexpr size_t kMostChildren = 16;
  for (const UnknownClass& each : unknown) {
    if (each.first_path == kLayersPath ||
        std::ranges::any_of(kReasons, [&](const Reason& row) { return each.name.starts_with(row.prefix); }))
      continue;
    if (each.numbered_children > 0 && each.numbered_children <= kMostChildren) {
      std::string items;
      for (size_t i = 0; i < each.numbered_children; ++i) items += fmt::format("{}\"{}\"", i > 0 ? ", " : "", i);
      return fmt::format(", such as {} if it runs its children in order", alias_example(each.name, "[" + items + "]"));
    }
    const std::string nearest = nearest_known(short_name(each.name));
    if (!nearest.empty())
      return fmt::format(", such as {} if it computes the same", alias_example(each.name, "\"" + nearest + "\""));
  }
  return "";
}

std::string place(const UnknownClass& unknown) {
  const std::string path = unknown.first_path.empty() ? "the root" : unknown.first_path;
  return unknown.count == 1 ? path : fmt::format("{} times, first {}", unknown.count, path);
}

}  // namespace

std::vector<UnknownClass> unknown_classes(const Ledger& ledger, const ClassAliases& aliases) {
  std::vector<UnknownClass> out;
  std::map<std::string, size_t> at;
  for (const LedgerModule& module : ledger.modules()) {
    if (is_known(module.class_name, aliases)) continue;
    const auto [position, is_new] = at.emplace(module.class_name, out.size());
    if (is_new) out.push_back({module.class_name, module.path, 0, module.numbered_children});
    ++out[position->second].count;
  }
  return out;
}

std::string alias_example(std::string_view name, std::string_view meaning) {
  return fmt::format(R"({{"module_aliases": {{"{}": {}}}}})", name, meaning);
}

Error refuse_unknown_classes(const std::vector<UnknownClass>& unknown) {
  std::string text = unknown.size() == 1
                         ? fmt::format("{}one of its classes is unknown: ", kNotTranslated)
                         : fmt::format("{}{} of its classes are unknown: ", kNotTranslated, unknown.size());
  for (size_t i = 0; i < std::min(unknown.size(), kMostNamed); ++i) {
    const std::string why = explain(unknown[i]);
    text += fmt::format("{}{} ({}{}{})", i > 0 ? ", " : "", unknown[i].name, place(unknown[i]), why.empty() ? "" : "; ",
                        why);
  }
  if (unknown.size() > kMostNamed) text += fmt::format(" and {} more", unknown.size() - kMostNamed);
  Error error = fail(ErrorCode::kUnsupportedModel, "{}", text);
  error.hint = fmt::format("{}{}; {} lists what is known", kAliasHint, example_for(unknown), kPage);
  return error;
}

std::string known_classes_page() {
  std::string page =
      "# Classes that are translated\n\n"
      "What a checkpoint of `modelport-ultralytics` may be made of; a test holds this page to the tables. Other "
      "classes end in exit code 1 with\n"
      "`Not translated: ` and their names; those of your own can be mapped "
      "([module_aliases.md](module_aliases.md)).\n\n"
      "| package | models and modules |\n|---|---|\n";
  std::map<std::string, std::set<std::string>> by_package;
  const auto add = [&](std::string_view name) {
    const size_t dot = name.rfind('.');
    by_package[std::string(name.substr(0, dot))].insert(std::string(name.substr(dot + 1)));
  };
  for (const ModuleRow& row : module_table()) add(row.class_name);
  for (const ArchitectureRow& row : architecture_rows()) add(row.root_class);
  for (const std::string_view name : kFurtherClasses) add(name);
  for (const auto& [package, names] : by_package)
    page += fmt::format("| `{}` | {} |\n", package, fmt::join(names, ", "));
  page += "\nNot translated, and why:\n\n| classes | |\n|---|---|\n";
  for (const Reason& row : kReasons) page += fmt::format("| `{}*` | {} |\n", row.prefix, row.text);
  return page;
}

}  // namespace modelport::ultralytics

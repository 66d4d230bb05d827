#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "modules/module_view.h"
#include "ops/graph_builder.h"
#include "source/architecture.h"
#include "source/source_model.h"

namespace modelport::ultralytics {

/// Text features of the classes, [1 or N, classes, channels].
struct TextFeatures {
  ValueId features;  ///< As the checkpoint holds them.
  ValueId guide;     ///< The same, until a layer enriches them by the image.
};

/// What a translation carries from module to module. Layers only build; the head also says what its outputs mean.
struct Translation {
  GraphBuilder& b;
  /// A head adds its outputs, probes and task facts.
  SourceModel& model;
  /// Set for models that are guided by text.
  std::optional<TextFeatures> text;
  /// Which of a head's branches is asked for, and how many rows one that selects detections itself gives, whether of
  /// all classes together or each apart.
  HeadChoice head = HeadChoice::kDefault;
  int64_t max_detections = 300;
  NmsClasses nms_classes = NmsClasses::kApart;
  /// What the user says of classes of their own.
  const ModuleAliases& aliases;
  /// What the head found: classes that its last layers predict, and pixels per cell of each level it reads.
  int64_t class_count = 0;
  std::vector<double> level_strides;
  /// The parts of values that are tuples in the framework (CBLinear's), by the value that stands for all.
  std::map<ValueId, std::vector<ValueId>> tuples;
  /// Modules that the current one is inside of.
  size_t depth = 0;
  /// Whether a module of a class without a row was met.
  enum class Classes { kKnown, kUnknown } classes = Classes::kKnown;
};

/// The function of one module class: what its forward() computes from its inputs in evaluation mode.
using ModuleFunction = Result<ValueId> (*)(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);

/// Applies a module by the table (module_table.h). kUnsupportedModel with the class and path when there is no row.
Result<ValueId> apply(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);
Result<ValueId> apply(Translation& t, const ModuleView& module, ValueId x);

/// Applies the child `name`: `TRY(y, apply_child(t, module, "cv1", x))` is `y = self.cv1(x)`.
Result<ValueId> apply_child(Translation& t, const ModuleView& module, std::string_view name, ValueId x);

/// kUnsupportedModel when an instance carries a `forward` of its own other than its method `name`, which fuse() and
/// export() put there.
Status expect_forward(const ModuleView& module, std::string_view name);

/// kUnsupportedModel when `attribute` is there and is anything but the method `name` of the class `owner`
/// ("ultralytics.nn.modules.head.Detect"), as heads of old releases keep their base's.
Status expect_method(const ModuleView& module, std::string_view attribute, std::string_view owner,
                     std::string_view name);

/// kUnsupportedModel unless the module is of this class ("ultralytics.nn.modules.transformer.MSDeformAttn"), for
/// modules that take more than the table's functions do.
Status expect_class(const ModuleView& module, std::string_view class_name);

/// Whether the module is a torch.nn.ModuleList or torch.nn.Sequential itself.
bool is_module_list(const ModuleView& module);

/// Items of the torch.nn.ModuleList or torch.nn.Sequential `name`, in order.
Result<std::vector<ModuleView>> module_list(const ModuleView& module, std::string_view name);

/// Reads the boolean `name` and returns x + y where it is true, else y: the shortcut of residual blocks.
Result<ValueId> add_if(Translation& t, const ModuleView& module, std::string_view name, ValueId x, ValueId y);

/// Two halves of the channels of `x`, each `channels` wide; kInconsistentModel when that is not what arrives.
Result<std::vector<ValueId>> halves(Translation& t, const ModuleView& module, ValueId x, int64_t channels);

}  // namespace modelport::ultralytics

#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn paddings of images, x [N, C, H, W]; `padding` is (left, right, top, bottom), or one number for all.
namespace modelport {

/// ZeroPad2d and ConstantPad2d, and ZeroPad1d and ConstantPad1d, which pad columns only: around the image stands
/// `value`, 0 where the layer has none. Negative padding crops.
Result<ValueId> constant_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x);
/// CircularPad2d: the image continues at its other end.
Result<ValueId> circular_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x);
/// ReflectionPad2d: mirrored without repeating the edge.
Result<ValueId> reflection_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x);
/// ReplicationPad2d: the edge repeated.
Result<ValueId> replication_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/format.h"
#include "formats/openvino/openvino_op.h"

namespace modelport::openvino {

/// Element type and sizes of a port; -1 is a size that may vary.
struct OpenvinoType {
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
  friend bool operator==(const OpenvinoType&, const OpenvinoType&) = default;
};

/// Output `output` of layer `layer`: what an edge comes from.
struct OpenvinoSource {
  uint32_t layer = 0;
  uint32_t output = 0;
  friend auto operator<=>(const OpenvinoSource&, const OpenvinoSource&) = default;
};

/// An attribute of <data>, as text: {"strides", "1, 1"}.
struct OpenvinoAttribute {
  std::string name;
  std::string value;
  friend bool operator==(const OpenvinoAttribute&, const OpenvinoAttribute&) = default;
};

/// An output port: its type, and the names by which the value can be asked for.
struct OpenvinoOutput {
  OpenvinoType type;
  std::vector<std::string> names;
  friend bool operator==(const OpenvinoOutput&, const OpenvinoOutput&) = default;
};

/// One <layer>; its position in OpenvinoModel::layers is its id. A Parameter's and a Const's type is that of its
/// output.
struct OpenvinoLayer {
  OpenvinoOpType type = OpenvinoOpType::kResult;
  std::string name;
  std::vector<OpenvinoAttribute> attributes;
  std::vector<std::string> marks;  ///< Names of version 0 attributes in its rt_info: "decompression".
  std::vector<OpenvinoSource> inputs;
  std::vector<OpenvinoOutput> outputs;
  /// Const: the elements, and where they begin in the weights file. Layers of equal bytes share them.
  WeightRecipe data;
  uint64_t offset = 0;
};

/// An element of the model's <rt_info>: a value, or elements below it.
struct OpenvinoInfo {
  std::string name;
  std::string value;  ///< Of a leaf.
  std::vector<OpenvinoInfo> children;
  friend bool operator==(const OpenvinoInfo&, const OpenvinoInfo&) = default;
};

/// A whole IR: what is written, and what is read back.
struct OpenvinoModel final : LoweredModel {
  std::string name;
  std::vector<OpenvinoLayer> layers;  ///< Parameters first, then in topological order, Results last.
  std::vector<OpenvinoInfo> info;

  /// Inner values worth comparing, in the order of Graph::probes. Not in the file: its twin has Results for them.
  std::vector<OpenvinoSource> probes;

  const OpenvinoOutput& at(OpenvinoSource source) const { return layers[source.layer].outputs[source.output]; }
};

/// The first name of a value; one without is called after its layer, "model.2/Split:1".
std::string value_name(const OpenvinoModel& model, OpenvinoSource source);

/// "float32[1, 3, -1, -1]".
std::string print_type(const OpenvinoType& type);

/// One line per layer, for messages and goldens; elements of up to eight-element constants are shown.
std::string print_openvino(const OpenvinoModel& model);

}  // namespace modelport::openvino

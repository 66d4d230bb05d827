#pragma once

#include <span>

#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

/// What the file computes, by the meaning that the operation sets' specification gives its layers. Arithmetic on sizes
/// (ShapeOf, Gather, Multiply ... on int64 lists) becomes Dims; a size of an input that varies is what rt_info's
/// modelport/inputN says, else a symbol of its own. Values of the file named in `probes` become the graph's probes.
/// kUnsupportedModel, naming the layer, for what the catalogue does not hold; kDamaged where the declared type of any
/// port is not what the layers give.
Result<Graph> raise_openvino(const OpenvinoModel& model, std::span<const std::string> probes);

}  // namespace modelport::openvino

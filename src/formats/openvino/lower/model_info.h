#pragma once

#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

/// The <rt_info> of a model. Below model_info: what OpenVINO's Model API tools go by, with the entries, values and
/// order that exporters give them, where they know this type of model. Below modelport: this program's
/// version, and the sizes of inputs that vary, which an IR itself only calls unknown:
/// <input0 value="[batch, 3, 32*height/32, 32*width/32]"/>.
std::vector<OpenvinoInfo> model_info(const SourceModel& source, const Graph& graph);

}  // namespace modelport::openvino

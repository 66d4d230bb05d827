#pragma once

#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

/// The graph in operators that OpenVINO has. kInvalidArgument: an operator that it cannot hold.
Result<Graph> legalize_openvino(const Graph& graph);

/// The graph as an OpenVINO IR with its metadata. kInvalidArgument: an operator that OpenVINO cannot hold.
Result<std::shared_ptr<const OpenvinoModel>> lower_openvino(const SourceModel& source, const Graph& graph);

}  // namespace modelport::openvino

#pragma once

#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

enum class ProbeResults { kLeaveOut, kDeclare };

/// The model's XML. kDeclare adds a Result for every probe that no Result reads yet.
std::string openvino_xml(const OpenvinoModel& model, ProbeResults probes);

/// Streams the constants to where their layers say they begin, with zeros between them. The sink's error.
Status write_openvino_weights(const OpenvinoModel& model, ArtifactSink& sink);

}  // namespace modelport::openvino

#pragma once

#include <string>
#include <string_view>

namespace modelport {

/// A sentence without where the service keeps things: of an absolute path into an attempt's directory, or to an upload,
/// stays what lies in it ("/srv/data/work/job_X.1/output/model.onnx" is "output/model.onnx"). Other paths stay.
std::string without_own_places(std::string_view text);

}  // namespace modelport

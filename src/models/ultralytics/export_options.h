#pragma once

#include "source/architecture.h"

namespace modelport::ultralytics {

/// The options of export_config that this family reads beside the common ones.
std::span<const ExportOption<BuildRequest>> export_options();

}  // namespace modelport::ultralytics

#pragma once

#include <span>

#include "source/side_file.h"

namespace modelport::ultralytics {

/// metadata.yaml, from which YOLO(folder) learns what other formats say in their own files.
std::span<const SideFile> side_files();

}  // namespace modelport::ultralytics

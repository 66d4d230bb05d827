#pragma once

#include "formats/format.h"

namespace modelport {

/// TorchScript archives, for torch 1.13 to 2.13.
const Format& torchscript_format();

}  // namespace modelport

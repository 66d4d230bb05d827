#pragma once

#include "formats/format.h"

namespace modelport::torchscript {

/// TorchScript archives, for torch 1.13 to 2.13.
const Format& format();

}  // namespace modelport::torchscript

#pragma once

#include <string>

#include "formats/torchscript/torch_model.h"

namespace modelport::torchscript {

/// The bytes of data.pkl: the object with its buffers, as torch/csrc/jit/serialization/pickler.cpp lays it out.
std::string torch_data_pickle(const TorchModel& model);
/// The bytes of constants.pkl: an empty tuple.
std::string torch_constants_pickle();

}  // namespace modelport::torchscript

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtimes/engine.h"
#include "runtimes/torch_connection.h"

namespace modelport {

/// A Python interpreter that may have torch, or why it is not even started.
struct TorchInterpreter {
  std::string path;
  std::string problem;  ///< Empty: worth a try.
};

/// $MODELPORT_TORCH_PYTHON alone when set; else the interpreters of the virtual environments that hold torch.
std::vector<TorchInterpreter> torch_interpreters();

/// The engine over the first of these that imports torch.
std::unique_ptr<Engine> make_torch_engine(std::vector<TorchInterpreter> interpreters, TorchPatience patience);

}  // namespace modelport

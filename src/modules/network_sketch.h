#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace modelport {

/// A part of a network, as its checkpoint holds it.
struct SketchBlock {
  std::string name;        ///< "model.0": where it hangs below the network.
  std::string class_name;  ///< "C3k2", "3 x Bottleneck"; empty for a group of tensors.
  int64_t parameters = 0;  ///< Elements; each tensor counts where it is met first.
  int64_t tensors = 0;
  std::vector<size_t> from;            ///< The blocks it reads, where the checkpoint says so.
  std::optional<int64_t> channels_in;  ///< Where they follow from the file alone; likewise the next.
  std::optional<int64_t> channels_out;
  std::optional<double> reduction;  ///< Input height per output height of everything up to here: 8 is an eighth.
  std::optional<std::array<int64_t, 2>> kernel;  ///< Of a single convolution: height and width.
};

/// A network drawn coarsely: its parts in order.
struct NetworkSketch {
  enum class Order {
    kConnected,   ///< Each block says which it reads.
    kRegistered,  ///< As the model lists its parts; how they are connected is in its code, which is not run.
    kTensors,     ///< Tensors only, grouped by the beginning of their names.
  } order = Order::kTensors;
  std::vector<SketchBlock> blocks;
};

/// What can be told without running or knowing the architecture: nothing is guessed, what does not follow is left out.
NetworkSketch sketch_network(const Checkpoint& checkpoint);

}  // namespace modelport

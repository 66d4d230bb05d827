#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace modelport {

/// An output of an artifact, or of the model that it is held to.
struct Port {
  std::string name;
  DType dtype;
  Shape shape;
};

/// For each of `wanted` the place in `found` of what belongs to it: what has its name and shape, else the only one that
/// has its shape, where no other wanted one has that. Floats of every width are alike, and so are integers. Nothing
/// where a port is left over, on either side.
std::optional<std::vector<size_t>> pair_ports(std::span<const Port> wanted, std::span<const Port> found);

/// "output0 float32[1, 84, 8400], output1 float32[1, 32, 160, 160]"; "none".
std::string ports_text(std::span<const Port> ports);

}  // namespace modelport

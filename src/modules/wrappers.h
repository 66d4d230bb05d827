#pragma once

#include <string_view>

#include "checkpoint/pickle_value.h"

namespace modelport {

/// A class that holds one module and computes what it computes.
struct Wrapper {
  std::string_view class_name;  ///< As canonical_class_name() gives it.
  /// Where the module hangs: child modules or attributes, "backend.model"; "()" is the first argument of its class.
  std::string_view inner;
};

/// The wrapper whose row fits this object, where it holds another object there; else null. Rows of one class are tried
/// in turn.
const Wrapper* find_wrapper(const PickleObject& object);

/// The module inside of what PyTorch and frameworks put around one (torch.compile, DataParallel, averages of weights,
/// a YOLO object), however many there are; the object itself where there is none. A wrapper with forward hooks of its
/// own stays.
const PickleObject& unwrapped(const PickleObject& object);

}  // namespace modelport

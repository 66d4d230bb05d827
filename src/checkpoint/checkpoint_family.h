#pragma once

#include <span>
#include <string>
#include <string_view>

#include "checkpoint/pickle_call.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

struct Checkpoint;

/// A class that holds one module and computes what it computes.
struct Wrapper {
  std::string_view class_name;  ///< As canonical_class_name() gives it.
  /// Where the module hangs: child modules or attributes, "backend.model"; "()" is the first argument of its class.
  std::string_view inner;
};

/// The framework that classes with this prefix are of.
struct FrameworkPrefix {
  std::string_view prefix;  ///< "timm."
  std::string_view framework;
};

/// The task of a network, by the class of its root.
struct TaskOfClass {
  std::string_view model_class;
  std::string_view task;  ///< The framework's own word.
};

/// What a block does to the channels and the size of an image, by its short class name: for sketches.
struct SketchedClass {
  std::string_view name;
  enum class Effect {
    kLastConvolution,  ///< The output is that of its last convolution "cvN"; the strides of all multiply.
    kOneConvolution,   ///< One convolution, "conv".
    kFoldsPixels,      ///< Two by two pixels become channels, then one convolution.
    kConcat,           ///< Its inputs behind one another along the axis "d".
  } effect;
};

/// What checkpoints of one framework hold that PyTorch itself does not know: rows that its trainer brings, and that
/// `modelport` has of every framework it can name. Everything that is not needed stays empty.
struct CheckpointFamily {
  /// Values that pickles may hold, beside pickle_callables() and pickle_methods().
  std::span<const PickleCallable> callables = {};
  std::span<const PickleMethod> methods = {};
  /// The name that a class has in the newest release, of the dotted name that an older one pickled; null: all as they
  /// are.
  std::string (*current_class_name)(std::string name) = nullptr;
  std::span<const Wrapper> wrappers = {};
  /// Prefixes of forward hooks that only count what passes.
  std::span<const std::string_view> counting_hooks = {};
  /// Entries of the top-level dict that hold the network, the first that is one wins.
  std::span<const std::string_view> model_keys = {};

  // For reports.
  std::span<const FrameworkPrefix> frameworks = {};  ///< In order: a checkpoint of the first may name the later ones.
  /// The framework of a checkpoint that names no class; null: none.
  std::string_view (*recognise)(const Checkpoint& checkpoint) = nullptr;
  std::span<const TaskOfClass> tasks = {};
  /// What the network's root says that it is, such as "yolo11n"; null: nothing.
  std::string (*architecture_of)(const PickleObject& model) = nullptr;
  std::span<const SketchedClass> sketched_classes = {};
  /// The attribute by which a part of the network names the parts that it reads, -1 being the one before.
  std::string_view sources_attribute = "";
};

}  // namespace modelport

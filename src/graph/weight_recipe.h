#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/dim.h"
#include "tensor/tensor.h"

namespace modelport {

/// A constant described by where its elements come from: a view of checkpoint bytes and the steps applied to it.
/// Nothing is computed until a reader asks for a range of elements, so a weight is converted once, while it is being
/// written. Cheap to copy.
///
/// Arithmetic is float32 when read as float and float64 when read as double; the result is rounded to the recipe's
/// dtype by read_bytes and, when dtype is float16 or bfloat16, by the float reader too.
class WeightRecipe {
 public:
  WeightRecipe() = default;
  /// `name` is the checkpoint's name of the tensor, for messages and text dumps ("model.0.conv.weight").
  static WeightRecipe source(Tensor tensor, std::string name);
  /// Parts joined along `axis`; same dtype, same other sizes (asserted).
  static WeightRecipe concat(std::vector<WeightRecipe> parts, int64_t axis);
  /// Elementwise sum of two recipes of the same shape; has the dtype of `a`.
  static WeightRecipe add(WeightRecipe a, WeightRecipe b);

  /// Same elements, other dtype.
  WeightRecipe convert(DType dtype) const;
  /// Element times factors[index along axis]. factors.size() is the size of that axis.
  WeightRecipe scale_axis(int64_t axis, std::vector<double> factors) const;
  /// What scale_axis was applied to and with what, where it was the last step (conversions between floats apart).
  struct Scaled;
  std::optional<Scaled> as_scaled() const;
  WeightRecipe permute(std::vector<int64_t> permutation) const;
  WeightRecipe slice(int64_t axis, int64_t begin, int64_t end) const;
  WeightRecipe reshape(Shape shape) const;
  /// Zeros around each axis.
  WeightRecipe pad(std::vector<int64_t> before, std::vector<int64_t> after) const;

  DType dtype() const;
  const Shape& shape() const;
  int64_t element_count() const;

  /// Elements [begin, begin + out.size()) in C order.
  void read(int64_t begin, std::span<float> out) const;
  void read(int64_t begin, std::span<double> out) const;
  void read(int64_t begin, std::span<int64_t> out) const;
  /// The same as little-endian bytes of dtype(); out.size() is a multiple of the element size.
  void read_bytes(int64_t begin, std::span<std::byte> out) const;
  std::vector<float> to_floats() const;
  std::vector<double> to_doubles() const;
  std::vector<int64_t> to_int64s() const;

  /// "model.0.conv.weight:float16 |> float32 |> scale_axis(0)".
  std::string text() const;
  /// The same recipe object (not: the same values).
  bool same_object(const WeightRecipe& other) const { return step_ == other.step_; }

  struct Step;

 private:
  explicit WeightRecipe(std::shared_ptr<const Step> step) : step_(std::move(step)) {}
  std::shared_ptr<const Step> step_;
};

struct WeightRecipe::Scaled {
  WeightRecipe from;
  int64_t axis;
  std::vector<double> factors;
};

}  // namespace modelport

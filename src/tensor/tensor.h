#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace modelport {

/// An immutable strided array. The bytes may be a slice of a mapped file: `owner` keeps whatever holds them alive.
/// Invariant (checked by `Tensor::view`): every element that shape and strides reach lies inside `storage`.
class Tensor {
 public:
  Tensor() = default;

  /// A view of `storage`, with strides in elements, whose first element is `offset` elements in. Fails with
  /// kDamaged when sizes are negative or overflow, ranks differ, or an element would lie outside.
  static Result<Tensor> view(DType dtype, Shape shape, std::vector<int64_t> strides, int64_t offset,
                             std::span<const std::byte> storage, std::shared_ptr<const void> owner);

  /// A contiguous tensor that owns `values`; `shape` must hold exactly that many.
  static Tensor from_floats(Shape shape, std::vector<float> values);
  static Tensor from_doubles(Shape shape, std::vector<double> values);
  static Tensor from_int64s(Shape shape, std::vector<int64_t> values);
  /// A contiguous tensor of any dtype from its little-endian bytes.
  static Tensor from_bytes(DType dtype, Shape shape, std::vector<std::byte> bytes);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  const std::vector<int64_t>& strides() const { return strides_; }
  int64_t element_count() const { return count_; }
  bool is_contiguous() const;
  /// First element; elements follow by `strides()`. Alignment is not guaranteed: read with memcpy.
  const std::byte* data() const { return data_; }
  /// The bytes of a contiguous tensor.
  std::span<const std::byte> bytes() const;

  /// The same bytes seen with axis i being axis permutation[i] of this tensor.
  Tensor permute(std::span<const int64_t> permutation) const;
  /// The same bytes seen with another shape of as many elements; for contiguous tensors.
  Tensor reshape(Shape shape) const;

  /// Elements [begin, begin + out.size()) in C order, converted: floats exactly or by rounding to nearest even,
  /// integers and bools by value. Complex tensors are not supported (asserts).
  void read(int64_t begin, std::span<float> out) const;
  void read(int64_t begin, std::span<double> out) const;
  void read(int64_t begin, std::span<int64_t> out) const;

  std::vector<float> to_floats() const;
  std::vector<double> to_doubles() const;
  std::vector<int64_t> to_int64s() const;

 private:
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  std::vector<int64_t> strides_;
  int64_t count_ = 0;
  const std::byte* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

/// Same dtype, shape and element bytes (strides may differ).
bool same_values(const Tensor& a, const Tensor& b);

}  // namespace modelport

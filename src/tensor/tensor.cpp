#include "tensor/tensor.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/checked.h"
#include "base/half.h"

namespace modelport {

namespace {

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

float float_from_float8(uint8_t bits, int exponent_bits) {
  const int mantissa_bits = 7 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const float sign = (bits & 0x80) != 0 ? -1.0f : 1.0f;
  const int top = (1 << exponent_bits) - 1;
  if (exponent_bits == 5 && exponent == top) return mantissa == 0 ? sign * __builtin_inff() : __builtin_nanf("");
  if (exponent_bits == 4 && exponent == top && mantissa == 7) return __builtin_nanf("");
  const float fraction = static_cast<float>(mantissa) / static_cast<float>(1 << mantissa_bits);
  if (exponent == 0) return sign * __builtin_ldexpf(fraction, 1 - bias);
  return sign * __builtin_ldexpf(1.0f + fraction, exponent - bias);
}

/// Calls visit(load_element) with the function that turns the bytes of one element into a number; every conversion rule
/// of the project is here.
template <class Visit>
void with_loader(DType dtype, Visit visit) {
  using Bytes = const std::byte*;
  switch (dtype) {
    case DType::kFloat64:
      return visit([](Bytes at) { return load<double>(at); });
    case DType::kFloat32:
      return visit([](Bytes at) { return load<float>(at); });
    case DType::kFloat16:
      return visit([](Bytes at) { return float_from_half(load<uint16_t>(at)); });
    case DType::kBFloat16:
      return visit([](Bytes at) { return float_from_bfloat16(load<uint16_t>(at)); });
    case DType::kFloat8E4M3:
      return visit([](Bytes at) { return float_from_float8(load<uint8_t>(at), 4); });
    case DType::kFloat8E5M2:
      return visit([](Bytes at) { return float_from_float8(load<uint8_t>(at), 5); });
    case DType::kInt64:
      return visit([](Bytes at) { return load<int64_t>(at); });
    case DType::kInt32:
      return visit([](Bytes at) { return load<int32_t>(at); });
    case DType::kInt16:
      return visit([](Bytes at) { return load<int16_t>(at); });
    case DType::kInt8:
      return visit([](Bytes at) { return load<int8_t>(at); });
    case DType::kUInt64:
      return visit([](Bytes at) { return load<uint64_t>(at); });
    case DType::kUInt32:
      return visit([](Bytes at) { return load<uint32_t>(at); });
    case DType::kUInt16:
      return visit([](Bytes at) { return load<uint16_t>(at); });
    case DType::kUInt8:
      return visit([](Bytes at) { return load<uint8_t>(at); });
    case DType::kBool:
      return visit([](Bytes at) { return static_cast<uint8_t>(load<uint8_t>(at) != 0); });
    case DType::kComplex64:
    case DType::kComplex128:
      break;
  }
  __builtin_unreachable();
}

/// Calls `visit(element_pointer, byte_stride, count)` for the rows of the C-order range [begin, begin + count).
template <class Visit>
void for_each_row(const Tensor& tensor, int64_t begin, int64_t count, Visit visit) {
  if (count == 0) return;
  const int64_t width = dtype_bytes(tensor.dtype());
  const Shape& shape = tensor.shape();
  const std::vector<int64_t>& strides = tensor.strides();
  if (tensor.is_contiguous()) return visit(tensor.data() + begin * width, width, count);
  const size_t last = shape.size() - 1;
  std::vector<int64_t> index(shape.size());
  int64_t rest = begin;
  int64_t at = 0;
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = rest % shape[axis];
    rest /= shape[axis];
    at += index[axis] * strides[axis];
  }
  while (true) {
    const int64_t run = std::min(count, shape[last] - index[last]);
    visit(tensor.data() + at * width, strides[last] * width, run);
    count -= run;
    if (count == 0) return;
    at -= index[last] * strides[last];
    index[last] = 0;
    for (size_t axis = last; axis-- > 0;) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

template <class T>
Tensor owning(DType dtype, Shape shape, std::vector<T> values) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  auto strides = contiguous_strides(shape);
  return *Tensor::view(dtype, std::move(shape), std::move(strides), 0, std::as_bytes(std::span(*owner)), owner);
}

template <class T>
void read_as(const Tensor& tensor, int64_t begin, std::span<T> out) {
  T* to = out.data();
  with_loader(tensor.dtype(), [&](auto load_element) {
    for_each_row(tensor, begin, static_cast<int64_t>(out.size()),
                 [&](const std::byte* from, int64_t stride, int64_t count) {
                   for (int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(load_element(from + i * stride));
                   to += count;
                 });
  });
}

template <class T>
std::vector<T> all_as(const Tensor& tensor) {
  std::vector<T> values(static_cast<size_t>(tensor.element_count()));
  tensor.read(0, std::span<T>(values));
  return values;
}

}  // namespace

Result<Tensor> Tensor::view(DType dtype, Shape shape, std::vector<int64_t> strides, int64_t offset,
                            std::span<const std::byte> storage, std::shared_ptr<const void> owner) {
  const auto count = modelport::element_count(shape);
  if (!count) return fail(ErrorCode::kDamaged, "tensor shape {} is negative or too large", shape_text(shape));
  if (strides.size() != shape.size()) {
    return fail(ErrorCode::kDamaged, "tensor has {} sizes but {} strides", shape.size(), strides.size());
  }
  const int64_t width = dtype_bytes(dtype);
  int64_t last = offset;
  bool in_range = offset >= 0;
  for (size_t axis = 0; axis < shape.size() && in_range && *count > 0; ++axis) {
    in_range = strides[axis] >= 0;
    const auto reach = checked_multiply(strides[axis], shape[axis] - 1);
    const auto sum = reach ? checked_add(last, *reach) : std::nullopt;
    in_range = in_range && sum.has_value();
    last = sum.value_or(0);
  }
  const auto available = static_cast<int64_t>(storage.size()) / width;
  if (!in_range || (*count > 0 && last >= available)) {
    return fail(ErrorCode::kDamaged,
                "tensor {} with strides {} at offset {} reaches outside its storage of {} elements", shape_text(shape),
                shape_text(strides), offset, available);
  }
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.count_ = *count;
  tensor.shape_ = std::move(shape);
  tensor.strides_ = std::move(strides);
  tensor.data_ = *count > 0 ? storage.data() + offset * width : storage.data();
  tensor.owner_ = std::move(owner);
  return tensor;
}

Tensor Tensor::from_floats(Shape shape, std::vector<float> values) {
  return owning(DType::kFloat32, std::move(shape), std::move(values));
}
Tensor Tensor::from_doubles(Shape shape, std::vector<double> values) {
  return owning(DType::kFloat64, std::move(shape), std::move(values));
}
Tensor Tensor::from_int64s(Shape shape, std::vector<int64_t> values) {
  return owning(DType::kInt64, std::move(shape), std::move(values));
}
Tensor Tensor::from_bytes(DType dtype, Shape shape, std::vector<std::byte> bytes) {
  return owning(dtype, std::move(shape), std::move(bytes));
}

bool Tensor::is_contiguous() const {
  int64_t expected = 1;
  for (size_t axis = shape_.size(); axis-- > 0;) {
    if (shape_[axis] != 1 && strides_[axis] != expected) return count_ == 0;
    expected *= shape_[axis];
  }
  return true;
}

std::span<const std::byte> Tensor::bytes() const { return {data_, static_cast<size_t>(count_ * dtype_bytes(dtype_))}; }

Tensor Tensor::permute(std::span<const int64_t> permutation) const {
  Tensor permuted = *this;
  for (size_t axis = 0; axis < permutation.size(); ++axis) {
    permuted.shape_[axis] = shape_[static_cast<size_t>(permutation[axis])];
    permuted.strides_[axis] = strides_[static_cast<size_t>(permutation[axis])];
  }
  return permuted;
}

Tensor Tensor::reshape(Shape shape) const {
  Tensor reshaped = *this;
  reshaped.strides_ = contiguous_strides(shape);
  reshaped.shape_ = std::move(shape);
  return reshaped;
}

void Tensor::read(int64_t begin, std::span<float> out) const {
  if (out.empty()) return;
  if (dtype_ == DType::kFloat32 && is_contiguous()) {
    std::memcpy(out.data(), data_ + begin * 4, out.size_bytes());
    return;
  }
  if (dtype_ == DType::kFloat16 && is_contiguous()) {
    half_to_float({reinterpret_cast<const uint16_t*>(data_) + begin, out.size()}, out);
    return;
  }
  read_as<float>(*this, begin, out);
}
void Tensor::read(int64_t begin, std::span<double> out) const { read_as<double>(*this, begin, out); }
void Tensor::read(int64_t begin, std::span<int64_t> out) const { read_as<int64_t>(*this, begin, out); }

std::vector<float> Tensor::to_floats() const { return all_as<float>(*this); }
std::vector<double> Tensor::to_doubles() const { return all_as<double>(*this); }
std::vector<int64_t> Tensor::to_int64s() const { return all_as<int64_t>(*this); }

bool same_values(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  const auto width = static_cast<size_t>(dtype_bytes(a.dtype()));
  std::vector<std::byte> elements(static_cast<size_t>(a.element_count()) * width);
  size_t copied = 0;
  for_each_row(a, 0, a.element_count(), [&](const std::byte* from, int64_t stride, int64_t count) {
    for (int64_t i = 0; i < count; ++i, copied += width)
      std::memcpy(elements.data() + copied, from + i * stride, width);
  });
  bool same = true;
  size_t compared = 0;
  for_each_row(b, 0, b.element_count(), [&](const std::byte* from, int64_t stride, int64_t count) {
    for (int64_t i = 0; i < count && same; ++i, compared += width) {
      same = std::memcmp(elements.data() + compared, from + i * stride, width) == 0;
    }
  });
  return same;
}

}  // namespace modelport

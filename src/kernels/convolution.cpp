#include "kernels/convolution.h"

#include <algorithm>
#include <cstring>

#include "kernels/blocked_product.h"
#include "kernels/dispatch.h"

namespace modelport {

namespace {

/// Output columns [first, last) of one row whose input column for tap `kx` lies inside the image.
struct Inside {
  int64_t first, last;
};

Inside columns_inside(const ConvolutionShape& s, int64_t kx) {
  const int64_t offset = kx * s.dilation_w - s.pad_left;
  const int64_t first = offset >= 0 ? 0 : (-offset + s.stride_w - 1) / s.stride_w;
  const int64_t room = s.in_w - 1 - offset;
  const int64_t last = room < 0 ? 0 : room / s.stride_w + 1;
  const int64_t clamped = std::min(first, s.out_w);
  return {clamped, std::clamp(last, clamped, s.out_w)};
}

/// One row of the implicit matrix: tap (channel, ky, kx) of `count` consecutive output pixels from `begin`.
template <class Real>
void gather_tap(const ConvolutionShape& s, const Real* image, int64_t tap, int64_t begin, int64_t count, Real* out) {
  const int64_t kx = tap % s.kernel_w, ky = tap / s.kernel_w % s.kernel_h, channel = tap / (s.kernel_w * s.kernel_h);
  const Real* plane = image + channel * s.in_h * s.in_w;
  const Inside inside = columns_inside(s, kx);
  int64_t oy = begin / s.out_w, ox = begin % s.out_w;
  while (count > 0) {
    const int64_t length = std::min(count, s.out_w - ox);
    const int64_t iy = oy * s.stride_h - s.pad_top + ky * s.dilation_h;
    const bool row_inside = iy >= 0 && iy < s.in_h;
    const int64_t first = row_inside ? std::clamp(inside.first, ox, ox + length) : ox + length;
    const int64_t last = row_inside ? std::clamp(inside.last, first, ox + length) : ox + length;
    std::fill(out, out + (first - ox), Real{0});
    const Real* row = plane + iy * s.in_w + kx * s.dilation_w - s.pad_left;
    if (s.stride_w == 1) {
      if (last > first) std::memcpy(out + (first - ox), row + first, static_cast<size_t>(last - first) * sizeof(Real));
    } else {
      for (int64_t x = first; x < last; ++x) out[x - ox] = row[x * s.stride_w];
    }
    std::fill(out + (last - ox), out + length, Real{0});
    out += length;
    count -= length;
    ox = 0;
    ++oy;
  }
}

template <class Real>
void convolve_group(const ConvolutionShape& s, const Real* image, const Real* packed_weight, const Real* bias, Real* y,
                    ThreadPool& pool) {
  const int64_t m = s.out_channels / s.groups, n = s.out_h * s.out_w,
                k = s.in_channels / s.groups * s.kernel_h * s.kernel_w;
  const bool pointwise = s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 && s.pad_top == 0 &&
                         s.pad_left == 0 && s.out_h == s.in_h && s.out_w == s.in_w;
  if (pointwise) {
    blocked_product(
        m, n, k, packed_weight, bias, y, n,
        [&](int64_t step, int64_t begin, int64_t count, Real* out) {
          std::memcpy(out, image + step * n + begin, static_cast<size_t>(count) * sizeof(Real));
        },
        pool);
    return;
  }
  blocked_product(
      m, n, k, packed_weight, bias, y, n,
      [&](int64_t step, int64_t begin, int64_t count, Real* out) { gather_tap(s, image, step, begin, count, out); },
      pool);
}

/// One output plane of a depthwise convolution: taps added row by row, so that the inner loop runs along the row.
struct DepthwisePlane {
  template <class Real>
  static MODELPORT_INLINE void run(const ConvolutionShape* shape, const Real* plane, const Real* weight, Real bias,
                                   Real* y) {
    const ConvolutionShape& s = *shape;
    std::fill(y, y + s.out_h * s.out_w, bias);
    for (int64_t oy = 0; oy < s.out_h; ++oy) {
      Real* out = y + oy * s.out_w;
      for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
        const int64_t iy = oy * s.stride_h - s.pad_top + ky * s.dilation_h;
        if (iy < 0 || iy >= s.in_h) continue;
        for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
          const Real tap = weight[ky * s.kernel_w + kx];
          const Inside inside = columns_inside(s, kx);
          const Real* row = plane + iy * s.in_w + kx * s.dilation_w - s.pad_left;
          if (s.stride_w == 1) {
            for (int64_t x = inside.first; x < inside.last; ++x) out[x] += tap * row[x];
          } else {
            for (int64_t x = inside.first; x < inside.last; ++x) out[x] += tap * row[x * s.stride_w];
          }
        }
      }
    }
  }
};

template <class Real>
void convolve_depthwise(const ConvolutionShape& s, const Real* x, const Real* weight, const Real* bias, Real* y,
                        ThreadPool& pool) {
  const int64_t per_group = s.out_channels / s.groups;
  pool.parallel_for(s.batch * s.out_channels, [&](int64_t index) {
    const int64_t image = index / s.out_channels, channel = index % s.out_channels;
    const Real* plane = x + (image * s.in_channels + channel / per_group) * s.in_h * s.in_w;
    dispatch<DepthwisePlane>(&s, plane, weight + channel * s.kernel_h * s.kernel_w,
                             bias != nullptr ? bias[channel] : Real{0}, y + index * s.out_h * s.out_w);
  });
}

template <class Real>
void convolve_any(const ConvolutionShape& s, const Real* x, const Real* weight, const Real* bias, Real* y,
                  ThreadPool& pool) {
  const int64_t in_per_group = s.in_channels / s.groups, out_per_group = s.out_channels / s.groups;
  if (in_per_group == 1 && s.groups > 1) return convolve_depthwise(s, x, weight, bias, y, pool);
  const int64_t taps = in_per_group * s.kernel_h * s.kernel_w;
  for (int64_t group = 0; group < s.groups; ++group) {
    const AlignedBuffer<Real> packed = pack_left(out_per_group, taps, weight + group * out_per_group * taps);
    for (int64_t image = 0; image < s.batch; ++image) {
      convolve_group(s, x + (image * s.in_channels + group * in_per_group) * s.in_h * s.in_w, packed.get(),
                     bias != nullptr ? bias + group * out_per_group : nullptr,
                     y + (image * s.out_channels + group * out_per_group) * s.out_h * s.out_w, pool);
    }
  }
}

}  // namespace

void convolve(const ConvolutionShape& shape, const float* x, const float* weight, const float* bias, float* y,
              ThreadPool& pool) {
  convolve_any(shape, x, weight, bias, y, pool);
}
void convolve(const ConvolutionShape& shape, const double* x, const double* weight, const double* bias, double* y,
              ThreadPool& pool) {
  convolve_any(shape, x, weight, bias, y, pool);
}

}  // namespace modelport

// What the host computes between the accelerator's layers, on plain arrays. Activations are int8 with one scale, in
// N, H, W, C order; `stride` is the distance between two pixels in elements, so that a part of a wider tensor can be
// read or written in place. Rounding: to nearest, ties to even, saturating.
#pragma once

#include <cstdint>
#include <vector>

namespace castor::functional {

/// N, C, H, W.
struct ImageShape {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  std::int64_t pixels() const { return n * h * w; }
  std::int64_t size() const { return n * c * h * w; }
};

struct PoolWindow {
  std::int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  std::int64_t top = 0, left = 0, bottom = 0, right = 0, dilation_h = 1, dilation_w = 1;
  std::int64_t out_h(std::int64_t in_h) const;
  std::int64_t out_w(std::int64_t in_w) const;
};

std::int8_t saturate_int8(float value);

/// N, C, H, W numbers -> N, H, W, C steps. `zero`, `scale_in`: of an integer input; a float input has 0 and 1.
template <class T>
void quantise_image(const T* in, const ImageShape& shape, float scale_in, std::int64_t zero, float scale,
                    std::int8_t* out);
/// N, H, W, C steps -> N, C, H, W numbers: T = float, or an integer type with its own scale and zero point.
template <class T>
void dequantise_image(const std::int8_t* in, std::int64_t stride, const ImageShape& shape, float scale, float scale_out,
                      std::int64_t zero, T* out);

/// out[p][c] = saturate(in[p][c] * factor); a factor of 1 copies.
void rescale_channels(const std::int8_t* in, std::int64_t in_stride, std::int64_t pixels, std::int64_t channels,
                      float factor, std::int8_t* out, std::int64_t out_stride);

/// table[step + 128].
void look_up(const std::int8_t* in, std::int64_t in_stride, std::int64_t pixels, std::int64_t channels,
             const std::int8_t* table, std::int8_t* out, std::int64_t out_stride);

/// Padding never wins. The result times `factor` (1: as it is).
void max_pool(const std::int8_t* in, std::int64_t in_stride, const ImageShape& shape, const PoolWindow& window,
              float factor, std::int8_t* out, std::int64_t out_stride);
/// Sum of the window times factor / cells; cells count padding if asked.
void average_pool(const std::int8_t* in, std::int64_t in_stride, const ImageShape& shape, const PoolWindow& window,
                  float factor, bool count_padding, std::int8_t* out, std::int64_t out_stride);

/// saturate(a * b * factor), saturate(a * factor_a + b * factor_b); b holds one value a channel of each image if
/// `spread`.
void multiply(const std::int8_t* a, const std::int8_t* b, const ImageShape& shape, bool spread, float factor,
              std::int8_t* out, std::int64_t out_stride);
void add(const std::int8_t* a, const std::int8_t* b, const ImageShape& shape, bool spread, float factor_a,
         float factor_b, bool relu, std::int8_t* out, std::int64_t out_stride);

struct LrnParameters {
  std::int64_t size = 1;
  float alpha = 1e-4F, beta = 0.75F, bias = 1;
};
/// x / (bias + alpha / size * sum of squares over neighbouring channels) ^ beta.
void lrn(const std::int8_t* in, std::int64_t in_stride, std::int64_t pixels, std::int64_t channels,
         const LrnParameters& how, float scale, float scale_out, std::int8_t* out, std::int64_t out_stride);
/// One pixel in floats (also what calibration uses).
void lrn_pixel(const float* in, std::int64_t channels, const LrnParameters& how, float* out);

void softmax(const std::int8_t* in, std::int64_t count, float scale, float* out);
void softmax(const float* in, std::int64_t count, float* out);

/// Direct convolution with int32 sums; weights kernel_h x kernel_w x in-per-group x out (out over all groups).
struct HostConvolution {
  ImageShape in;
  PoolWindow window;
  std::int64_t outputs = 1, groups = 1;
  float factor = 1;
  bool relu = false;
};
void convolve(const std::int8_t* in, std::int64_t in_stride, const std::int8_t* weights, const std::int32_t* bias,
              const HostConvolution& how, std::int8_t* out, std::int64_t out_stride);

}  // namespace castor::functional

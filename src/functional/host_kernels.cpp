#include "castor/functional/host_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace castor::functional {

std::int64_t PoolWindow::out_h(std::int64_t in_h) const {
  return (in_h + top + bottom - dilation_h * (kernel_h - 1) - 1) / stride_h + 1;
}
std::int64_t PoolWindow::out_w(std::int64_t in_w) const {
  return (in_w + left + right - dilation_w * (kernel_w - 1) - 1) / stride_w + 1;
}

std::int8_t saturate_int8(float value) {
  if (std::isnan(value)) return 127;
  return static_cast<std::int8_t>(std::clamp(std::nearbyint(value), -128.0F, 127.0F));
}

template <class T>
void quantise_image(const T* in, const ImageShape& shape, float scale_in, std::int64_t zero, float scale,
                    std::int8_t* out) {
  const std::int64_t plane = shape.h * shape.w;
  for (std::int64_t n = 0; n < shape.n; ++n) {
    for (std::int64_t c = 0; c < shape.c; ++c) {
      for (std::int64_t p = 0; p < plane; ++p) {
        const float real = (static_cast<float>(*in++) - static_cast<float>(zero)) * scale_in;
        out[(n * plane + p) * shape.c + c] = saturate_int8(real / scale);
      }
    }
  }
}
template void quantise_image(const float*, const ImageShape&, float, std::int64_t, float, std::int8_t*);
template void quantise_image(const std::int8_t*, const ImageShape&, float, std::int64_t, float, std::int8_t*);
template void quantise_image(const std::uint8_t*, const ImageShape&, float, std::int64_t, float, std::int8_t*);

namespace {

template <class T>
T from_real(float real, float scale_out, std::int64_t zero) {
  if constexpr (std::is_same_v<T, float>) {
    return real;
  } else {
    const float step = std::nearbyint(real / scale_out) + static_cast<float>(zero);
    return static_cast<T>(std::clamp<float>(step, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
}

/// Calls visit(n, row, column, cell) for every cell of every window; `cell` is nullptr in the padding.
template <class Start, class Cell, class Finish>
void for_each_window(const std::int8_t* in, std::int64_t stride, const ImageShape& shape, const PoolWindow& window,
                     Start start, Cell cell, Finish finish) {
  const std::int64_t rows = window.out_h(shape.h), columns = window.out_w(shape.w);
  for (std::int64_t at = 0; at < shape.n * rows * columns; ++at) {
    const std::int64_t n = at / (rows * columns), row = at / columns % rows, column = at % columns;
    start();
    for (std::int64_t k = 0; k < window.kernel_h * window.kernel_w; ++k) {
      const std::int64_t y = row * window.stride_h - window.top + k / window.kernel_w * window.dilation_h;
      const std::int64_t x = column * window.stride_w - window.left + k % window.kernel_w * window.dilation_w;
      const bool inside = y >= 0 && y < shape.h && x >= 0 && x < shape.w;
      cell(inside ? in + ((n * shape.h + y) * shape.w + x) * stride : nullptr);
    }
    finish(at);
  }
}

}  // namespace

template <class T>
void dequantise_image(const std::int8_t* in, std::int64_t stride, const ImageShape& shape, float scale, float scale_out,
                      std::int64_t zero, T* out) {
  const std::int64_t plane = shape.h * shape.w;
  for (std::int64_t n = 0; n < shape.n; ++n) {
    for (std::int64_t c = 0; c < shape.c; ++c) {
      for (std::int64_t p = 0; p < plane; ++p) {
        *out++ = from_real<T>(static_cast<float>(in[(n * plane + p) * stride + c]) * scale, scale_out, zero);
      }
    }
  }
}
template void dequantise_image(const std::int8_t*, std::int64_t, const ImageShape&, float, float, std::int64_t, float*);
template void dequantise_image(const std::int8_t*, std::int64_t, const ImageShape&, float, float, std::int64_t,
                               std::int8_t*);
template void dequantise_image(const std::int8_t*, std::int64_t, const ImageShape&, float, float, std::int64_t,
                               std::uint8_t*);

void rescale_channels(const std::int8_t* in, std::int64_t in_stride, std::int64_t pixels, std::int64_t channels,
                      float factor, std::int8_t* out, std::int64_t out_stride) {
  for (std::int64_t p = 0; p < pixels; ++p, in += in_stride, out += out_stride) {
    for (std::int64_t c = 0; c < channels; ++c) {
      out[c] = factor == 1.0F ? in[c] : saturate_int8(static_cast<float>(in[c]) * factor);
    }
  }
}

void look_up(const std::int8_t* in, std::int64_t in_stride, std::int64_t pixels, std::int64_t channels,
             const std::int8_t* table, std::int8_t* out, std::int64_t out_stride) {
  for (std::int64_t p = 0; p < pixels; ++p, in += in_stride, out += out_stride) {
    for (std::int64_t c = 0; c < channels; ++c) out[c] = table[in[c] + 128];
  }
}

void max_pool(const std::int8_t* in, std::int64_t in_stride, const ImageShape& shape, const PoolWindow& window,
              float factor, std::int8_t* out, std::int64_t out_stride) {
  std::vector<std::int8_t> best(static_cast<std::size_t>(shape.c));
  const auto start = [&] { std::fill(best.begin(), best.end(), std::int8_t{-128}); };
  const auto cell = [&](const std::int8_t* pixel) {
    if (pixel == nullptr) return;
    for (std::int64_t c = 0; c < shape.c; ++c) best[c] = std::max(best[c], pixel[c]);
  };
  const auto finish = [&](std::int64_t at) {
    rescale_channels(best.data(), shape.c, 1, shape.c, factor, out + at * out_stride, out_stride);
  };
  for_each_window(in, in_stride, shape, window, start, cell, finish);
}

void average_pool(const std::int8_t* in, std::int64_t in_stride, const ImageShape& shape, const PoolWindow& window,
                  float factor, bool count_padding, std::int8_t* out, std::int64_t out_stride) {
  std::vector<std::int32_t> sum(static_cast<std::size_t>(shape.c));
  std::int64_t cells = 0;
  const auto start = [&] { std::fill(sum.begin(), sum.end(), 0), cells = 0; };
  const auto cell = [&](const std::int8_t* pixel) {
    cells += pixel != nullptr || count_padding ? 1 : 0;
    for (std::int64_t c = 0; pixel != nullptr && c < shape.c; ++c) sum[c] += pixel[c];
  };
  const auto finish = [&](std::int64_t at) {
    const float each = factor / static_cast<float>(std::max<std::int64_t>(cells, 1));
    for (std::int64_t c = 0; c < shape.c; ++c)
      out[at * out_stride + c] = saturate_int8(static_cast<float>(sum[c]) * each);
  };
  for_each_window(in, in_stride, shape, window, start, cell, finish);
}

void multiply(const std::int8_t* a, const std::int8_t* b, const ImageShape& shape, bool spread, float factor,
              std::int8_t* out, std::int64_t out_stride) {
  for (std::int64_t p = 0; p < shape.pixels(); ++p) {
    const std::int8_t* other = b + (spread ? p / (shape.h * shape.w) : p) * shape.c;
    for (std::int64_t c = 0; c < shape.c; ++c) {
      out[p * out_stride + c] = saturate_int8(static_cast<float>(a[p * shape.c + c] * other[c]) * factor);
    }
  }
}

void add(const std::int8_t* a, const std::int8_t* b, const ImageShape& shape, bool spread, float factor_a,
         float factor_b, bool relu, std::int8_t* out, std::int64_t out_stride) {
  for (std::int64_t p = 0; p < shape.pixels(); ++p) {
    const std::int8_t* other = b + (spread ? p / (shape.h * shape.w) : p) * shape.c;
    for (std::int64_t c = 0; c < shape.c; ++c) {
      const float sum = static_cast<float>(a[p * shape.c + c]) * factor_a + static_cast<float>(other[c]) * factor_b;
      out[p * out_stride + c] = saturate_int8(relu ? std::max(sum, 0.0F) : sum);
    }
  }
}

void lrn_pixel(const float* in, std::int64_t channels, const LrnParameters& how, float* out) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::int64_t from = std::max<std::int64_t>(0, c - (how.size - 1) / 2);
    const std::int64_t to = std::min<std::int64_t>(channels - 1, c + how.size / 2);
    float squares = 0;
    for (std::int64_t i = from; i <= to; ++i) squares += in[i] * in[i];
    out[c] = in[c] / std::pow(how.bias + how.alpha / static_cast<float>(how.size) * squares, how.beta);
  }
}

void lrn(const std::int8_t* in, std::int64_t in_stride, std::int64_t pixels, std::int64_t channels,
         const LrnParameters& how, float scale, float scale_out, std::int8_t* out, std::int64_t out_stride) {
  std::vector<float> real(static_cast<std::size_t>(channels)), result(real.size());
  for (std::int64_t p = 0; p < pixels; ++p) {
    for (std::int64_t c = 0; c < channels; ++c) real[c] = static_cast<float>(in[p * in_stride + c]) * scale;
    lrn_pixel(real.data(), channels, how, result.data());
    for (std::int64_t c = 0; c < channels; ++c) out[p * out_stride + c] = saturate_int8(result[c] / scale_out);
  }
}

void softmax(const float* in, std::int64_t count, float* out) {
  const float top = *std::max_element(in, in + count);
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += out[i] = std::exp(in[i] - top);
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(out[i] / sum);
}

void softmax(const std::int8_t* in, std::int64_t count, float scale, float* out) {
  std::vector<float> real(in, in + count);
  for (float& value : real) value *= scale;
  softmax(real.data(), count, out);
}

void convolve(const std::int8_t* in, std::int64_t in_stride, const std::int8_t* weights, const std::int32_t* bias,
              const HostConvolution& how, std::int8_t* out, std::int64_t out_stride) {
  const std::int64_t ins = how.in.c / how.groups, outs = how.outputs / how.groups;
  std::vector<std::int32_t> sum(static_cast<std::size_t>(how.outputs));
  std::int64_t k = 0;
  const auto start = [&] {
    k = 0;
    bias == nullptr ? std::fill(sum.begin(), sum.end(), 0)
                    : static_cast<void>(std::copy_n(bias, sum.size(), sum.begin()));
  };
  const auto cell = [&](const std::int8_t* pixel) {
    const std::int8_t* filter = weights + k++ * ins * how.outputs;
    for (std::int64_t i = 0; pixel != nullptr && i < how.in.c; ++i) {
      const std::int64_t first = i / ins * outs;
      for (std::int64_t o = first; o < first + outs; ++o) sum[o] += pixel[i] * filter[i % ins * how.outputs + o];
    }
  };
  const auto finish = [&](std::int64_t at) {
    for (std::int64_t o = 0; o < how.outputs; ++o) {
      const std::int32_t value = how.relu ? std::max(sum[o], 0) : sum[o];
      out[at * out_stride + o] = saturate_int8(static_cast<float>(value) * how.factor);
    }
  };
  for_each_window(in, in_stride, how.in, how.window, start, cell, finish);
}

}  // namespace castor::functional

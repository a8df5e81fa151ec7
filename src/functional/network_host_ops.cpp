#include "castor/functional/network_host_ops.h"

#include <algorithm>

#include "castor/common/error.h"
#include "castor/functional/host_kernels.h"

namespace castor::functional {
namespace {

using isa::HostOp;

[[noreturn]] void refuse(const HostOp& op, const std::string& what) {
  throw UserError("host_op " + op.kind + ": " + what);
}

/// Positive numbers whose product is a size that can be.
ImageShape shape_of(const HostOp& op) {
  const auto list = op.integers("shape");
  std::int64_t size = 1;
  for (const std::int64_t extent : list) {
    if (extent < 1 || extent > std::int64_t{1} << 32)
      refuse(op, "shape holds " + std::to_string(extent) + "; allowed: 1..2^32");
    size = size > std::int64_t{1} << 36 ? size : size * extent;
  }
  if (list.size() != 4 || size > std::int64_t{1} << 36)
    refuse(op, "shape must be [n, c, h, w] of at most 2^36 elements");
  return {list[0], list[1], list[2], list[3]};
}

PoolWindow window_of(const HostOp& op, const ImageShape& shape) {
  const auto l = op.integers("window");
  if (l.size() != 10) refuse(op, "window needs 10 numbers: kernel, stride, top, left, bottom, right, dilation");
  const PoolWindow window{l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8], l[9]};
  const bool positive = l[0] > 0 && l[1] > 0 && l[2] > 0 && l[3] > 0 && l[8] > 0 && l[9] > 0;
  const bool padded = std::min({l[4], l[5], l[6], l[7]}) >= 0;
  if (!positive || !padded || window.out_h(shape.h) < 1 || window.out_w(shape.w) < 1)
    refuse(op, "window does not fit the input");
  return window;
}

template <class T>
std::vector<T> read(const Memory& memory, PhysAddr address, std::int64_t count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  memory.read(address, values.data(), values.size() * sizeof(T));
  return values;
}
template <class T>
void write(Memory& memory, PhysAddr address, const std::vector<T>& values) {
  memory.write(address, values.data(), values.size() * sizeof(T));
}

float real(const HostOp& op, const char* name, double otherwise) {
  return static_cast<float>(op.real(name, otherwise));
}

/// The int8 input, its pixels packed.
std::vector<std::int8_t> read_image(const HostOp& op, const Memory& memory, const ImageShape& shape) {
  const std::int64_t stride = op.integer("input_stride", shape.c);
  if (stride == shape.c) return read<std::int8_t>(memory, op.address("input"), shape.size());
  std::vector<std::int8_t> image(static_cast<std::size_t>(shape.size()));
  for (std::int64_t p = 0; p < shape.pixels(); ++p) {
    memory.read(op.address("input") + static_cast<std::uint64_t>(p * stride),
                &image[static_cast<std::size_t>(p * shape.c)], static_cast<std::size_t>(shape.c));
  }
  return image;
}

/// Packed pixels to where they belong: what lies between them stays.
void write_image(const HostOp& op, Memory& memory, const std::vector<std::int8_t>& image, std::int64_t channels) {
  const std::int64_t stride = op.integer("output_stride", channels);
  if (stride == channels) return write(memory, op.address("output"), image);
  for (std::size_t at = 0, p = 0; at < image.size(); at += static_cast<std::size_t>(channels), ++p) {
    memory.write(op.address("output") + p * static_cast<std::uint64_t>(stride), &image[at],
                 static_cast<std::size_t>(channels));
  }
}

template <class T>
std::vector<std::int8_t> quantised(const HostOp& op, const Memory& memory, const ImageShape& shape) {
  const auto in = read<T>(memory, op.address("input"), shape.size());
  std::vector<std::int8_t> out(in.size());
  quantise_image(in.data(), shape, real(op, "input_scale", 1), op.integer("zero_point", 0), real(op, "scale", 1),
                 out.data());
  return out;
}

void quantise(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const std::string type = op.text("type", "float32");
  if (type == "float32") return write_image(op, memory, quantised<float>(op, memory, shape), shape.c);
  if (type == "int8") return write_image(op, memory, quantised<std::int8_t>(op, memory, shape), shape.c);
  if (type == "uint8") return write_image(op, memory, quantised<std::uint8_t>(op, memory, shape), shape.c);
  refuse(op, "type=" + type + "; allowed: float32, int8, uint8");
}

template <class T>
void dequantised(const HostOp& op, Memory& memory, const ImageShape& shape) {
  const auto in = read_image(op, memory, shape);
  std::vector<T> out(in.size());
  dequantise_image(in.data(), shape.c, shape, real(op, "scale", 1), real(op, "output_scale", 1),
                   op.integer("zero_point", 0), out.data());
  write(memory, op.address("output"), out);
}

void dequantise(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const std::string type = op.text("type", "float32");
  if (type == "float32") return dequantised<float>(op, memory, shape);
  if (type == "int8") return dequantised<std::int8_t>(op, memory, shape);
  if (type == "uint8") return dequantised<std::uint8_t>(op, memory, shape);
  refuse(op, "type=" + type + "; allowed: float32, int8, uint8");
}

void rescale(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const auto in = read_image(op, memory, shape);
  std::vector<std::int8_t> out(in.size());
  rescale_channels(in.data(), shape.c, shape.pixels(), shape.c, real(op, "factor", 1), out.data(), shape.c);
  write_image(op, memory, out, shape.c);
}

void lookup(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const auto in = read_image(op, memory, shape);
  const auto table = read<std::int8_t>(memory, op.address("table"), 256);
  std::vector<std::int8_t> out(in.size());
  look_up(in.data(), shape.c, shape.pixels(), shape.c, table.data(), out.data(), shape.c);
  write_image(op, memory, out, shape.c);
}

/// A result with the window's extents.
std::vector<std::int8_t> windowed(const ImageShape& shape, const PoolWindow& window, std::int64_t channels) {
  return std::vector<std::int8_t>(
      static_cast<std::size_t>(shape.n * window.out_h(shape.h) * window.out_w(shape.w) * channels));
}

void pool_maximum(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const PoolWindow window = window_of(op, shape);
  auto out = windowed(shape, window, shape.c);
  max_pool(read_image(op, memory, shape).data(), shape.c, shape, window, real(op, "factor", 1), out.data(), shape.c);
  write_image(op, memory, out, shape.c);
}

void pool_average(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const PoolWindow window = window_of(op, shape);
  auto out = windowed(shape, window, shape.c);
  average_pool(read_image(op, memory, shape).data(), shape.c, shape, window, real(op, "factor", 1),
               op.integer("count_padding", 0) != 0, out.data(), shape.c);
  write_image(op, memory, out, shape.c);
}

std::vector<std::int8_t> other_operand(const HostOp& op, const Memory& memory, const ImageShape& shape) {
  const bool spread = op.integer("spread", 0) != 0;
  return read<std::int8_t>(memory, op.address("other"), spread ? shape.n * shape.c : shape.size());
}

void multiply_images(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const auto in = read_image(op, memory, shape);
  std::vector<std::int8_t> out(in.size());
  multiply(in.data(), other_operand(op, memory, shape).data(), shape, op.integer("spread", 0) != 0,
           real(op, "factor", 1), out.data(), shape.c);
  write_image(op, memory, out, shape.c);
}

void add_images(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const auto in = read_image(op, memory, shape);
  std::vector<std::int8_t> out(in.size());
  add(in.data(), other_operand(op, memory, shape).data(), shape, op.integer("spread", 0) != 0, real(op, "factor", 1),
      real(op, "other_factor", 1), op.integer("relu", 0) != 0, out.data(), shape.c);
  write_image(op, memory, out, shape.c);
}

void normalise(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const auto in = read_image(op, memory, shape);
  std::vector<std::int8_t> out(in.size());
  const LrnParameters how{op.integer("size"), real(op, "alpha", 1e-4), real(op, "beta", 0.75), real(op, "bias", 1)};
  if (how.size < 1) refuse(op, "size=" + std::to_string(how.size) + "; allowed: at least 1");
  lrn(in.data(), shape.c, shape.pixels(), shape.c, how, real(op, "input_scale", 1), real(op, "scale", 1), out.data(),
      shape.c);
  write_image(op, memory, out, shape.c);
}

/// Floats, or int8 when the result has a scale.
void softmax_rows(const HostOp& op, Memory& memory) {
  const ImageShape shape = shape_of(op);
  const auto in = read_image(op, memory, shape);
  std::vector<float> out(in.size());
  for (std::int64_t row = 0; row < shape.pixels(); ++row)
    softmax(&in[static_cast<std::size_t>(row * shape.c)], shape.c, real(op, "input_scale", 1),
            &out[static_cast<std::size_t>(row * shape.c)]);
  if (!op.has("scale")) return write(memory, op.address("output"), out);
  std::vector<std::int8_t> steps(out.size());
  std::transform(out.begin(), out.end(), steps.begin(),
                 [&](float v) { return saturate_int8(v / real(op, "scale", 1)); });
  write_image(op, memory, steps, shape.c);
}

void convolve_image(const HostOp& op, Memory& memory) {
  HostConvolution how;
  how.in = shape_of(op), how.window = window_of(op, how.in);
  how.outputs = op.integer("outputs"), how.groups = op.integer("groups", 1);
  how.factor = real(op, "factor", 1), how.relu = op.integer("relu", 0) != 0;
  if (how.groups < 1 || how.outputs < 1 || how.in.c % how.groups != 0 || how.outputs % how.groups != 0)
    refuse(op, "groups do not divide the channels");
  const auto weights = read<std::int8_t>(
      memory, op.address("weights"), how.window.kernel_h * how.window.kernel_w * (how.in.c / how.groups) * how.outputs);
  const bool biased = op.integer("bias", 0) != 0;
  const auto bias = biased ? read<std::int32_t>(memory, op.address("bias"), how.outputs) : std::vector<std::int32_t>{};
  auto out = windowed(how.in, how.window, how.outputs);
  convolve(read_image(op, memory, how.in).data(), how.in.c, weights.data(), biased ? bias.data() : nullptr, how,
           out.data(), how.outputs);
  write_image(op, memory, out, how.outputs);
}

}  // namespace

const std::map<std::string, HostOpFunction>& network_host_ops() {
  static const std::map<std::string, HostOpFunction> operators{
      {"add_images", add_images},
      {"average_pool_image", pool_average},
      {"convolve_image", convolve_image},
      {"dequantise_image", dequantise},
      {"look_up", lookup},
      {"lrn_image", normalise},
      {"max_pool_image", pool_maximum},
      {"multiply_images", multiply_images},
      {"quantise_image", quantise},
      {"rescale_channels", rescale},
      {"softmax_rows", softmax_rows},
  };
  return operators;
}

}  // namespace castor::functional

#include "castor/functional/host_ops.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "castor/common/error.h"
#include "castor/functional/network_host_ops.h"

namespace castor::functional {

namespace {

using isa::HostOp;

/// A size argument: positive, and small enough to be one.
std::size_t size_of(const HostOp& op, const std::string& name, std::int64_t otherwise = -1) {
  const std::int64_t size = otherwise < 0 ? op.integer(name) : op.integer(name, otherwise);
  if (size >= 0 && size < std::int64_t{1} << 40) return static_cast<std::size_t>(size);
  throw UserError("host_op " + op.kind + ": " + name + "=" + std::to_string(size) + "; allowed: 0..2^40");
}

std::vector<std::int64_t> numbers(const HostOp& op, const std::string& name, std::vector<std::int64_t> otherwise) {
  if (!op.has(name)) return otherwise;
  std::vector<std::int64_t> given = op.integers(name);
  if (given.size() == otherwise.size()) return given;
  throw UserError("host_op " + op.kind + ": " + name + " has " + std::to_string(given.size()) +
                  " numbers; allowed: " + std::to_string(otherwise.size()));
}

std::int8_t saturated(float value) {
  if (std::isnan(value)) return 127;
  return static_cast<std::int8_t>(std::clamp(std::nearbyint(value), -128.0F, 127.0F));
}

void copy(const HostOp& op, Memory& memory) {
  const std::size_t bytes = size_of(op, "bytes"), rows = size_of(op, "rows", 1);
  const auto whole = static_cast<std::int64_t>(bytes);
  const std::size_t from = size_of(op, "input_stride", whole), to = size_of(op, "output_stride", whole);
  for (std::size_t row = 0; row < rows; ++row)
    write_elements(memory, op.address("output") + row * to,
                   read_elements<std::uint8_t>(memory, op.address("input") + row * from, bytes));
}

void fill(const HostOp& op, Memory& memory) {
  const auto value = static_cast<std::uint8_t>(op.integer("value", 0));
  write_elements(memory, op.address("output"), std::vector<std::uint8_t>(size_of(op, "bytes"), value));
}

void quantise(const HostOp& op, Memory& memory) {
  const auto scale = static_cast<float>(op.real("scale"));
  const auto zero = static_cast<float>(op.integer("zero_point", 0));
  const auto in = read_elements<float>(memory, op.address("input"), size_of(op, "count"));
  std::vector<std::int8_t> out(in.size());
  std::transform(in.begin(), in.end(), out.begin(),
                 [&](float x) { return saturated(std::nearbyint(x / scale) + zero); });
  write_elements(memory, op.address("output"), out);
}

template <class T>
std::vector<float> reals(const HostOp& op, const Memory& memory, std::size_t count, float scale, float zero) {
  std::vector<float> out(count);
  const auto in = read_elements<T>(memory, op.address("input"), count);
  std::transform(in.begin(), in.end(), out.begin(), [&](T x) { return (static_cast<float>(x) - zero) * scale; });
  return out;
}

std::vector<float> input_reals(const HostOp& op, const Memory& memory, std::size_t count, double scale) {
  const std::string type = op.text("type", "int8");
  const auto factor = static_cast<float>(op.real("scale", scale));
  const auto zero = static_cast<float>(op.integer("zero_point", 0));
  if (type == "int8") return reals<std::int8_t>(op, memory, count, factor, zero);
  if (type == "int32") return reals<std::int32_t>(op, memory, count, factor, zero);
  if (type == "float32") return reals<float>(op, memory, count, factor, zero);
  throw UserError("host_op " + op.kind + ": type=" + type + "; allowed: int8, int32, float32");
}

void dequantise(const HostOp& op, Memory& memory) {
  op.real("scale");  // must be given
  write_elements(memory, op.address("output"), input_reals(op, memory, size_of(op, "count"), 1.0));
}

void softmax(const HostOp& op, Memory& memory) {
  const std::size_t count = size_of(op, "count"), rows = size_of(op, "rows", 1);
  std::vector<float> values = input_reals(op, memory, rows * count, 1.0);
  for (auto row = values.begin(); count != 0 && row != values.end(); row += static_cast<std::ptrdiff_t>(count)) {
    const auto end = row + static_cast<std::ptrdiff_t>(count);
    const float largest = *std::max_element(row, end);
    double sum = 0;
    std::for_each(row, end, [&](float& x) { sum += x = std::exp(x - largest); });
    std::for_each(row, end, [&](float& x) { x = static_cast<float>(x / sum); });
  }
  write_elements(memory, op.address("output"), values);
}

class MaxPool {
 public:
  explicit MaxPool(const HostOp& op)
      : op_(op),
        batches_(op.integer("batches")),
        height_(op.integer("height")),
        width_(op.integer("width")),
        channels_(op.integer("channels")),
        kernel_(op.integers("kernel")),
        stride_(numbers(op, "stride", {1, 1})),
        pads_(numbers(op, "pads", {0, 0, 0, 0})) {
    if (kernel_.size() != 2 || stride_[0] <= 0 || stride_[1] <= 0)
      throw UserError("host_op max_pool: allowed: kernel=[h,w], stride=[h,w] of positive numbers");
  }

  void run(Memory& memory) const {
    const auto in = read_elements<std::int8_t>(memory, op_.address("input"), elements(height_, width_));
    const std::int64_t rows = (height_ + pads_[0] + pads_[2] - kernel_[0]) / stride_[0] + 1;
    const std::int64_t cols = (width_ + pads_[1] + pads_[3] - kernel_[1]) / stride_[1] + 1;
    std::vector<std::int8_t> out;
    out.reserve(elements(rows, cols));
    for (std::int64_t b = 0; b < batches_; ++b)
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t col = 0; col < cols; ++col)
          for (std::int64_t c = 0; c < channels_; ++c) out.push_back(largest(in, b, row, col, c));
    write_elements(memory, op_.address("output"), out);
  }

 private:
  std::size_t elements(std::int64_t rows, std::int64_t cols) const {
    return static_cast<std::size_t>(batches_ * rows * cols * channels_);
  }

  std::int8_t largest(const std::vector<std::int8_t>& in, std::int64_t b, std::int64_t row, std::int64_t col,
                      std::int64_t c) const {
    std::int8_t result = -128;
    for (std::int64_t k = 0; k < kernel_[0] * kernel_[1]; ++k) {
      const std::int64_t y = row * stride_[0] - pads_[0] + k / kernel_[1];
      const std::int64_t x = col * stride_[1] - pads_[1] + k % kernel_[1];
      if (y < 0 || y >= height_ || x < 0 || x >= width_) continue;
      result = std::max(result, in[static_cast<std::size_t>(((b * height_ + y) * width_ + x) * channels_ + c)]);
    }
    return result;
  }

  const HostOp& op_;
  std::int64_t batches_, height_, width_, channels_;
  std::vector<std::int64_t> kernel_, stride_, pads_;
};

void max_pool(const HostOp& op, Memory& memory) { MaxPool(op).run(memory); }

/// One line an operator.
std::map<std::string, HostOpFunction>& catalogue() {
  static std::map<std::string, HostOpFunction> operators{
      {"copy", copy},         {"dequantise", dequantise}, {"fill", fill},
      {"max_pool", max_pool}, {"quantise", quantise},     {"softmax", softmax},
  };
  static const bool network = (operators.insert(network_host_ops().begin(), network_host_ops().end()), true);
  static_cast<void>(network);
  return operators;
}

}  // namespace

void run_host_op(const HostOp& op, Memory& memory) {
  const auto found = catalogue().find(op.kind);
  if (found != catalogue().end()) return found->second(op, memory);
  std::string known;
  for (const std::string& kind : host_op_kinds()) known += (known.empty() ? "" : ", ") + kind;
  throw UserError("host_op " + op.kind + ": unknown operator; allowed: " + known);
}

void register_host_op(const std::string& kind, HostOpFunction function) { catalogue()[kind] = std::move(function); }

std::vector<std::string> host_op_kinds() {
  std::vector<std::string> kinds;
  for (const auto& entry : catalogue()) kinds.push_back(entry.first);
  return kinds;
}

}  // namespace castor::functional

#include "castor/compiler/emit.h"

#include <sstream>

#include "castor/compiler/executor.h"
#include "castor/compiler/host_cost.h"
#include "emit_loops.h"

namespace castor::compiler {
namespace {

VirtAddr virt(PhysAddr address) { return VirtAddr{address.value()}; }
std::int64_t number(PhysAddr address) { return static_cast<std::int64_t>(address.value()); }
std::vector<std::int64_t> list(const Extent& e) { return {e.n, e.c, e.h, e.w}; }
std::vector<std::int64_t> list(const Window& w) {
  return {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.top, w.left, w.bottom, w.right, w.dilation_h, w.dilation_w};
}

class Emitter {
 public:
  Emitter(const Network& network, const std::vector<Placed>& placed, const MemoryPlan& plan, const Machine& machine)
      : network_(network), placed_(placed), plan_(plan), machine_(machine) {}

  Emitted run() {
    result_.stream.conv_encoding = machine_.conv_encoding;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const std::size_t first = stream().items.size();
      if (placed_[i].method != Method::InPlace) layer(i);
      result_.ranges.push_back({first, stream().items.size()});
    }
    for (const TensorId id : network_.inputs) stream().inputs.push_back(named(id));
    for (const TensorId id : network_.outputs) stream().outputs.push_back(named(id));
    return std::move(result_);
  }

 private:
  isa::Stream& stream() { return result_.stream; }
  const Activations& from(const Layer& layer, std::size_t i = 0) const { return network_.tensors[layer.inputs[i]]; }
  const Activations& to(const Layer& layer) const { return network_.tensors[layer.output]; }
  const TensorSpot& spot(TensorId id) const { return plan_.tensors[id]; }

  isa::NamedTensor named(TensorId id) const {
    const Activations& tensor = network_.tensors[id];
    isa::NamedTensor result{tensor.name, spot(id).address, name_of(tensor.type), tensor.shape, 1.0, 0, ""};
    if (tensor.type != DataType::Float32 && tensor.given)
      result.scale = tensor.given->scale, result.zero_point = tensor.given->zero_point;
    return result;
  }

  void layer(std::size_t index) {
    const Layer& layer = network_.layers[index];
    const auto on = placed_[index].on_accelerator() ? isa::Placement::Accelerator : isa::Placement::Host;
    stream().add(isa::LayerBegin{layer.name, name_of(layer.kind), on, network_.macs(layer)});
    switch (placed_[index].method) {
      case Method::Matmul:
        return matmul(index);
      case Method::Downsample:
        return downsample(index);
      case Method::Convolution:
      case Method::Depthwise:
        return convolution(index);
      case Method::Resadd:
        return resadd(layer);
      case Method::GlobalAverage:
        return global_average(layer);
      case Method::Host:
        return host(index);
      case Method::InPlace:
        return;
    }
  }

  // ---- constants
  template <class T>
  void constant(PhysAddr address, const std::vector<T>& values) {
    isa::DataImage image;
    image.address = address;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
    image.bytes.assign(bytes, bytes + values.size() * sizeof(T));
    image.size = Bytes{image.bytes.size()};
    stream().data.push_back(std::move(image));
  }

  std::int64_t weights(std::size_t index) {
    const Layer& layer = network_.layers[index];
    const std::int64_t columns = weight_columns(network_, layer, placed_[index], machine_, spot(layer.output));
    constant(plan_.constants[index].weights, weight_image(layer, placed_[index], columns));
    if (!layer.weights.bias_steps.empty()) constant(plan_.constants[index].bias, layer.weights.bias_steps);
    return columns;
  }

  // ---- accelerator
  MatmulCall matmul_call(std::size_t index) {
    const Layer& layer = network_.layers[index];
    MatmulCall call;
    call.problem = matmul_problem(network_, layer, placed_[index].method);
    call.b_stride = weights(index);
    call.a = virt(spot(layer.inputs[0]).address), call.c = virt(spot(layer.output).address);
    call.b = virt(plan_.constants[index].weights), call.d = virt(plan_.constants[index].bias);
    const bool flat = layer.kind == LayerKind::Matmul;  // a whole image is one row
    call.a_stride = flat ? call.problem.k : spot(layer.inputs[0]).stride;
    call.c_stride = spot(layer.output).stride;
    call.relu = layer.relu, call.scale = out_factor(network_, layer);
    return call;
  }

  void matmul(std::size_t index) { emit_matmul(stream(), matmul_call(index), machine_); }

  void downsample(std::size_t index) {
    const Layer& layer = network_.layers[index];
    const MatmulCall whole = matmul_call(index);
    const Extent in = from(layer).extent(), out = to(layer).extent();
    for (std::int64_t row = 0; row < out.n * out.h; ++row) {
      MatmulCall call = whole;
      call.a = whole.a + static_cast<std::uint64_t>(2 * row * in.w * whole.a_stride);
      call.c = whole.c + static_cast<std::uint64_t>(row * out.w * whole.c_stride);
      call.a_stride = 2 * whole.a_stride;
      emit_matmul(stream(), call, machine_);
    }
  }

  ConvCall conv_call(std::size_t index) {
    const Layer& layer = network_.layers[index];
    const Extent in = from(layer).extent(), before_pool = network_.unpooled(layer);
    ConvCall call;
    call.problem = conv_problem(network_, layer, placed_[index].method);
    call.weight_stride = weights(index);
    call.in_rows = in.h, call.in_columns = in.w, call.in_channels = in.c;
    call.conv_rows = before_pool.h, call.conv_columns = before_pool.w;
    call.window = layer.window, call.pooled = layer.pool.has_value(), call.pool = layer.pool.value_or(Window{});
    call.input = virt(spot(layer.inputs[0]).address), call.output = virt(spot(layer.output).address);
    call.weights = virt(plan_.constants[index].weights), call.bias = virt(plan_.constants[index].bias);
    call.in_stride = spot(layer.inputs[0]).stride, call.out_stride = spot(layer.output).stride;
    call.relu = layer.relu, call.scale = out_factor(network_, layer);
    return call;
  }

  /// Several images in one loop need square ones where the commands know one dimension only.
  bool one_image_at_a_time(const ConvCall& call) const {
    const ConvProblem& p = call.problem;
    const bool square =
        call.in_rows == call.in_columns && call.conv_rows == call.conv_columns && p.out_rows == p.out_columns;
    return machine_.conv_encoding == isa::ConvEncoding::Square && !square && p.batch > 1;
  }

  void convolution(std::size_t index) {
    const ConvCall call = conv_call(index);
    if (!one_image_at_a_time(call)) return groups(index, call);
    for (std::int64_t n = 0; n < call.problem.batch; ++n) {
      ConvCall image = call;
      image.problem.batch = 1;
      image.input = call.input + static_cast<std::uint64_t>(n * call.in_rows * call.in_columns * call.in_stride);
      image.output = call.output +
                     static_cast<std::uint64_t>(n * call.problem.out_rows * call.problem.out_columns * call.out_stride);
      groups(index, image);
    }
  }

  /// Each group is a convolution of its own on channels in the middle of wider tensors; weights are dense.
  void groups(std::size_t index, const ConvCall& call) {
    const Layer& layer = network_.layers[index];
    const std::int64_t count = placed_[index].method == Method::Depthwise ? 1 : layer.groups;
    emit_conv_configs(stream(), call);
    for (std::int64_t g = 0; g < count; ++g) {
      ConvCall part = call;
      const auto in = static_cast<std::uint64_t>(g * call.problem.in_channels),
                 out = static_cast<std::uint64_t>(g * call.problem.out_channels);
      part.input = call.input + in, part.output = call.output + out;
      part.weights = call.weights + (in * static_cast<std::uint64_t>(call.weight_stride) + out);
      if (call.bias != VirtAddr{}) part.bias = call.bias + 4 * out;
      emit_conv_tiles(stream(), part, machine_);
    }
    stream().add(isa::Fence{});
  }

  void resadd(const Layer& layer) {
    ResaddCall call;
    const Extent extent = to(layer).extent();
    call.rows = extent.pixels(), call.columns = extent.c;
    call.a = virt(spot(layer.inputs[0]).address), call.b = virt(spot(layer.inputs[1]).address),
    call.c = virt(spot(layer.output).address);
    call.a_stride = spot(layer.inputs[0]).stride, call.b_stride = spot(layer.inputs[1]).stride,
    call.c_stride = spot(layer.output).stride;
    const AddScales scales = add_scales(network_, layer);
    call.scale_a = scales.a, call.scale_b = scales.b, call.scale_c = scales.c, call.relu = layer.relu;
    emit_resadd(stream(), call, machine_);
  }

  void global_average(const Layer& layer) {
    AverageCall call;
    const Extent in = from(layer).extent();
    call.images = in.n, call.pixels = in.h * in.w, call.channels = in.c;
    call.input = virt(spot(layer.inputs[0]).address), call.output = virt(spot(layer.output).address);
    call.in_stride = spot(layer.inputs[0]).stride, call.out_stride = spot(layer.output).stride;
    call.relu = layer.relu, call.scale = average_factor(network_, layer);
    emit_global_average(stream(), call, machine_);
  }

  // ---- host
  isa::HostOp op(const std::string& kind, const Layer& layer, std::uint64_t cycles) const {
    isa::HostOp result{kind, {}, Cycle{host_cost::call + cycles}};
    result.with("input", number(spot(layer.inputs[0]).address)).with("output", number(spot(layer.output).address));
    result.with("shape", list(from(layer).extent()));
    if (!from(layer).outside) result.with("input_stride", spot(layer.inputs[0]).stride);
    if (!to(layer).outside) result.with("output_stride", spot(layer.output).stride);
    return result;
  }
  double ratio(const Layer& layer, std::size_t part = 0) const { return from(layer, part).scale / to(layer).scale; }
  static std::uint64_t count(const Activations& tensor) { return static_cast<std::uint64_t>(tensor.extent().size()); }

  void host(std::size_t index) {
    const Layer& layer = network_.layers[index];
    switch (layer.kind) {
      case LayerKind::Quantise:
        return stream().add(quantise(layer));
      case LayerKind::Dequantise:
        return stream().add(dequantise(layer));
      case LayerKind::Convolution:
      case LayerKind::Matmul:
        return host_convolution(index);
      case LayerKind::Add:
        return stream().add(elementwise("add_images", layer));
      case LayerKind::Multiply:
        return stream().add(elementwise("multiply_images", layer));
      case LayerKind::MaxPool:
      case LayerKind::AveragePool:
        return stream().add(pool(layer));
      case LayerKind::Concat:
        return concat(layer);
      case LayerKind::Lookup:
        return lookup(index);
      case LayerKind::Lrn:
        return stream().add(lrn(layer));
      case LayerKind::Softmax:
        return stream().add(softmax(layer));
      case LayerKind::GlobalAverage:
        break;
    }
    throw InternalError("no host operator for " + layer.name);
  }

  isa::HostOp quantise(const Layer& layer) const {
    isa::HostOp result = op("quantise_image", layer, host_cost::quantise * count(to(layer)));
    const Activations& in = from(layer);
    const bool real = in.type == DataType::Float32;
    result.with("type", std::string(name_of(in.type))).with("scale", double{to(layer).scale});
    if (!real && in.given) result.with("input_scale", double{in.given->scale}).with("zero_point", in.given->zero_point);
    return result;
  }

  isa::HostOp dequantise(const Layer& layer) const {
    isa::HostOp result = op("dequantise_image", layer, host_cost::dequantise * count(to(layer)));
    const Activations& out = to(layer);
    result.with("type", std::string(name_of(out.type))).with("scale", double{from(layer).scale});
    if (out.type == DataType::Float32) return result;
    const Quantisation given = out.given.value_or(Quantisation{from(layer).scale, 0, out.type});
    return result.with("output_scale", double{given.scale}).with("zero_point", given.zero_point);
  }

  void host_convolution(std::size_t index) {
    const Layer& layer = network_.layers[index];
    weights(index);
    isa::HostOp result = op("convolve_image", layer, host_cost::mac * network_.macs(layer));
    result.with("weights", number(plan_.constants[index].weights)).with("bias", number(plan_.constants[index].bias));
    result.with("window", list(layer.window)).with("outputs", layer.weights.shape[0]).with("groups", layer.groups);
    result.with("factor", double{out_factor(network_, layer)}).with("relu", std::int64_t{layer.relu});
    stream().add(result);
  }

  isa::HostOp elementwise(const std::string& kind, const Layer& layer) const {
    isa::HostOp result = op(kind, layer, host_cost::arithmetic * count(to(layer)));
    result.with("other", number(spot(layer.inputs[1]).address));
    result.with("spread", std::int64_t{count(from(layer, 1)) != count(from(layer))});
    if (layer.kind == LayerKind::Multiply)
      return result.with("factor", double{from(layer).scale * from(layer, 1).scale / to(layer).scale});
    return result.with("factor", ratio(layer))
        .with("other_factor", ratio(layer, 1))
        .with("relu", std::int64_t{layer.relu});
  }

  isa::HostOp pool(const Layer& layer) const {
    const bool maximum = layer.kind == LayerKind::MaxPool;
    const auto cells = static_cast<std::uint64_t>(layer.window.kernel_h * layer.window.kernel_w);
    const std::uint64_t each =
        host_cost::pool_cell * cells + (maximum ? host_cost::pool_result : host_cost::average_result);
    isa::HostOp result = op(maximum ? "max_pool_image" : "average_pool_image", layer, each * count(to(layer)));
    result.with("window", list(layer.window)).with("factor", ratio(layer));
    return maximum ? result : result.with("count_padding", std::int64_t{layer.count_padding});
  }

  void concat(const Layer& layer) {
    std::uint64_t channel = 0;
    for (std::size_t part = 0; part < layer.inputs.size(); ++part) {
      const bool copies = from(layer, part).scale == to(layer).scale;
      const std::uint64_t cycles = (copies ? host_cost::copy : host_cost::rescale) * count(from(layer, part));
      isa::HostOp result{"rescale_channels", {}, Cycle{host_cost::call + cycles}};
      result.with("input", number(spot(layer.inputs[part]).address))
          .with("output", number(spot(layer.output).address + channel));
      result.with("shape", list(from(layer, part).extent()));
      result.with("input_stride", spot(layer.inputs[part]).stride).with("output_stride", spot(layer.output).stride);
      stream().add(result.with("factor", ratio(layer, part)));
      channel += static_cast<std::uint64_t>(from(layer, part).extent().c);
    }
  }

  void lookup(std::size_t index) {
    const Layer& layer = network_.layers[index];
    constant(plan_.constants[index].table, lookup_table(network_, layer));
    isa::HostOp result = op("look_up", layer, host_cost::lookup * count(to(layer)));
    stream().add(result.with("table", number(plan_.constants[index].table)));
  }

  isa::HostOp lrn(const Layer& layer) const {
    const auto size = static_cast<std::int64_t>(layer.parameters[0]);
    const std::uint64_t each = host_cost::lrn + host_cost::lrn_neighbour * static_cast<std::uint64_t>(size);
    isa::HostOp result = op("lrn_image", layer, each * count(to(layer)));
    result.with("size", size)
        .with("alpha", double{layer.parameters[1]})
        .with("beta", double{layer.parameters[2]})
        .with("bias", double{layer.parameters[3]});
    return result.with("input_scale", double{from(layer).scale}).with("scale", double{to(layer).scale});
  }

  isa::HostOp softmax(const Layer& layer) const {
    isa::HostOp result = op("softmax_rows", layer, host_cost::softmax * count(to(layer)));
    result.with("input_scale", double{from(layer).scale});
    return to(layer).outside ? result : result.with("scale", double{to(layer).scale});
  }

  const Network& network_;
  const std::vector<Placed>& placed_;
  const MemoryPlan& plan_;
  const Machine& machine_;
  Emitted result_;
};

}  // namespace

Emitted emit(const Network& network, const std::vector<Placed>& placed, const MemoryPlan& plan,
             const Machine& machine) {
  return Emitter(network, placed, plan, machine).run();
}

std::string dump_commands(const isa::Stream& stream) {
  isa::Stream commands;
  commands.items = stream.items, commands.inputs = stream.inputs, commands.outputs = stream.outputs;
  commands.conv_encoding = stream.conv_encoding;
  std::ostringstream out;
  isa::write_stream(commands, out);
  return out.str();
}

}  // namespace castor::compiler

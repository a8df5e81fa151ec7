#include "castor/compiler/placement.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "castor/config/soc_config.h"

namespace castor::compiler {
namespace {

class Placer {
 public:
  Placer(const Network& network, const Machine& machine) : network_(network), machine_(machine) {}

  Placed place(const Layer& layer) const {
    switch (layer.kind) {
      case LayerKind::Quantise:
        return {Method::Host, "floats become int8 in the machine's layout"};
      case LayerKind::Dequantise:
        return {Method::Host, "int8 becomes the model's output type and layout"};
      case LayerKind::Convolution:
        return convolution(layer);
      case LayerKind::Matmul:
        return {Method::Matmul, ""};
      case LayerKind::Add:
        return addition(layer);
      case LayerKind::GlobalAverage:
        return {Method::GlobalAverage, ""};
      case LayerKind::Concat:
        return concatenation(layer);
      case LayerKind::MaxPool:
        return {Method::Host, "max-pool that no convolution's way out can take: " + why_unfused(layer)};
      case LayerKind::AveragePool:
        return {Method::Host, "the accelerator averages whole images only"};
      case LayerKind::Multiply:
        return {Method::Host, "the accelerator multiplies no activations elementwise"};
      case LayerKind::Lookup:
        return {Method::Host, "elementwise " + layer.function + " that no layer's way out can take"};
      case LayerKind::Lrn:
        return {Method::Host, "the accelerator has no local response normalisation"};
      case LayerKind::Softmax:
        return {Method::Host, "the accelerator has no softmax in this configuration"};
    }
    return {};
  }

 private:
  Placed convolution(const Layer& layer) const {
    const Window& w = layer.window;
    if (layer.groups == 1 && w.is_point() && !layer.pool) return {Method::Matmul, ""};
    if (!machine_.loop_conv) return {Method::Host, "no convolution unroller (has_loop_conv is false)"};
    if (w.stride_h != w.stride_w) return {Method::Host, "steps differ between rows and columns"};
    if (w.dilation_h != w.dilation_w) return {Method::Host, "dilations differ between rows and columns"};
    if (std::max({w.top, w.bottom}) >= w.reach_h() || std::max({w.left, w.right}) >= w.reach_w())
      return {Method::Host, "padding as large as the kernel"};
    if (layer.depthwise() && machine_.depthwise && w.dilation_h == 1 && w.kernel_h == w.kernel_w)
      return {Method::Depthwise, ""};
    if (dense_bytes(layer) > max_dense_bytes) return {Method::Host, "grouped weights too large to lay out densely"};
    if (downsamples(layer) && rows_fill_half_the_array(layer)) return {Method::Downsample, ""};
    return {Method::Convolution, ""};
  }

  static constexpr std::int64_t max_dense_bytes = std::int64_t{64} << 20;
  static std::int64_t dense_bytes(const Layer& layer) {
    const Shape& s = layer.weights.shape;
    return s[0] * s[1] * s[2] * s[3] * layer.groups;
  }

 public:
  /// The C library's condition for reading every second pixel only.
  bool downsamples(const Layer& layer) const {
    const Window& w = layer.window;
    const Extent in = network_.tensors[layer.inputs[0]].extent();
    return w.stride_h == 2 && w.stride_w == 2 && w.kernel_h == 1 && w.kernel_w == 1 && !w.padded() && !layer.pool &&
           layer.groups == 1 && in.h % 2 == 0 && in.w % 2 == 0;
  }

 private:
  /// A matrix product for each image row pays while a row fills more than half of the array.
  bool rows_fill_half_the_array(const Layer& layer) const {
    return 2 * network_.tensors[layer.output].extent().w > machine_.geometry.dim;
  }

  Placed addition(const Layer& layer) const {
    const Activations& a = network_.tensors[layer.inputs[0]];
    const Activations& b = network_.tensors[layer.inputs[1]];
    if (a.extent().size() != b.extent().size()) return {Method::Host, "one operand holds one value a channel"};
    if (!machine_.mvin_scale && a.scale != b.scale)
      return {Method::Host, "operands of different scales and no mvin scaling"};
    return {Method::Resadd, ""};
  }

  Placed concatenation(const Layer& layer) const {
    std::set<TensorId> seen;
    for (const TensorId part : layer.inputs) {
      const Activations& tensor = network_.tensors[part];
      if (tensor.scale != network_.tensors[layer.output].scale) return {Method::Host, "parts of different scales"};
      if (network_.consumers_of(part).size() != 1 || !seen.insert(part).second)
        return {Method::Host, "a part is read elsewhere, too"};
    }
    return {Method::InPlace, ""};
  }

  std::string why_unfused(const Layer& layer) const {
    const int producer = network_.producer_of(layer.inputs[0]);
    if (producer < 0 || network_.layers[producer].kind != LayerKind::Convolution)
      return "its input comes from no convolution";
    if (network_.consumers_of(layer.inputs[0]).size() != 1) return "its input is read elsewhere, too";
    return "window, scales or padding do not allow it";
  }

  const Network& network_;
  const Machine& machine_;
};

void require(bool condition, const std::string& what) {
  if (!condition) throw UserError("the compiler cannot target this accelerator: " + what);
}

std::string tiling_of(const Network& network, const Layer& layer, const Placed& placed, const Machine& machine) {
  const Extent out = network.tensors[layer.output].extent();
  switch (placed.method) {
    case Method::Matmul:
    case Method::Downsample: {
      const MatmulProblem p = matmul_problem(network, layer, placed.method);
      std::string text = std::to_string(p.i) + "x" + std::to_string(p.j) + "x" + std::to_string(p.k) + " " +
                         to_string(tile_matmul(p.i, p.j, p.k, machine.geometry));
      return placed.method == Method::Downsample ? text + " for each of " + std::to_string(out.n * out.h) + " rows"
                                                 : text;
    }
    case Method::Convolution:
    case Method::Depthwise: {
      const ConvProblem p = conv_problem(network, layer, placed.method);
      const ConvTiling t = tile_conv(p, machine.geometry);
      return to_string(t) + " x " + std::to_string(t.loops(p));
    }
    case Method::Resadd:
      return std::to_string(out.pixels()) + "x" + std::to_string(out.c) + " " +
             to_string(tile_resadd(out.pixels(), out.c, machine.geometry, machine.resadd_unroller));
    case Method::GlobalAverage:
      return "channels " + std::to_string(tile_global_average(out.c, machine.geometry));
    default:
      return "";
  }
}

}  // namespace

const char* name_of(Method method) {
  static constexpr const char* names[] = {"host",      "in-place",   "matmul", "conv",
                                          "depthwise", "downsample", "resadd", "global-average"};
  return names[static_cast<std::size_t>(method)];
}

Machine Machine::of(const config::SocConfig& config) {
  const config::GemminiParams& g = config.gemmini;
  require(!g.input_type().is_float() && g.input_type().bits == 8 && g.acc_type().bits == 32,
          "it takes inputType int8 and accType int32");
  require(g.supports(config::Dataflow::WS), "dataflow must be WS or BOTH");
  require(g.acc_scale.enabled && g.acc_scale.function() == config::ScaleFunction::Multiply,
          "acc_scale_args must multiply");
  require(g.ex_write_to_acc, "ex_write_to_acc must be true");
  require(g.acc_read_small_width, "acc_read_small_width must be true");
  Machine machine;
  machine.geometry = Geometry::of(g);
  machine.conv_encoding = g.loop_conv_encoding() == config::LoopConvEncoding::Square ? isa::ConvEncoding::Square
                                                                                     : isa::ConvEncoding::Rectangular;
  machine.resadd_unroller = g.has_resadd_unroller, machine.spad_ids = g.has_loop_spad_ids;
  machine.loop_conv = g.has_loop_conv, machine.depthwise = g.has_dw_convs;
  machine.max_pool = g.has_max_pool, machine.relu = g.has_nonlinear_activations;
  machine.mvin_scale = g.mvin_scale.enabled && g.mvin_scale.function() == config::ScaleFunction::Multiply;
  machine.pixel_repeats = g.has_first_layer_optimizations;
  machine.dram_base = config.soc.dram_base(), machine.dram_size = config.soc.dram_size();
  return machine;
}

Network split_host_pools(Network network, const Machine& machine) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!network.layers[i].pool || Placer(network, machine).place(network.layers[i]).on_accelerator()) continue;
    Layer pool;
    pool.name = network.layers[i].name + ".maxpool", pool.kind = LayerKind::MaxPool;
    pool.window = *network.layers[i].pool, pool.output = network.layers[i].output;
    Activations between = network.tensors[pool.output];
    const Extent extent = network.unpooled(network.layers[i]);
    between.name += ".unpooled", between.shape = {extent.n, extent.c, extent.h, extent.w};
    network.tensors.push_back(between);
    pool.inputs = {static_cast<TensorId>(network.tensors.size() - 1)};
    network.layers[i].output = pool.inputs[0];
    network.layers[i].pool.reset();
    network.layers.insert(network.layers.begin() + static_cast<std::ptrdiff_t>(i) + 1, pool);
  }
  return network;
}

std::vector<Placed> place(const Network& network, const Machine& machine) {
  std::vector<Placed> placed;
  const Placer placer(network, machine);
  std::transform(network.layers.begin(), network.layers.end(), std::back_inserter(placed),
                 [&](const Layer& layer) { return placer.place(layer); });
  return placed;
}

std::string dump_placement(const Network& network, const std::vector<Placed>& placed) {
  std::ostringstream out;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    out << network.layers[i].name << " " << name_of(network.layers[i].kind) << " ";
    if (placed[i].on_accelerator()) {
      out << "accelerator " << name_of(placed[i].method) << "\n";
    } else if (placed[i].method == Method::InPlace) {
      out << "nowhere: its parts are written in place\n";
    } else {
      out << "host: " << placed[i].reason << "\n";
    }
  }
  return out.str();
}

ConvProblem conv_problem(const Network& network, const Layer& layer, Method method) {
  const Extent in = network.tensors[layer.inputs[0]].extent(), out = network.tensors[layer.output].extent();
  ConvProblem p;
  p.batch = out.n, p.out_rows = out.h, p.out_columns = out.w;
  p.out_channels = out.c / (method == Method::Depthwise ? 1 : layer.groups), p.in_channels = in.c / layer.groups;
  p.kernel_rows = layer.window.kernel_h, p.kernel_columns = layer.window.kernel_w;
  p.stride = layer.window.stride_h, p.kernel_dilation = layer.window.dilation_h;
  if (layer.pool) p.pool_size = layer.pool->kernel_h, p.pool_stride = layer.pool->stride_h;
  p.downsample = method == Method::Convolution && Placer(network, Machine{}).downsamples(layer);
  p.depthwise = method == Method::Depthwise;
  return p;
}

MatmulProblem matmul_problem(const Network& network, const Layer& layer, Method method) {
  const Extent out = network.tensors[layer.output].extent();
  return {method == Method::Downsample ? out.w : out.pixels(), layer.weights.shape[0], layer.weights.shape[1]};
}

std::string dump_tiling(const Network& network, const std::vector<Placed>& placed, const Machine& machine) {
  std::ostringstream out;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (placed[i].on_accelerator())
      out << network.layers[i].name << " " << tiling_of(network, network.layers[i], placed[i], machine) << "\n";
  }
  return out.str();
}

}  // namespace castor::compiler

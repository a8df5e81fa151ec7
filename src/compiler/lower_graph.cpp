#include <algorithm>
#include <array>
#include <cmath>

#include "castor/compiler/fold.h"
#include "castor/compiler/fuse.h"

namespace castor::compiler {
namespace {

bool is_quantiser(const Node& node) { return node.op == "QuantizeLinear" || node.op == "DequantizeLinear"; }

/// Scales and zero points of a constant, per tensor or per channel of `axis`.
struct Steps {
  const Tensor* values = nullptr;
  std::vector<float> scales;
  std::vector<std::int64_t> zero_points;
  std::int64_t axis = 0;
};

class Lowering {
 public:
  explicit Lowering(const Graph& graph) : graph_(graph), symmetric_(is_symmetric()) {}

  Network run() {
    network_.name = graph_.name;
    for (const Port& input : graph_.inputs) add_input(input);
    for (const Node& node : graph_.nodes) lower(node);
    for (const Port& output : graph_.outputs) add_output(output);
    return std::move(network_);
  }

 private:
  using Rule = void (Lowering::*)(const Node&);
  static const std::map<std::string, Rule>& rules();

  /// A value of the graph: a tensor of the network, perhaps seen flat or with zero padding around it.
  struct View {
    TensorId tensor = -1;
    bool flat = false;                             ///< [N, C*H*W] of a tensor whose memory order is N, H, W, C
    std::array<std::int64_t, 4> pads{0, 0, 0, 0};  ///< top, left, bottom, right
  };

  // ---- quantisation parameters
  bool is_symmetric() const {
    return std::all_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) {
      if (!is_quantiser(node) && node.op.compare(0, 1, "Q") != 0) return true;
      return symmetric_node(node);
    });
  }

  /// Activations symmetric int8 with one scale; weights may differ (they are judged one by one).
  bool symmetric_node(const Node& node) const {
    for (std::size_t zero : zero_points(node)) {
      if (!node.has_input(zero)) {
        if (node.op == "QuantizeLinear") return false;  // uint8 by default
        continue;
      }
      const Tensor& value = constant(node, zero, "a zero point");
      if (value.size() != 1 || value.type != DataType::Int8 || value.integers()[0] != 0) return false;
    }
    return true;
  }

  /// Inputs that are zero points of activations.
  std::vector<std::size_t> zero_points(const Node& node) const {
    if (node.op == "QuantizeLinear") return {2};
    if (node.op == "DequantizeLinear")
      return is_constant(node, 0) ? std::vector<std::size_t>{} : std::vector<std::size_t>{2};
    if (node.op == "QLinearConv" || node.op == "QLinearMatMul") return {2, 7};
    if (node.op == "QGemm") return {2, 8};
    if (node.op == "QLinearAdd" || node.op == "QLinearMul") return {2, 5, 7};
    if (node.op == "QLinearConcat") return {1};
    return {2, 4};
  }

  bool is_constant(const Node& node, std::size_t input) const {
    return node.has_input(input) && graph_.constants.count(node.inputs[input]) != 0;
  }

  const Tensor& constant(const Node& node, std::size_t input, const std::string& what) const {
    if (!is_constant(node, input)) node.refuse(what + " must be a constant");
    return graph_.constants.at(node.inputs[input]);
  }

  float scalar(const Node& node, std::size_t input, const char* what, float otherwise) const {
    if (!node.has_input(input)) return otherwise;
    const auto values = constant(node, input, what).floats();
    if (values.size() != 1) node.refuse(std::string(what) + " must be one number");
    return values[0];
  }

  Quantisation quantisation(const Node& node, std::size_t scale, std::size_t zero) const {
    Quantisation q{scalar(node, scale, "an activation's scale", 1), 0, DataType::UInt8};
    if (node.has_input(zero)) {
      const Tensor& value = constant(node, zero, "a zero point");
      if (value.size() != 1) node.refuse("an activation's zero point must be one number");
      q.zero_point = value.integers()[0], q.type = value.type;
    }
    if (q.type != DataType::Int8 && q.type != DataType::UInt8) node.refuse("activations must be int8 or uint8");
    if (!(q.scale > 0)) node.refuse("a scale must be positive");
    return q;
  }

  Steps steps(const Node& node, std::size_t values, std::size_t scale, std::size_t zero, std::int64_t axis) const {
    Steps result{&constant(node, values, "the weights"), constant(node, scale, "a scale").floats(), {0}, axis};
    if (node.has_input(zero)) result.zero_points = constant(node, zero, "a zero point").integers();
    return result;
  }

  // ---- tensors and layers
  TensorId add_tensor(const std::string& name, const Shape& shape) {
    network_.tensors.push_back({name, shape, false, DataType::Int8, std::nullopt, 0});
    return static_cast<TensorId>(network_.tensors.size() - 1);
  }

  Layer& add_layer(const Node& node, LayerKind kind, std::vector<TensorId> inputs) {
    Layer layer;
    layer.name = node.name, layer.kind = kind, layer.inputs = std::move(inputs);
    layer.output = add_tensor(node.outputs[0], graph_.shapes.at(node.outputs[0]));
    values_[node.outputs[0]] = View{layer.output};
    network_.layers.push_back(std::move(layer));
    return network_.layers.back();
  }

  void add_input(const Port& input) {
    if (input.type != DataType::Float32 && input.type != DataType::Int8 && input.type != DataType::UInt8) {
      throw UserError("input '" + input.name + "' is " + name_of(input.type) + "; allowed: float32, int8, uint8");
    }
    const TensorId id = add_tensor(input.name, input.shape);
    network_.tensors[id].outside = true;
    network_.tensors[id].type = input.type;
    network_.inputs.push_back(id);
    values_[input.name] = View{id};
  }

  /// The int8 tensor behind an outside one.
  TensorId quantised(TensorId outside, const std::string& name, std::optional<Quantisation> given) {
    for (const Layer& layer : network_.layers) {
      const bool same = layer.kind == LayerKind::Quantise && layer.inputs[0] == outside;
      if (same && (!given || !symmetric_ || network_.tensors[layer.output].given == given)) return layer.output;
    }
    Layer layer;
    layer.name = network_.tensors[outside].name + ".quantise", layer.kind = LayerKind::Quantise;
    layer.inputs = {outside};
    layer.output = add_tensor(name, network_.tensors[outside].shape);
    network_.tensors[layer.output].given = given;
    network_.layers.push_back(layer);
    return layer.output;
  }

  const View& view(const Node& node, std::size_t input) const {
    if (!node.has_input(input)) node.refuse("input " + std::to_string(input) + " is missing");
    const auto found = values_.find(node.inputs[input]);
    if (found == values_.end())
      node.refuse("input '" + node.inputs[input] + "' is a constant where an activation is needed");
    return found->second;
  }

  /// An int8 tensor in N, H, W, C order without decorations.
  TensorId operand(const Node& node, std::size_t input) {
    const View& seen = view(node, input);
    if (seen.flat) node.refuse("a flattened image is only supported as the input of a matrix product");
    if (seen.pads != View{}.pads) node.refuse("Pad is only supported before a convolution");
    return int8_of(seen.tensor);
  }
  TensorId int8_of(TensorId tensor) {
    if (!network_.tensors[tensor].outside) return tensor;
    return quantised(tensor, network_.tensors[tensor].name + ".int8", network_.tensors[tensor].given);
  }

  /// Saturation is part of what an unsigned model computes: from zero up it is a ReLU, and it ends at the top.
  void annotate(TensorId tensor, const Quantisation& q) {
    network_.tensors[tensor].given = q;
    const int producer = network_.producer_of(tensor);
    if (symmetric_ || producer < 0 || q.lowest() != 0) return;
    Layer& layer = network_.layers[producer];
    if (!layer.has_weights() && layer.kind != LayerKind::Add) return;
    layer.relu = true;
    layer.ceiling = std::min(layer.ceiling, q.highest());
  }

  void add_output(const Port& output) {
    const auto found = values_.find(output.name);
    if (found == values_.end()) throw UserError("output '" + output.name + "' is a constant");
    const TensorId source = int8_of(found->second.tensor);
    Layer layer;
    layer.name = output.name + ".dequantise", layer.kind = LayerKind::Dequantise, layer.inputs = {source};
    layer.output = add_tensor(output.name, graph_.shapes.at(output.name));
    Activations& outside = network_.tensors[layer.output];
    outside.outside = true;
    outside.type = output.type;
    outside.given = network_.tensors[source].given;
    network_.outputs.push_back(layer.output);
    network_.layers.push_back(layer);
  }

  void lower(const Node& node) {
    const auto rule = rules().find(node.op);
    if (rule == rules().end()) node.refuse("not supported here");
    (this->*rule->second)(node);
  }

  // ---- operators
  void quantise(const Node& node) {
    const Quantisation q = quantisation(node, 1, 2);
    View seen = view(node, 0);
    if (network_.tensors[seen.tensor].outside) {
      network_.tensors[seen.tensor].given = q;  // the range of sensible inputs
      seen.tensor = quantised(seen.tensor, node.outputs[0], q);
    } else if (symmetric_ && network_.tensors[seen.tensor].given && !(*network_.tensors[seen.tensor].given == q)) {
      Layer& layer = add_layer(node, LayerKind::Lookup, {seen.tensor});
      layer.function = "identity";
      network_.tensors[layer.output].shape = network_.tensors[seen.tensor].shape;
      annotate(layer.output, q);
      seen.tensor = layer.output;
    } else {
      annotate(seen.tensor, q);
    }
    values_[node.outputs[0]] = seen;
  }

  void dequantise(const Node& node) {
    if (is_constant(node, 0)) {
      steps_[node.outputs[0]] = steps(node, 0, 1, 2, node.integer("axis", 1));
      return;
    }
    const View seen = view(node, 0);
    Activations& tensor = network_.tensors[seen.tensor];
    if (!tensor.given) tensor.given = quantisation(node, 1, 2);
    values_[node.outputs[0]] = seen;
  }

  void quantised_output(const Node& node, std::size_t scale, std::size_t zero) {
    annotate(network_.layers.back().output, quantisation(node, scale, zero));
  }
  void quantised_input(const Node& node, std::size_t input, std::size_t scale, std::size_t zero) {
    Activations& tensor = network_.tensors[view(node, input).tensor];
    if (!tensor.given) tensor.given = quantisation(node, scale, zero);
  }

  /// Weights from a float constant, or from integers with scales; `out_axis`: which dimension counts the outputs.
  Weights weights_of(const Node& node, const Steps* given, std::size_t input, std::size_t out_axis) const {
    Weights weights;
    const Tensor& values = given != nullptr ? *given->values : constant(node, input, "the weights");
    weights.shape = values.shape;
    if (given == nullptr) {
      weights.real = values.floats();
    } else if (plain(*given)) {
      weights.steps.assign(values.data<std::int8_t>(), values.data<std::int8_t>() + values.size());
      weights.scale = given->scales[0];
    } else {
      weights.real = dequantised(node, *given, out_axis);
    }
    return weights;
  }

  /// What the machine can hold as it is: int8, one scale, no zero point. Other weights are re-quantised.
  bool plain(const Steps& steps) const {
    const bool zero =
        std::all_of(steps.zero_points.begin(), steps.zero_points.end(), [](std::int64_t z) { return z == 0; });
    const bool one =
        std::all_of(steps.scales.begin(), steps.scales.end(), [&](float s) { return s == steps.scales[0]; });
    return symmetric_ && steps.values->type == DataType::Int8 && zero && one;
  }

  std::vector<float> dequantised(const Node& node, const Steps& steps, std::size_t out_axis) const {
    const Shape& shape = steps.values->shape;
    std::vector<float> real = steps.values->floats();
    const std::size_t outputs = static_cast<std::size_t>(shape[out_axis]);
    if (steps.scales.size() != 1 && steps.scales.size() != outputs)
      node.refuse("weight scales must be one or one an output channel");
    std::size_t inner = 1;
    for (std::size_t i = out_axis + 1; i < shape.size(); ++i) inner *= static_cast<std::size_t>(shape[i]);
    for (std::size_t i = 0; i < real.size(); ++i) {
      const std::size_t channel = i / inner % outputs;
      const float zero = static_cast<float>(steps.zero_points[steps.zero_points.size() == 1 ? 0 : channel]);
      real[i] = (real[i] - zero) * steps.scales[steps.scales.size() == 1 ? 0 : channel];
    }
    return real;
  }

  const Steps* steps_of(const Node& node, std::size_t input) const {
    const auto found = node.has_input(input) ? steps_.find(node.inputs[input]) : steps_.end();
    return found == steps_.end() ? nullptr : &found->second;
  }

  /// Bias: float; int32 steps behind a DequantizeLinear; or int32 steps of input scale times weight scale.
  void set_bias(const Node& node, std::size_t input, Weights& weights, const Steps* weight_steps,
                float input_scale) const {
    if (!node.has_input(input)) return;
    if (const Steps* given = steps_of(node, input)) return set_bias_steps(node, *given, weights, input_scale);
    const Tensor& values = constant(node, input, "the bias");
    if (values.size() != weights.shape[0]) node.refuse("the bias must have one value an output");
    if (values.type != DataType::Int32) {
      weights.bias = values.floats();
      return;
    }
    Steps implied{&values, weight_steps->scales, {0}, 0};
    for (float& scale : implied.scales) scale *= input_scale;
    set_bias_steps(node, implied, weights, input_scale);
  }

  void set_bias_steps(const Node& node, const Steps& given, Weights& weights, float input_scale) const {
    if (given.values->size() != weights.shape[0]) node.refuse("the bias must have one value an output");
    const float expected = input_scale * weights.scale;
    const bool exact = weights.given() && given.values->type == DataType::Int32 && given.scales.size() == 1 &&
                       std::fabs(given.scales[0] - expected) <= 1e-5F * expected;
    if (exact) {
      weights.bias_steps.assign(given.values->data<std::int32_t>(),
                                given.values->data<std::int32_t>() + given.values->size());
    } else {
      weights.bias = dequantised(node, given, 0);
    }
  }

  float scale_of(TensorId tensor) const {
    return network_.tensors[tensor].given ? network_.tensors[tensor].given->scale : 0;
  }

  void conv(const Node& node) { add_convolution(node, steps_of(node, 1), 1, 2); }

  void qlinear_conv(const Node& node) {
    quantised_input(node, 0, 1, 2);
    const Steps given = steps(node, 3, 4, 5, 0);
    add_convolution(node, &given, 3, 8);
    quantised_output(node, 6, 7);
  }

  void add_convolution(const Node& node, const Steps* given, std::size_t weights, std::size_t bias) {
    const View seen = view(node, 0);
    if (seen.flat) node.refuse("a flattened image cannot be convolved");
    const TensorId input = int8_of(seen.tensor);
    Layer& layer = add_layer(node, LayerKind::Convolution, {input});
    layer.weights = weights_of(node, given, weights, 0);
    layer.groups = node.integer("group", 1);
    set_bias(node, bias, layer.weights, given, scale_of(input));
    layer.window = window_of(node, graph_.shapes.at(node.inputs[0]), layer.weights.shape[2], layer.weights.shape[3]);
    layer.window.top += seen.pads[0], layer.window.left += seen.pads[1];
    layer.window.bottom += seen.pads[2], layer.window.right += seen.pads[3];
  }

  void gemm(const Node& node) {
    const Steps* given = steps_of(node, 1);
    add_matmul(node, given, 1, 2, node.integer("transB", 0) != 0);
    const float alpha = node.real("alpha", 1), beta = node.real("beta", 1);
    Weights& weights = network_.layers.back().weights;
    if (alpha != 1) {
      weights.make_real(scale_of(network_.layers.back().inputs[0]));
      weights.steps.clear(), weights.bias_steps.clear();
      for (float& value : weights.real) value *= alpha;
    }
    if (beta != 1) {
      weights.make_real(scale_of(network_.layers.back().inputs[0]));
      weights.bias_steps.clear();
      for (float& value : weights.bias) value *= beta;
    }
  }

  void matmul(const Node& node) { add_matmul(node, steps_of(node, 1), 1, 99, false); }

  void qlinear_matmul(const Node& node) {
    quantised_input(node, 0, 1, 2);
    const Steps given = steps(node, 3, 4, 5, 1);
    add_matmul(node, &given, 3, 99, false);
    quantised_output(node, 6, 7);
  }

  void qgemm(const Node& node) {
    if (node.real("alpha", 1) != 1) node.refuse("alpha must be 1");
    quantised_input(node, 0, 1, 2);
    const bool transposed_b = node.integer("transB", 0) != 0;
    const Steps given = steps(node, 3, 4, 5, transposed_b ? 0 : 1);
    add_matmul(node, &given, 3, 6, transposed_b);
    if (node.has_input(7)) quantised_output(node, 7, 8);
  }

  void add_matmul(const Node& node, const Steps* given, std::size_t weights, std::size_t bias, bool transposed_b) {
    const View seen = view(node, 0);
    const TensorId input = int8_of(seen.tensor);
    Layer& layer = add_layer(node, LayerKind::Matmul, {input});
    layer.weights = weights_of(node, given, weights, transposed_b ? 0 : 1);
    if (!transposed_b) transpose(layer.weights);
    set_bias(node, bias, layer.weights, given, scale_of(input));
    const Extent in = network_.tensors[input].extent();
    if (in.h * in.w > 1) to_memory_order(layer.weights, in);
    layer.weights.shape = {layer.weights.shape[0], layer.weights.shape[1], 1, 1};
  }

  template <class T>
  static void transpose(std::vector<T>& values, std::int64_t rows, std::int64_t columns) {
    std::vector<T> result(values.size());
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(values.size()); ++i)
      result[i % columns * rows + i / columns] = values[i];
    values = std::move(result);
  }
  static void transpose(Weights& weights) {
    transpose(weights.real, weights.shape[0], weights.shape[1]);
    transpose(weights.steps, weights.shape[0], weights.shape[1]);
    std::swap(weights.shape[0], weights.shape[1]);
  }

  /// Columns from C, H, W order to the H, W, C of the machine's memory.
  template <class T>
  static void to_memory_order(std::vector<T>& values, const Extent& in) {
    const std::int64_t plane = in.h * in.w, features = in.c * plane;
    std::vector<T> result(values.size());
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(values.size()); ++i) {
      const std::int64_t row = i / features, c = i % features / plane, pixel = i % plane;
      result[row * features + pixel * in.c + c] = values[i];
    }
    values = std::move(result);
  }
  static void to_memory_order(Weights& weights, const Extent& in) {
    to_memory_order(weights.real, in);
    to_memory_order(weights.steps, in);
  }

  void pool(const Node& node) {
    const bool maximum = node.op == "MaxPool";
    Layer& layer = add_layer(node, maximum ? LayerKind::MaxPool : LayerKind::AveragePool, {operand(node, 0)});
    layer.window = window_of(node, graph_.shapes.at(node.inputs[0]));
    layer.count_padding = node.integer("count_include_pad", 0) != 0;
    if (layer.count_padding && node.integer("ceil_mode", 0) != 0)
      node.refuse("count_include_pad with ceil_mode is not supported");
    if (node.integer("storage_order", 0) != 0) node.refuse("storage_order 1 is not supported");
  }
  void qlinear_pool(const Node& node) {
    quantised_input(node, 0, 1, 2);
    pool(node);
    quantised_output(node, 3, 4);
  }

  void global_average(const Node& node) { add_layer(node, LayerKind::GlobalAverage, {operand(node, 0)}); }
  void qlinear_global_average(const Node& node) {
    quantised_input(node, 0, 1, 2);
    global_average(node);
    quantised_output(node, 3, 4);
  }
  void global_max(const Node& node) {
    const TensorId input = operand(node, 0);
    Layer& layer = add_layer(node, LayerKind::MaxPool, {input});
    const Extent in = network_.tensors[input].extent();
    layer.window.kernel_h = in.h, layer.window.kernel_w = in.w;
  }

  /// Add, Sub, Mul, Div: of two activations, or of one with a constant per channel.
  void binary(const Node& node) {
    if (node.inputs.size() == 1) return alias(node);
    if (node.inputs.size() > 2) return sum(node);
    for (std::size_t side = 0; side < 2; ++side) {
      if (is_constant(node, side) || steps_of(node, side) != nullptr) return scale_by_constant(node, side);
    }
    if (node.op == "Add" || node.op == "Sum") return pairwise(node, LayerKind::Add, 0, 1);
    if (node.op == "Mul") return pairwise(node, LayerKind::Multiply, 0, 1);
    node.refuse("only supported with a constant");
  }

  void pairwise(const Node& node, LayerKind kind, std::size_t a, std::size_t b) {
    const TensorId left = operand(node, a), right = operand(node, b);
    const Extent x = network_.tensors[left].extent(), y = network_.tensors[right].extent();
    const bool equal = x.n == y.n && x.c == y.c && x.h == y.h && x.w == y.w;
    const auto spread = [](const Extent& big, const Extent& little) {
      return big.n == little.n && big.c == little.c && little.h * little.w == 1;
    };
    if (!equal && !spread(x, y) && !spread(y, x))
      node.refuse("operands of shapes that are neither equal nor one value a channel");
    add_layer(node, kind,
              equal || spread(x, y) ? std::vector<TensorId>{left, right} : std::vector<TensorId>{right, left});
  }

  void sum(const Node& node) {
    TensorId total = operand(node, 0);
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      const TensorId next = operand(node, i);
      Layer& layer = add_layer(node, LayerKind::Add, {total, next});
      if (i + 1 < node.inputs.size()) {
        layer.name += "." + std::to_string(i);
        network_.tensors[layer.output].name += "." + std::to_string(i);
      }
      total = layer.output;
    }
  }

  void qlinear_binary(const Node& node) {
    if (is_constant(node, 0) || is_constant(node, 3)) node.refuse("a constant operand is not supported");
    quantised_input(node, 0, 1, 2);
    quantised_input(node, 3, 4, 5);
    pairwise(node, node.op == "QLinearAdd" ? LayerKind::Add : LayerKind::Multiply, 0, 3);
    quantised_output(node, 6, 7);
  }

  /// x * factor + offset with one number a channel, as a depthwise 1x1 convolution (which usually folds away).
  void add_scale(const Node& node, TensorId input, const std::vector<float>& factor, const std::vector<float>& offset) {
    const std::int64_t channels = network_.tensors[input].extent().c;
    const auto spread = [&](const std::vector<float>& values) {
      if (values.size() != 1 && static_cast<std::int64_t>(values.size()) != channels)
        node.refuse("constants must be one number or one a channel");
      return values.size() == 1 ? std::vector<float>(static_cast<std::size_t>(channels), values[0]) : values;
    };
    Layer& layer = add_layer(node, LayerKind::Convolution, {input});
    layer.groups = channels;
    layer.weights.shape = {channels, 1, 1, 1};
    layer.weights.real = spread(factor);
    layer.weights.bias = spread(offset);
  }

  void scale_by_constant(const Node& node, std::size_t side) {
    const Steps* given = steps_of(node, side);
    const Tensor& value = given != nullptr ? *given->values : constant(node, side, "an operand");
    std::vector<float> numbers = given != nullptr ? dequantised(node, *given, 0) : value.floats();
    const TensorId input = operand(node, 1 - side);
    const std::size_t rank = network_.tensors[input].shape.size(), own = value.shape.size();
    const bool per_channel = numbers.size() == 1 || (rank > 1 && own + 1 >= rank && own >= rank - 1 &&
                                                     value.shape[own - (rank - 1)] == value.size());
    if (!per_channel)
      node.refuse("a constant of shape " + to_string(value.shape) +
                  " is not supported; allowed: one number, or one a channel");
    const auto each = [&](auto function) { std::transform(numbers.begin(), numbers.end(), numbers.begin(), function); };
    if (node.op == "Add" || node.op == "Sum") return add_scale(node, input, {1}, numbers);
    if (node.op == "Sub" && side == 1) return each([](float v) { return -v; }), add_scale(node, input, {1}, numbers);
    if (node.op == "Sub") return add_scale(node, input, {-1}, numbers);
    if (node.op == "Mul") return add_scale(node, input, numbers, {0});
    if (node.op == "Div" && side == 1) return each([](float v) { return 1 / v; }), add_scale(node, input, numbers, {0});
    node.refuse("a constant divided by an activation is not supported");
  }

  void batch_norm(const Node& node) {
    const auto gamma = constant(node, 1, "scale").floats(), beta = constant(node, 2, "B").floats();
    const auto mean = constant(node, 3, "mean").floats(), variance = constant(node, 4, "var").floats();
    const float epsilon = node.real("epsilon", 1e-5F);
    if (beta.size() != gamma.size() || mean.size() != gamma.size() || variance.size() != gamma.size()) {
      node.refuse("scale, B, mean and var must have the same size");
    }
    std::vector<float> factor(gamma.size()), offset(gamma.size());
    for (std::size_t i = 0; i < gamma.size(); ++i) {
      factor[i] = gamma[i] / std::sqrt(variance[i] + epsilon);
      offset[i] = beta[i] - mean[i] * factor[i];
    }
    add_scale(node, operand(node, 0), factor, offset);
  }

  void concat(const Node& node) { add_concat(node, 0, 1); }
  void qlinear_concat(const Node& node) {
    for (std::size_t i = 2; i + 2 < node.inputs.size(); i += 3) quantised_input(node, i, i + 1, i + 2);
    add_concat(node, 2, 3);
    quantised_output(node, 0, 1);
  }
  void add_concat(const Node& node, std::size_t first, std::size_t step) {
    std::vector<TensorId> parts;
    for (std::size_t i = first; i < node.inputs.size(); i += step) parts.push_back(operand(node, i));
    const std::int64_t axis = node.integer("axis", 1);
    if (node.axis(axis, graph_.shapes.at(node.inputs[first]).size()) != 1)
      node.refuse("axis " + std::to_string(axis) + " is not supported; allowed: 1 (channels)");
    add_layer(node, LayerKind::Concat, parts);
  }

  /// Flatten, Reshape, Squeeze, Unsqueeze: no data moves, or the node is refused.
  void alias(const Node& node) {
    View seen = view(node, 0);
    const Shape& shape = graph_.shapes.at(node.outputs[0]);
    const Extent in = network_.tensors[seen.tensor].extent();
    const bool keeps = extent_of(shape).n == in.n && extent_of(shape).c == in.c &&
                       extent_of(shape).size() == in.size() && shape.size() <= 4;
    const bool image = in.h * in.w > 1;
    if (image && shape.size() == 2 && shape[0] == in.n) {
      seen.flat = true;
    } else if (image && shape.size() == 4 && extent_of(shape).c == in.c && extent_of(shape).h == in.h) {
      seen.flat = false;
    } else if (image || !keeps) {
      node.refuse("reshaping " + to_string(network_.tensors[seen.tensor].shape) + " to " + to_string(shape) +
                  " is not supported; allowed: flattening to one row an image");
    }
    values_[node.outputs[0]] = seen;
  }

  void pad(const Node& node) {
    const auto pads = node.has("pads") ? node.integers("pads", {}) : constant(node, 1, "pads").integers();
    const float value = node.has("value") ? node.real("value", 0) : scalar(node, 2, "the padding value", 0);
    if (value != 0 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0)
      node.refuse("only zeros around height and width are supported");
    if (*std::min_element(pads.begin(), pads.end()) < 0) node.refuse("negative padding is not supported");
    View seen = view(node, 0);
    seen.tensor = int8_of(seen.tensor);
    const std::int64_t by[4] = {pads[2], pads[3], pads[6], pads[7]};
    for (std::size_t i = 0; i < 4; ++i) seen.pads[i] += by[i];
    values_[node.outputs[0]] = seen;
  }

  void elementwise(const Node& node) {
    static const std::map<std::string, const char*> functions{{"Relu", "relu"},
                                                              {"LeakyRelu", "leaky_relu"},
                                                              {"QLinearLeakyRelu", "leaky_relu"},
                                                              {"Sigmoid", "sigmoid"},
                                                              {"QLinearSigmoid", "sigmoid"},
                                                              {"HardSigmoid", "hard_sigmoid"},
                                                              {"HardSwish", "hard_swish"},
                                                              {"Tanh", "tanh"},
                                                              {"Elu", "elu"},
                                                              {"Exp", "exp"}};
    const View seen = view(node, 0);
    if (node.op.compare(0, 7, "QLinear") == 0) quantised_input(node, 0, 1, 2);
    Layer& layer = add_layer(node, LayerKind::Lookup, {int8_of(seen.tensor)});
    layer.function = functions.at(node.op);
    if (node.op == "LeakyRelu" || node.op == "QLinearLeakyRelu") layer.parameters = {node.real("alpha", 0.01F)};
    if (node.op == "Elu") layer.parameters = {node.real("alpha", 1)};
    if (node.op == "HardSigmoid") layer.parameters = {node.real("alpha", 0.2F), node.real("beta", 0.5F)};
    if (node.op.compare(0, 7, "QLinear") == 0) quantised_output(node, 3, 4);
    keep_view(node, seen);
  }

  /// An elementwise layer leaves shape and flatness as they were.
  void keep_view(const Node& node, const View& seen) {
    network_.tensors[network_.layers.back().output].shape = network_.tensors[seen.tensor].shape;
    View& result = values_[node.outputs[0]];
    result.flat = seen.flat, result.pads = seen.pads;
    if (seen.pads != View{}.pads) node.refuse("Pad is only supported before a convolution");
  }

  void clip(const Node& node) {
    const View seen = view(node, 0);
    const float infinity = std::numeric_limits<float>::infinity();
    const float low = node.has("min") ? node.real("min", 0) : scalar(node, 1, "min", -infinity);
    const float high = node.has("max") ? node.real("max", 0) : scalar(node, 2, "max", infinity);
    Layer& layer = add_layer(node, LayerKind::Lookup, {int8_of(seen.tensor)});
    layer.function = "clip";
    layer.parameters = {low, high};
    keep_view(node, seen);
  }

  void lrn(const Node& node) {
    Layer& layer = add_layer(node, LayerKind::Lrn, {operand(node, 0)});
    layer.parameters = {static_cast<float>(node.integer("size", 1)), node.real("alpha", 1e-4F),
                        node.real("beta", 0.75F), node.real("bias", 1)};
  }

  void softmax(const Node& node) {
    const TensorId input = operand(node, 0);
    const Extent in = network_.tensors[input].extent();
    const std::size_t rank = graph_.shapes.at(node.inputs[0]).size();
    const std::int64_t axis = node.axis(node.integer("axis", graph_.opset < 13 ? 1 : -1), rank);
    if (in.h * in.w != 1 || axis != 1) node.refuse("only supported over the channels of a vector an image");
    add_layer(node, LayerKind::Softmax, {input});
  }

  const Graph& graph_;
  const bool symmetric_;
  Network network_;
  std::map<std::string, View> values_;
  std::map<std::string, Steps> steps_;  ///< constants behind a DequantizeLinear
};

const std::map<std::string, Lowering::Rule>& Lowering::rules() {
  using L = Lowering;
  static const std::map<std::string, Rule> table{
      {"QuantizeLinear", &L::quantise},
      {"DequantizeLinear", &L::dequantise},
      {"Conv", &L::conv},
      {"QLinearConv", &L::qlinear_conv},
      {"Gemm", &L::gemm},
      {"QGemm", &L::qgemm},
      {"MatMul", &L::matmul},
      {"QLinearMatMul", &L::qlinear_matmul},
      {"MaxPool", &L::pool},
      {"AveragePool", &L::pool},
      {"QLinearAveragePool", &L::qlinear_pool},
      {"GlobalAveragePool", &L::global_average},
      {"ReduceMean", &L::global_average},
      {"QLinearGlobalAveragePool", &L::qlinear_global_average},
      {"GlobalMaxPool", &L::global_max},
      {"Add", &L::binary},
      {"Sum", &L::binary},
      {"Sub", &L::binary},
      {"Mul", &L::binary},
      {"Div", &L::binary},
      {"QLinearAdd", &L::qlinear_binary},
      {"QLinearMul", &L::qlinear_binary},
      {"Concat", &L::concat},
      {"QLinearConcat", &L::qlinear_concat},
      {"Flatten", &L::alias},
      {"Reshape", &L::alias},
      {"Squeeze", &L::alias},
      {"Unsqueeze", &L::alias},
      {"Pad", &L::pad},
      {"BatchNormalization", &L::batch_norm},
      {"Relu", &L::elementwise},
      {"LeakyRelu", &L::elementwise},
      {"QLinearLeakyRelu", &L::elementwise},
      {"Sigmoid", &L::elementwise},
      {"QLinearSigmoid", &L::elementwise},
      {"HardSigmoid", &L::elementwise},
      {"HardSwish", &L::elementwise},
      {"Tanh", &L::elementwise},
      {"Elu", &L::elementwise},
      {"Exp", &L::elementwise},
      {"Clip", &L::clip},
      {"LRN", &L::lrn},
      {"Softmax", &L::softmax},
  };
  return table;
}

}  // namespace

Network lower_graph(const Graph& graph) { return Lowering(graph).run(); }

}  // namespace castor::compiler

#include "castor/compiler/simplify.h"

#include <algorithm>
#include <set>

#include "castor/compiler/fold.h"
#include "castor/compiler/window.h"

namespace castor::compiler {
namespace {

constexpr std::int64_t largest_pad = 1 << 20;

/// Walks the nodes once, in order.
class Simplifier {
 public:
  using Infer = Shape (Simplifier::*)(const Node&);
  static const std::map<std::string, Infer>& rules();

  Simplifier(Graph&& graph, const Shape* input_shape) : graph_(std::move(graph)) {
    for (Port& input : graph_.inputs) fix(input, input_shape);
    for (const auto& constant : graph_.constants) graph_.shapes[constant.first] = constant.second.shape;
  }

  Graph run() {
    std::vector<Node> kept;
    for (Node& node : graph_.nodes) {
      if (node.outputs.empty() || node.outputs[0].empty()) node.refuse("it has no output");
      for (std::string& input : node.inputs) input = resolve(input);
      if (!vanishes(node)) {
        infer(node);
        kept.push_back(std::move(node));
      }
    }
    graph_.nodes = std::move(kept);
    for (Port& output : graph_.outputs) finish(output);
    return std::move(graph_);
  }

 private:
  void fix(Port& input, const Shape* given) {
    if (given != nullptr && graph_.inputs.size() == 1) accept(input, *given);
    if (!input.shape.empty() && input.shape[0] == -1) input.shape[0] = 1;
    if (std::count(input.shape.begin(), input.shape.end(), -1) != 0) {
      throw UserError("input '" + input.name + "' leaves a dimension open; give an input file whose shape fixes it");
    }
    graph_.shapes[input.name] = input.shape;
  }

  static void accept(Port& input, const Shape& given) {
    bool fits = given.size() == input.shape.size();
    for (std::size_t i = 0; fits && i < given.size(); ++i) fits = input.shape[i] == -1 || input.shape[i] == given[i];
    if (!fits) {
      throw UserError("input '" + input.name + "' has shape " + to_string(given) + "; the model takes " +
                      open_shape(input.shape));
    }
    input.shape = given;
  }

  static std::string open_shape(const Shape& shape) {
    std::string text;
    for (const std::int64_t d : shape)
      text += (text.empty() ? "" : "x") + (d < 0 ? std::string("?") : std::to_string(d));
    return text;
  }

  const std::string& resolve(const std::string& name) const {
    const auto found = alias_.find(name);
    return found == alias_.end() ? name : found->second;
  }

  bool vanishes(const Node& node) {
    if (node.op == "Identity" || node.op == "Dropout") {
      shape_of(node, 0);
      alias_[node.outputs[0]] = node.inputs[0];
      return true;
    }
    if (node.op == "Shape") return keep_constant(node, Tensor::of<std::int64_t>({rank(node)}, shape_of(node, 0)));
    std::vector<const Tensor*> values;
    for (const std::string& input : node.inputs) {
      const auto constant = graph_.constants.find(input);
      if (!input.empty() && constant == graph_.constants.end()) return false;
      values.push_back(input.empty() ? nullptr : &constant->second);
    }
    const auto value = fold(node, values);
    return value && keep_constant(node, *value);
  }

  std::int64_t rank(const Node& node) { return static_cast<std::int64_t>(shape_of(node, 0).size()); }

  bool keep_constant(const Node& node, Tensor value) {
    graph_.shapes[node.outputs[0]] = value.shape;
    graph_.constants[node.outputs[0]] = std::move(value);
    return true;
  }

  void infer(const Node& node) {
    const auto rule = rules().find(node.op);
    const bool known_domain = node.domain.empty() || node.domain == "com.microsoft";
    if (rule == rules().end() || !known_domain) {
      node.refuse("not supported; supported operators: " + supported_operators());
    }
    for (std::size_t i = 1; i < node.outputs.size(); ++i) {
      if (!node.outputs[i].empty()) node.refuse("a second output is not supported");
    }
    graph_.shapes[node.outputs[0]] = (this->*rule->second)(node);
  }

  const Shape& shape_of(const Node& node, std::size_t input) const {
    if (!node.has_input(input)) node.refuse("input " + std::to_string(input) + " is missing");
    const auto found = graph_.shapes.find(node.inputs[input]);
    if (found == graph_.shapes.end()) node.refuse("no node before it makes its input '" + node.inputs[input] + "'");
    return found->second;
  }

  const Tensor& constant_of(const Node& node, std::size_t input, const char* what) const {
    if (!node.has_input(input)) node.refuse(std::string(what) + " is missing");
    const auto found = graph_.constants.find(node.inputs[input]);
    if (found == graph_.constants.end()) node.refuse(std::string(what) + " must be a constant");
    return found->second;
  }

  Shape same(const Node& node) { return shape_of(node, 0); }

  Shape convolved(const Node& node, const Shape& in, const Shape& weights) {
    if (weights.size() != 4) node.refuse("weights are " + to_string(weights) + "; allowed: four dimensions");
    const Window window = window_of(node, in, weights[2], weights[3]);
    const std::int64_t groups = node.integer("group", 1);
    if (groups < 1 || in[1] != weights[1] * groups || weights[0] % groups != 0) {
      node.refuse("input " + to_string(in) + " does not match weights " + to_string(weights) + " in " +
                  std::to_string(groups) + " groups");
    }
    return {in[0], weights[0], window.out_h(in[2]), window.out_w(in[3])};
  }
  Shape conv(const Node& node) { return convolved(node, shape_of(node, 0), shape_of(node, 1)); }
  Shape qlinear_conv(const Node& node) { return convolved(node, shape_of(node, 0), shape_of(node, 3)); }

  Shape pool(const Node& node) {
    const Shape& in = shape_of(node, 0);
    const Window window = window_of(node, in);
    return {in[0], in[1], window.out_h(in[2]), window.out_w(in[3])};
  }

  Shape global(const Node& node) {
    const Shape& in = shape_of(node, 0);
    if (in.size() != 4) node.refuse("input is " + to_string(in) + "; allowed: four dimensions (N, C, H, W)");
    if (node.integer("channels_last", 0) != 0) node.refuse("channels_last is not supported");
    return {in[0], in[1], 1, 1};
  }

  Shape multiplied(const Node& node, const Shape& a, Shape b, bool transpose_b) {
    if (a.size() != 2 || b.size() != 2)
      node.refuse("only two-dimensional operands are supported, not " + to_string(a) + " by " + to_string(b));
    if (transpose_b) std::swap(b[0], b[1]);
    if (a[1] != b[0]) node.refuse("cannot multiply " + to_string(a) + " by " + to_string(b));
    return {a[0], b[1]};
  }
  Shape gemm(const Node& node) {
    if (node.integer("transA", 0) != 0) node.refuse("transA is not supported");
    const std::size_t weights = node.op == "QGemm" ? 3 : 1;
    return multiplied(node, flat(node), shape_of(node, weights), node.integer("transB", 0) != 0);
  }
  Shape matmul(const Node& node) { return multiplied(node, shape_of(node, 0), shape_of(node, 1), false); }
  Shape qlinear_matmul(const Node& node) { return multiplied(node, shape_of(node, 0), shape_of(node, 3), false); }

  static Shape added(const Shape& a, const Shape& b) {
    if (a.size() < b.size() || elements(a) < elements(b))
      return elements(b) % std::max<std::int64_t>(1, elements(a)) == 0 ? b : a;
    return a;
  }
  Shape binary(const Node& node) {
    if (node.inputs.size() == 1) return shape_of(node, 0);
    return added(shape_of(node, 0), shape_of(node, 1));
  }
  Shape qlinear_binary(const Node& node) { return added(shape_of(node, 0), shape_of(node, 3)); }

  Shape joined(const Node& node, std::size_t first, std::size_t step) {
    Shape shape = shape_of(node, first);
    const std::int64_t axis = node.axis(node.integer("axis", 1), shape.size());
    for (std::size_t i = first + step; i < node.inputs.size(); i += step) {
      Shape part = shape_of(node, i);
      if (part.size() != shape.size()) node.refuse("inputs of different rank");
      shape[axis] += part[axis];
      part[axis] = shape[axis];
      if (part != shape) node.refuse("inputs of different shapes");
    }
    return shape;
  }
  Shape concat(const Node& node) { return joined(node, 0, 1); }
  Shape qlinear_concat(const Node& node) { return joined(node, 2, 3); }

  /// Two dimensions: those before the axis, which may be the end, and the others.
  Shape flat(const Node& node) {
    const Shape& in = shape_of(node, 0);
    const std::int64_t stated = node.integer("axis", 1);
    const bool all = stated == static_cast<std::int64_t>(in.size());
    const Shape head(in.begin(), in.begin() + (all ? stated : node.axis(stated, in.size())));
    return {elements(head), elements(in) / std::max<std::int64_t>(1, elements(head))};
  }

  Shape reshape(const Node& node) {
    if (node.has("shape")) return reshaped(node, shape_of(node, 0), node.integers("shape", {}));
    return reshaped(node, shape_of(node, 0), constant_of(node, 1, "the target shape").integers());
  }

  Shape squeeze(const Node& node) { return through_fold(node); }

  /// Squeeze and Unsqueeze of an activation: the fold of an empty tensor of the same shape.
  Shape through_fold(const Node& node) {
    Tensor stand_in(DataType::Int8, shape_of(node, 0));
    std::vector<const Tensor*> values{&stand_in};
    if (node.has_input(1)) values.push_back(&constant_of(node, 1, "axes"));
    return fold(node, values)->shape;
  }

  Shape reduce_mean(const Node& node) {
    const Shape& in = shape_of(node, 0);
    auto axes = node.has_input(1) ? constant_of(node, 1, "axes").integers() : node.integers("axes", {});
    for (std::int64_t& axis : axes) axis = axis < 0 ? axis + static_cast<std::int64_t>(in.size()) : axis;
    std::sort(axes.begin(), axes.end());
    if (in.size() != 4 || axes != std::vector<std::int64_t>{2, 3})
      node.refuse("only the mean over height and width is supported");
    return node.integer("keepdims", 1) != 0 ? Shape{in[0], in[1], 1, 1} : Shape{in[0], in[1]};
  }

  Shape pad(const Node& node) {
    Shape shape = shape_of(node, 0);
    if (node.text("mode", "constant") != "constant") node.refuse("only mode 'constant' is supported");
    const auto pads = node.has("pads") ? node.integers("pads", {}) : constant_of(node, 1, "pads").integers();
    if (shape.size() != 4 || pads.size() != 8) node.refuse("only four-dimensional inputs are supported");
    for (std::size_t i = 0; i < 4; ++i)
      if (std::abs(pads[i]) > largest_pad || std::abs(pads[i + 4]) > largest_pad ||
          (shape[i] += pads[i] + pads[i + 4]) < 1)
        node.refuse("pads " + to_string(pads) + " do not fit an input of " + to_string(shape_of(node, 0)));
    return shape;
  }

  void finish(Port& output) {
    const std::string source = resolve(output.name);
    if (graph_.constants.count(source) != 0) throw UserError("output '" + output.name + "' is a constant");
    const auto made = graph_.shapes.find(source);
    if (made == graph_.shapes.end()) throw UserError("no node makes output '" + output.name + "'");
    output.shape = made->second;
    if (source != output.name) alias_outputs(output.name, source);
  }

  /// An Identity or Dropout gave the output its name: the producer takes that name.
  void alias_outputs(const std::string& name, const std::string& source) {
    graph_.shapes[name] = graph_.shapes.at(source);
    for (Node& node : graph_.nodes) {
      std::replace(node.outputs.begin(), node.outputs.end(), source, name);
      std::replace(node.inputs.begin(), node.inputs.end(), source, name);
    }
  }

  Graph graph_;
  std::map<std::string, std::string> alias_;
};

const std::map<std::string, Simplifier::Infer>& Simplifier::rules() {
  using S = Simplifier;
  static const std::map<std::string, Infer> table{
      {"Conv", &S::conv},
      {"QLinearConv", &S::qlinear_conv},
      {"Gemm", &S::gemm},
      {"QGemm", &S::gemm},
      {"MatMul", &S::matmul},
      {"QLinearMatMul", &S::qlinear_matmul},
      {"MaxPool", &S::pool},
      {"AveragePool", &S::pool},
      {"QLinearAveragePool", &S::pool},
      {"GlobalAveragePool", &S::global},
      {"GlobalMaxPool", &S::global},
      {"QLinearGlobalAveragePool", &S::global},
      {"ReduceMean", &S::reduce_mean},
      {"Add", &S::binary},
      {"Sum", &S::binary},
      {"Mul", &S::binary},
      {"Sub", &S::binary},
      {"Div", &S::binary},
      {"QLinearAdd", &S::qlinear_binary},
      {"QLinearMul", &S::qlinear_binary},
      {"Concat", &S::concat},
      {"QLinearConcat", &S::qlinear_concat},
      {"Flatten", &S::flat},
      {"Reshape", &S::reshape},
      {"Squeeze", &S::squeeze},
      {"Unsqueeze", &S::squeeze},
      {"Pad", &S::pad},
      {"BatchNormalization", &S::same},
      {"Relu", &S::same},
      {"Clip", &S::same},
      {"LeakyRelu", &S::same},
      {"QLinearLeakyRelu", &S::same},
      {"Sigmoid", &S::same},
      {"QLinearSigmoid", &S::same},
      {"HardSigmoid", &S::same},
      {"HardSwish", &S::same},
      {"Tanh", &S::same},
      {"Elu", &S::same},
      {"Exp", &S::same},
      {"Softmax", &S::same},
      {"LRN", &S::same},
      {"QuantizeLinear", &S::same},
      {"DequantizeLinear", &S::same},
  };
  return table;
}

}  // namespace

std::string supported_operators() {
  std::string text;
  for (const auto& rule : Simplifier::rules()) text += (text.empty() ? "" : " ") + rule.first;
  return text;
}

Graph simplify(Graph graph, const Shape* input_shape) { return Simplifier(std::move(graph), input_shape).run(); }

}  // namespace castor::compiler

#include "castor/compiler/fold.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace castor::compiler {
namespace {

using Inputs = std::vector<const Tensor*>;

Tensor integers_of(const std::vector<std::int64_t>& values) {
  return Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

const Tensor& tensor_of(const Node& node, const std::string& attribute) {
  const auto* value = std::get_if<Tensor>(&node.attributes.at(attribute));
  if (value == nullptr) node.refuse("attribute '" + attribute + "' must be a tensor");
  return *value;
}

bool given(const Inputs& in, std::size_t index) { return index < in.size() && in[index] != nullptr; }

std::int64_t first_of(const Node& node, const Tensor& values) {
  const auto integers = values.integers();
  if (integers.empty()) node.refuse("an input that must hold a number is empty");
  return integers.front();
}

Tensor constant(const Node& node, const Inputs&) {
  if (node.has("value")) return tensor_of(node, "value");
  if (node.has("value_int")) return Tensor::of<std::int64_t>({}, {node.integer("value_int", 0)});
  if (node.has("value_float")) return Tensor::of<float>({}, {node.real("value_float", 0)});
  if (node.has("value_ints")) return integers_of(node.integers("value_ints", {}));
  node.refuse("only value, value_int, value_ints and value_float are supported");
}

Tensor constant_of_shape(const Node& node, const Inputs& in) {
  constexpr std::int64_t most = std::int64_t{1} << 28;
  const Shape shape = in[0]->integers();
  if (elements(shape) > most) node.refuse(to_string(shape) + " is too large; allowed: at most 2^28 elements");
  Tensor fill = Tensor::of<float>({1}, {0.0F});
  if (node.has("value")) fill = tensor_of(node, "value");
  if (fill.size() != 1) node.refuse("attribute 'value' must hold one number");
  Tensor result(fill.type, shape);
  const std::size_t width = bytes_of(fill.type);
  for (std::size_t at = 0; at < result.bytes.size(); at += width)
    std::memcpy(&result.bytes[at], fill.bytes.data(), width);
  return result;
}

Tensor gather(const Node& node, const Inputs& in) {
  if (in[0]->shape.size() != 1 || node.integer("axis", 0) != 0)
    node.refuse("only constant vectors can be gathered from");
  const auto indices = in[1]->integers();
  const std::size_t width = bytes_of(in[0]->type);
  Tensor result(in[0]->type, in[1]->shape);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::int64_t index = indices[i] < 0 ? indices[i] + in[0]->size() : indices[i];
    if (index < 0 || index >= in[0]->size()) node.refuse("index " + std::to_string(indices[i]) + " is out of range");
    std::memcpy(&result.bytes[i * width], &in[0]->bytes[static_cast<std::size_t>(index) * width], width);
  }
  return result;
}

Tensor with_shape(const Tensor& tensor, Shape shape) {
  Tensor result = tensor;
  result.shape = std::move(shape);
  return result;
}

std::vector<std::int64_t> axes_of(const Node& node, const Inputs& in) {
  return given(in, 1) ? in[1]->integers() : node.integers("axes", {});
}

Tensor unsqueeze(const Node& node, const Inputs& in) {
  Shape shape = in[0]->shape;
  auto axes = axes_of(node, in);
  const std::size_t rank = shape.size() + axes.size();
  for (std::int64_t& axis : axes) axis = node.axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) node.refuse("an axis is named twice");
  for (const std::int64_t axis : axes) shape.insert(shape.begin() + axis, 1);
  return with_shape(*in[0], shape);
}

Tensor squeeze(const Node& node, const Inputs& in) {
  auto axes = axes_of(node, in);
  const auto rank = static_cast<std::int64_t>(in[0]->shape.size());
  for (std::int64_t& axis : axes) axis = node.axis(axis, in[0]->shape.size());
  Shape shape;
  for (std::int64_t i = 0; i < rank; ++i) {
    const bool named = axes.empty() ? in[0]->shape[i] == 1 : std::count(axes.begin(), axes.end(), i) != 0;
    if (!named) shape.push_back(in[0]->shape[i]);
  }
  return with_shape(*in[0], shape);
}

Tensor concat(const Node& node, const Inputs& in) {
  Tensor result(in[0]->type, {0});
  for (const Tensor* part : in) {
    if (part == nullptr || part->shape.size() != 1 || part->type != result.type)
      node.refuse("only constant vectors of one type concatenate");
    result.bytes.insert(result.bytes.end(), part->bytes.begin(), part->bytes.end());
    result.shape[0] += part->shape[0];
  }
  return result;
}

Tensor slice(const Node& node, const Inputs& in) {
  if (in[0]->shape.size() != 1) node.refuse("only constant vectors can be sliced");
  const std::int64_t size = in[0]->size();
  const auto clamp = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
  const std::int64_t from = clamp(first_of(node, *in[1]));
  const std::int64_t to = clamp(first_of(node, *in[2]));
  if (given(in, 4) && first_of(node, *in[4]) != 1) node.refuse("only steps of 1 are supported");
  Tensor result(in[0]->type, {std::max<std::int64_t>(0, to - from)});
  std::copy_n(in[0]->bytes.begin() + from * bytes_of(result.type), result.bytes.size(), result.bytes.begin());
  return result;
}

Tensor cast(const Node& node, const Inputs& in) {
  switch (node.integer("to", 1)) {
    case 1:
      return Tensor::of<float>(in[0]->shape, in[0]->floats());
    case 7:
      return Tensor::of<std::int64_t>(in[0]->shape, in[0]->integers());
    case 6: {
      const auto wide = in[0]->integers();
      return Tensor::of<std::int32_t>(in[0]->shape, {wide.begin(), wide.end()});
    }
    default:
      break;
  }
  node.refuse("constants cast to float, int32 or int64 only");
}

template <class T, class Function>
Tensor combine(const Node& node, const Shape& shape, const std::vector<T>& a, const std::vector<T>& b,
               Function function) {
  std::vector<T> result(std::max(a.size(), b.size()));
  if ((a.size() != 1 && a.size() != result.size()) || (b.size() != 1 && b.size() != result.size())) {
    node.refuse("constants of different shapes");
  }
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = function(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
  return Tensor::of<T>(shape, result);
}

/// The least integer divided by -1 wraps around.
template <class T>
T quotient(T x, T y) {
  if constexpr (std::is_integral_v<T>)
    if (y == -1) return static_cast<T>(0 - static_cast<std::uint64_t>(x));
  return x / y;
}

template <class T>
Tensor arithmetic(const Node& node, const Shape& shape, const std::vector<T>& a, const std::vector<T>& b) {
  if (node.op == "Add") return combine(node, shape, a, b, [](T x, T y) { return static_cast<T>(x + y); });
  if (node.op == "Sub") return combine(node, shape, a, b, [](T x, T y) { return static_cast<T>(x - y); });
  if (node.op == "Mul") return combine(node, shape, a, b, [](T x, T y) { return static_cast<T>(x * y); });
  if (std::is_integral_v<T> && std::count(b.begin(), b.end(), T{0}) != 0) node.refuse("division by zero");
  return combine(node, shape, a, b, [](T x, T y) { return quotient(x, y); });
}

Tensor binary(const Node& node, const Inputs& in) {
  const Shape& shape = in[0]->size() >= in[1]->size() ? in[0]->shape : in[1]->shape;
  if (in[0]->type == DataType::Float32) return arithmetic<float>(node, shape, in[0]->floats(), in[1]->floats());
  return arithmetic<std::int64_t>(node, shape, in[0]->integers(), in[1]->integers());
}

Tensor reshape(const Node& node, const Inputs& in) {
  return with_shape(*in[0], reshaped(node, in[0]->shape, in[1]->integers()));
}

Tensor transpose(const Node& node, const Inputs& in) {
  Shape all(in[0]->shape.size());
  std::iota(all.begin(), all.end(), 0);
  const Shape permutation = node.integers("perm", Shape(all.rbegin(), all.rend()));
  if (!std::is_permutation(permutation.begin(), permutation.end(), all.begin(), all.end()))
    node.refuse("perm must name each of the " + std::to_string(all.size()) + " dimensions once");
  return transposed(*in[0], permutation);
}

/// How an operator folds, and how many inputs it must have.
struct Folder {
  Tensor (*value)(const Node&, const Inputs&);
  std::size_t inputs;
};
const std::map<std::string, Folder>& folders() {
  static const std::map<std::string, Folder> table{
      {"Constant", {constant, 0}},
      {"ConstantOfShape", {constant_of_shape, 1}},
      {"Gather", {gather, 2}},
      {"Unsqueeze", {unsqueeze, 1}},
      {"Squeeze", {squeeze, 1}},
      {"Concat", {concat, 1}},
      {"Slice", {slice, 3}},
      {"Cast", {cast, 1}},
      {"Add", {binary, 2}},
      {"Sub", {binary, 2}},
      {"Mul", {binary, 2}},
      {"Div", {binary, 2}},
      {"Identity", {[](const Node&, const Inputs& in) { return *in[0]; }, 1}},
      {"Reshape", {reshape, 2}},
      {"Transpose", {transpose, 1}},
  };
  return table;
}

}  // namespace

std::optional<Tensor> fold(const Node& node, const Inputs& inputs) {
  const auto folder = folders().find(node.op);
  if (!node.domain.empty() || folder == folders().end()) return std::nullopt;
  for (std::size_t i = 0; i < folder->second.inputs; ++i)
    if (!given(inputs, i)) node.refuse("input " + std::to_string(i) + " is missing");
  return folder->second.value(node, inputs);
}

Tensor transposed(const Tensor& tensor, const std::vector<std::int64_t>& permutation) {
  Shape shape;
  std::vector<std::int64_t> strides(tensor.shape.size(), 1);
  for (std::size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * tensor.shape[i];
  for (const std::int64_t axis : permutation) shape.push_back(tensor.shape[axis]);
  Tensor result(tensor.type, shape);
  const std::size_t width = bytes_of(tensor.type);
  std::vector<std::int64_t> index(shape.size(), 0);
  for (std::size_t at = 0; at < result.bytes.size(); at += width) {
    std::int64_t source = 0;
    for (std::size_t i = 0; i < index.size(); ++i) source += index[i] * strides[permutation[i]];
    std::memcpy(&result.bytes[at], &tensor.bytes[source * width], width);
    for (std::size_t i = index.size(); i-- > 0;) {
      if (++index[i] < shape[i]) break;
      index[i] = 0;
    }
  }
  return result;
}

Shape reshaped(const Node& node, const Shape& in, const std::vector<std::int64_t>& target) {
  Shape shape = target;
  std::int64_t known = 1;
  std::ptrdiff_t open = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && i < in.size()) shape[i] = in[i];
    if (shape[i] == -1) {
      if (open >= 0) node.refuse("two open dimensions in " + to_string(target));
      open = static_cast<std::ptrdiff_t>(i);
    } else {
      known *= shape[i];
    }
  }
  if (open >= 0) shape[open] = known == 0 ? 0 : elements(in) / known;
  if (elements(shape) != elements(in)) node.refuse("cannot reshape " + to_string(in) + " to " + to_string(target));
  return shape;
}

}  // namespace castor::compiler

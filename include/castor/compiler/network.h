// The network as the machine sees it: a list of fused layers between int8 tensors with one symmetric scale each.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "castor/compiler/window.h"

namespace castor::compiler {

/// real = scale * (steps - zero_point), as a model states it.
struct Quantisation {
  float scale = 0;
  std::int64_t zero_point = 0;
  DataType type = DataType::Int8;
  bool symmetric() const { return zero_point == 0 && type == DataType::Int8; }
  float lowest() const { return scale * static_cast<float>((type == DataType::UInt8 ? 0 : -128) - zero_point); }
  float highest() const { return scale * static_cast<float>((type == DataType::UInt8 ? 255 : 127) - zero_point); }
  friend bool operator==(const Quantisation& a, const Quantisation& b) {
    return a.scale == b.scale && a.zero_point == b.zero_point && a.type == b.type;
  }
};

using TensorId = int;

/// Extents of a tensor as four dimensions; a matrix [N, C] has h = w = 1.
struct Extent {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  std::int64_t pixels() const { return n * h * w; }
  std::int64_t size() const { return n * c * h * w; }
};
Extent extent_of(const Shape& shape);

/// What flows between two layers.
struct Activations {
  std::string name;  ///< of the ONNX value
  Shape shape;       ///< ONNX order: N, C, H, W or N, C. Memory order is N, H, W, C unless `outside`.
  /// Handed in or out in ONNX order and with the model's own element type.
  bool outside = false;
  DataType type = DataType::Int8;     ///< of an outside tensor
  std::optional<Quantisation> given;  ///< the model's own, if it states one
  float scale = 0;                    ///< the one in force: real = scale * steps
  Extent extent() const { return extent_of(shape); }
};

enum class LayerKind : std::uint8_t {
  Quantise,     ///< outside -> int8
  Dequantise,   ///< int8 -> outside
  Convolution,  ///< also a batch normalisation left over, as a depthwise 1x1
  Matmul,
  Add,
  GlobalAverage,
  MaxPool,
  AveragePool,
  Concat,
  Multiply,
  Lookup,  ///< elementwise function of one tensor
  Lrn,
  Softmax,
};
const char* name_of(LayerKind kind);

/// Weights of a convolution or matmul: out x in-per-group x kernel_h x kernel_w.
struct Weights {
  Shape shape;
  std::vector<float> real;  ///< may be empty while `steps` came with the model
  std::vector<float> bias;  ///< per output; empty: none
  std::vector<std::int8_t> steps;
  float scale = 0;  ///< of steps
  std::vector<std::int32_t> bias_steps;
  bool given() const { return !steps.empty(); }
  /// `real` from `steps`, and `bias` from `bias_steps`, where they are missing.
  void make_real(float input_scale);
};

struct Layer {
  std::string name;
  LayerKind kind = LayerKind::Lookup;
  std::vector<TensorId> inputs;
  TensorId output = -1;

  Window window;                                           ///< Convolution, MaxPool, AveragePool
  std::int64_t groups = 1;                                 ///< Convolution
  Weights weights;                                         ///< Convolution, Matmul
  bool relu = false;                                       ///< fused
  float ceiling = std::numeric_limits<float>::infinity();  ///< fused Clip(0, ceiling)
  std::optional<Window> pool;                              ///< fused max-pool
  bool count_padding = false;                              ///< AveragePool
  std::string function;                                    ///< Lookup: relu, clip, sigmoid...
  std::vector<float> parameters;                           ///< of the function; of Lrn: size, alpha, beta, bias

  bool depthwise() const { return groups > 1 && weights.shape[0] == groups && weights.shape[1] == 1; }
  bool has_weights() const { return kind == LayerKind::Convolution || kind == LayerKind::Matmul; }
};

struct Network {
  std::string name;
  std::vector<Activations> tensors;
  std::vector<Layer> layers;  ///< in order of execution
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;

  std::vector<int> consumers_of(TensorId tensor) const;  ///< layer indices
  int producer_of(TensorId tensor) const;                ///< layer index, or -1
  std::uint64_t macs(const Layer& layer) const;
  /// Shape of a convolution's result before a fused pool.
  Extent unpooled(const Layer& layer) const;
};

/// The golden text form: tensors with scales, layers with what is fused into them.
std::string dump(const Network& network);

}  // namespace castor::compiler

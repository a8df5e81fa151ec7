// The sliding window of a convolution or a pool.
#pragma once

#include "castor/compiler/graph.h"

namespace castor::compiler {

struct Window {
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;  ///< padding

  std::int64_t reach_h() const { return dilation_h * (kernel_h - 1) + 1; }
  std::int64_t reach_w() const { return dilation_w * (kernel_w - 1) + 1; }
  std::int64_t out_h(std::int64_t in_h) const { return (in_h + top + bottom - reach_h()) / stride_h + 1; }
  std::int64_t out_w(std::int64_t in_w) const { return (in_w + left + right - reach_w()) / stride_w + 1; }
  bool padded() const { return top != 0 || left != 0 || bottom != 0 || right != 0; }
  /// One cell, one step, no padding.
  bool is_point() const { return kernel_h == 1 && kernel_w == 1 && stride_h == 1 && stride_w == 1 && !padded(); }
  /// "3x3/2 pad 1,1,1,1 dilation 1".
  std::string to_string() const;
};

/// Reads strides, pads, dilations, auto_pad and ceil_mode (which becomes padding at the end); refuses the node when
/// they make no sense for an input of `in` (N, C, H, W). kernel_h, kernel_w: of the weights, or 0 to read kernel_shape.
Window window_of(const Node& node, const Shape& in, std::int64_t kernel_h = 0, std::int64_t kernel_w = 0);

}  // namespace castor::compiler

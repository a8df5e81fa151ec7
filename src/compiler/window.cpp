#include "castor/compiler/window.h"

#include <algorithm>

namespace castor::compiler {
namespace {

void read_kernel(const Node& node, Window& window) {
  const auto kernel = node.integers("kernel_shape", {});
  if (window.kernel_h == 0 && kernel.empty()) node.refuse("attribute 'kernel_shape' is missing");
  if (!kernel.empty() && kernel.size() != 2) node.refuse("only two-dimensional windows are supported");
  if (window.kernel_h != 0 && !kernel.empty() && (kernel[0] != window.kernel_h || kernel[1] != window.kernel_w)) {
    node.refuse("kernel_shape " + to_string(kernel) + " disagrees with weights of " + std::to_string(window.kernel_h) +
                "x" + std::to_string(window.kernel_w));
  }
  if (window.kernel_h == 0) window.kernel_h = kernel[0], window.kernel_w = kernel[1];
}

void read_pair(const Node& node, const char* attribute, std::int64_t& h, std::int64_t& w) {
  const auto pair = node.integers(attribute, {1, 1});
  if (pair.size() != 2 || pair[0] < 1 || pair[1] < 1)
    node.refuse(std::string(attribute) + " must be two positive numbers");
  h = pair[0], w = pair[1];
}

void pad_to(std::int64_t in, std::int64_t stride, std::int64_t reach, bool upper, std::int64_t& begin,
            std::int64_t& end) {
  const std::int64_t out = (in + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + reach - in);
  begin = upper ? total / 2 : total - total / 2;
  end = total - begin;
}

void read_pads(const Node& node, const Shape& in, Window& window) {
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    pad_to(in[2], window.stride_h, window.reach_h(), automatic == "SAME_UPPER", window.top, window.bottom);
    pad_to(in[3], window.stride_w, window.reach_w(), automatic == "SAME_UPPER", window.left, window.right);
    return;
  }
  if (automatic != "NOTSET" && automatic != "VALID") {
    node.refuse("auto_pad '" + automatic + "' is not supported; allowed: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  }
  const auto pads = node.integers("pads", {0, 0, 0, 0});
  if (pads.size() != 4 || *std::min_element(pads.begin(), pads.end()) < 0)
    node.refuse("pads must be four numbers of at least 0");
  if (automatic == "NOTSET")
    window.top = pads[0], window.left = pads[1], window.bottom = pads[2], window.right = pads[3];
}

void round_up(std::int64_t in, std::int64_t begin, std::int64_t reach, std::int64_t stride, std::int64_t& end) {
  const std::int64_t steps = (in + begin + end - reach + stride - 1) / stride;
  if (steps * stride >= in + begin) return;  // the last window would start in the padding
  end = std::max(end, steps * stride + reach - in - begin);
}

}  // namespace

std::string Window::to_string() const {
  std::string text = std::to_string(kernel_h) + "x" + std::to_string(kernel_w) + "/" + std::to_string(stride_h);
  if (stride_w != stride_h) text += "x" + std::to_string(stride_w);
  if (padded()) {
    text += " pad " + std::to_string(top) + "," + std::to_string(left) + "," + std::to_string(bottom) + "," +
            std::to_string(right);
  }
  if (dilation_h != 1 || dilation_w != 1)
    text += " dilation " + std::to_string(dilation_h) + "x" + std::to_string(dilation_w);
  return text;
}

Window window_of(const Node& node, const Shape& in, std::int64_t kernel_h, std::int64_t kernel_w) {
  if (in.size() != 4) node.refuse("input is " + to_string(in) + "; allowed: four dimensions (N, C, H, W)");
  Window window;
  window.kernel_h = kernel_h, window.kernel_w = kernel_w;
  read_kernel(node, window);
  read_pair(node, "strides", window.stride_h, window.stride_w);
  read_pair(node, "dilations", window.dilation_h, window.dilation_w);
  read_pads(node, in, window);
  if (node.integer("ceil_mode", 0) != 0) {
    round_up(in[2], window.top, window.reach_h(), window.stride_h, window.bottom);
    round_up(in[3], window.left, window.reach_w(), window.stride_w, window.right);
  }
  if (in[2] + window.top + window.bottom < window.reach_h() || in[3] + window.left + window.right < window.reach_w()) {
    node.refuse("window " + window.to_string() + " is larger than the input " + to_string(in));
  }
  return window;
}

}  // namespace castor::compiler

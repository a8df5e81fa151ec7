// RTL twin: Normalizer.scala (HEAD's order of states; v0.7 differs only in where acc_scale is multiplied in).
#include <cmath>
#include <cstring>

#include "castor/common/arithmetic.h"

namespace castor {

namespace {
std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}
std::int32_t wrapping_square(std::int32_t a) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::int64_t>(a) * a));
}
/// The divider works on floats of 32 significant bits and truncates twice, which is integer division toward zero.
std::int32_t divide_toward_zero(std::int32_t sum, std::uint16_t count) {
  if (count == 0) return sum < 0 ? INT32_MIN : INT32_MAX;
  return static_cast<std::int32_t>(static_cast<std::int64_t>(sum) / count);
}
std::int32_t floor_sqrt(std::uint32_t value) {
  auto root = static_cast<std::uint32_t>(std::sqrt(static_cast<double>(value)));
  while (static_cast<std::uint64_t>(root) * root > value) --root;
  while (static_cast<std::uint64_t>(root + 1) * (root + 1) <= value) ++root;
  return static_cast<std::int32_t>(root);
}
}  // namespace

void NormStatistics::observe(NormCmd cmd, const RowBytes& acc_row, unsigned lanes, const NormConstants& constants,
                             std::uint32_t scale) {
  count_ = static_cast<std::uint16_t>(count_ + lanes);
  if (cmd == NormCmd::Reset) return;
  if (cmd == NormCmd::Max) return take_maximum(acc_row, lanes);
  add_sums(cmd, acc_row, lanes, constants);
  if (cmd == NormCmd::Mean) finish_mean();
  if (cmd == NormCmd::InvStddev) finish_inv_stddev(scale);
  if (cmd == NormCmd::InvSumExp) finish_inv_sum_exp(scale);
}

void NormStatistics::take_maximum(const RowBytes& acc_row, unsigned lanes) {
  for (unsigned i = 0; i < lanes; ++i) running_max_ = std::max(running_max_, acc_row.get<std::int32_t>(i));
  result_.max = running_max_;
}

void NormStatistics::add_sums(NormCmd cmd, const RowBytes& acc_row, unsigned lanes, const NormConstants& constants) {
  const bool squares = cmd == NormCmd::Variance || cmd == NormCmd::InvStddev;
  const bool exponentials = cmd == NormCmd::SumExp || cmd == NormCmd::InvSumExp;
  for (unsigned i = 0; i < lanes; ++i) {
    std::int32_t x = acc_row.get<std::int32_t>(i);
    if (squares) x = wrapping_square(wrapping_add(x, wrapping_add(~result_.mean, 1)));
    if (exponentials) x = iexp(wrapping_add(x, wrapping_add(~result_.max, 1)), constants, head_iexp_);
    sum_ = wrapping_add(sum_, x);
  }
}

void NormStatistics::finish_mean() {
  result_.mean = divide_toward_zero(sum_, count_);
  clear_sums();
}

void NormStatistics::finish_inv_stddev(std::uint32_t scale) {
  const std::int32_t variance = divide_toward_zero(sum_, count_);
  const std::int32_t root = floor_sqrt(static_cast<std::uint32_t>(variance));
  const float inverse = 1.0F / static_cast<float>(root == 0 ? 1 : root);
  result_.inv_stddev = bits_of(scales_once_ ? inverse * float_of(scale) : inverse);
  clear_sums();
}

void NormStatistics::finish_inv_sum_exp(std::uint32_t scale) {
  // 127 is the largest int8: softmax's 1.0. The sum itself is cleared by the output state of the Reset pass.
  const float inverse = 127.0F / static_cast<float>(sum_);
  result_.inv_sum_exp = bits_of(scales_once_ ? inverse * float_of(scale) : inverse);
  running_max_ = INT32_MIN;
}

}  // namespace castor

#include "castor/functional/host_ops.h"

#include <gtest/gtest.h>

#include <cmath>

#include "castor/common/error.h"

namespace castor::functional {
namespace {

class HostOps : public ::testing::Test {
 protected:
  static constexpr std::int64_t in = 0x1000, out = 0x2000;
  isa::HostOp op(const std::string& kind) {
    isa::HostOp op;
    op.kind = kind;
    return op.with("input", in).with("output", out);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    write_elements(memory, PhysAddr{in}, values);
  }
  template <class T>
  std::vector<T> result(std::size_t count) {
    return read_elements<T>(memory, PhysAddr{out}, count);
  }
  SparseMemory memory;
};

TEST_F(HostOps, CopyRowsWithStrides) {
  put<std::uint8_t>({1, 2, 3, 4, 5, 6});
  run_host_op(op("copy")
                  .with("bytes", std::int64_t{2})
                  .with("rows", std::int64_t{2})
                  .with("input_stride", std::int64_t{3})
                  .with("output_stride", std::int64_t{4}),
              memory);
  EXPECT_EQ(result<std::uint8_t>(6), (std::vector<std::uint8_t>{1, 2, 0, 0, 4, 5}));
}

TEST_F(HostOps, FillMemory) {
  run_host_op(op("fill").with("bytes", std::int64_t{3}).with("value", std::int64_t{-1}), memory);
  EXPECT_EQ(result<std::uint8_t>(4), (std::vector<std::uint8_t>{255, 255, 255, 0}));
}

TEST_F(HostOps, QuantiseToNearestEvenAndSaturate) {
  put<float>({0.25F, 0.75F, -100.0F, 1.0F});
  run_host_op(op("quantise").with("count", std::int64_t{4}).with("scale", 0.5).with("zero_point", std::int64_t{1}),
              memory);
  EXPECT_EQ(result<std::int8_t>(4), (std::vector<std::int8_t>{1, 3, -128, 3}));
}

TEST_F(HostOps, DequantiseBothIntegerTypes) {
  put<std::int8_t>({-2, 3});
  run_host_op(op("dequantise").with("count", std::int64_t{2}).with("scale", 0.5).with("zero_point", std::int64_t{1}),
              memory);
  EXPECT_EQ(result<float>(2), (std::vector<float>{-1.5F, 1.0F}));
  put<std::int32_t>({1000, -8});
  run_host_op(op("dequantise").with("count", std::int64_t{2}).with("scale", 0.25).with("type", std::string("int32")),
              memory);
  EXPECT_EQ(result<float>(2), (std::vector<float>{250.0F, -2.0F}));
}

TEST_F(HostOps, SoftmaxOverEachRow) {
  put<std::int8_t>({0, 0, 1, 2});
  run_host_op(op("softmax").with("count", std::int64_t{2}).with("rows", std::int64_t{2}).with("scale", 1.0), memory);
  const auto values = result<float>(4);
  EXPECT_FLOAT_EQ(values[0], 0.5F);
  EXPECT_FLOAT_EQ(values[3], 1.0F / (1.0F + std::exp(-1.0F)));
}

TEST_F(HostOps, MaxPoolIgnoresPadding) {
  put<std::int8_t>({-1, -2, -3, -4});
  run_host_op(op("max_pool")
                  .with("batches", std::int64_t{1})
                  .with("height", std::int64_t{2})
                  .with("width", std::int64_t{2})
                  .with("channels", std::int64_t{1})
                  .with("kernel", std::vector<std::int64_t>{2, 2})
                  .with("pads", std::vector<std::int64_t>{1, 1, 0, 0}),
              memory);
  EXPECT_EQ(result<std::int8_t>(4), (std::vector<std::int8_t>{-1, -1, -1, -1}));
}

TEST_F(HostOps, NameWhatIsWrong) {
  EXPECT_THROW(run_host_op(op("no_such_operator"), memory), UserError);
  EXPECT_THROW(run_host_op(op("quantise"), memory), UserError);
  EXPECT_THROW(run_host_op(op("fill").with("bytes", std::int64_t{-1}), memory), UserError);
}

TEST_F(HostOps, CanBeAddedByOthers) {
  register_host_op("test_only",
                   [](const isa::HostOp& op, Memory& memory) { memory.put<int>(op.address("output"), 7); });
  run_host_op(op("test_only"), memory);
  EXPECT_EQ(result<int>(1), std::vector<int>{7});
}

}  // namespace
}  // namespace castor::functional

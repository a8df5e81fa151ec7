#include "castor/app/outputs.h"

#include <gtest/gtest.h>

#include "castor/common/error.h"
#include "castor/compiler/npy.h"

namespace castor::app {
namespace {

TEST(Outputs, AreNamedAfterTheirTensor) {
  EXPECT_EQ(file_name_of("prob_1.x-y"), "prob_1.x-y");
  EXPECT_EQ(file_name_of("a/b:0 c"), "a_b_0_c");
}

TEST(Outputs, LeaveMemoryAsNpyFiles) {
  functional::SparseMemory memory;
  for (std::uint32_t i = 0; i < 6; ++i) memory.put<float>(PhysAddr{0x100 + 4 * i}, static_cast<float>(i));
  const OutputDirectory out(testing::TempDir() + "castor_outputs");
  write_outputs({{"logits", PhysAddr{0x100}, "float32", {2, 3}, 1.0, 0, ""}}, memory, out);
  const compiler::Tensor tensor = compiler::read_npy(out.path("output_logits.npy"));
  EXPECT_EQ(tensor.shape, (compiler::Shape{2, 3}));
  EXPECT_EQ(tensor.floats(), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

TEST(Outputs, TurnMemoryOrderIntoModelOrder) {
  functional::SparseMemory memory;
  for (std::uint32_t i = 0; i < 8; ++i) memory.put<std::int8_t>(PhysAddr{i}, static_cast<std::int8_t>(i));
  const OutputDirectory out(testing::TempDir() + "castor_outputs_nhwc");
  write_outputs({{"y", PhysAddr{0}, "int8", {1, 2, 2, 2}, 1.0, 0, "NHWC"}}, memory, out);
  const compiler::Tensor tensor = compiler::read_npy(out.path("output_y.npy"));
  EXPECT_EQ(tensor.integers(), (std::vector<std::int64_t>{0, 2, 4, 6, 1, 3, 5, 7}));
}

TEST(Inputs, KeepTheModelsOrderAndType) {
  const OutputDirectory out(testing::TempDir() + "castor_inputs");
  write_inputs({{"images:0", compiler::Tensor::of<std::int8_t>({1, 3}, {-1, 2, 3})}}, out, "core1_");
  const compiler::Tensor tensor = compiler::read_npy(out.path("core1_input_images_0.npy"));
  EXPECT_EQ(tensor.type, compiler::DataType::Int8);
  EXPECT_EQ(tensor.integers(), (std::vector<std::int64_t>{-1, 2, 3}));
}

TEST(Outputs, RefuseATypeTheyDoNotKnow) {
  const OutputDirectory out(testing::TempDir() + "castor_outputs_type");
  const functional::SparseMemory memory;
  EXPECT_THROW(write_outputs({{"y", PhysAddr{0}, "int3", {1}, 1.0, 0, ""}}, memory, out), UserError);
}

}  // namespace
}  // namespace castor::app

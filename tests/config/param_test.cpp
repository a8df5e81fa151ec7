#include "castor/config/param.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "castor/config/gemmini_params.h"
#include "user_error.h"

namespace castor::config {
namespace {

TEST(Param, ReadsAsItsValue) {
  const GemminiParams params;
  const unsigned latency = params.acc_latency;
  EXPECT_EQ(latency, 2u);
  EXPECT_EQ(params.acc_latency(), 2u);
  EXPECT_EQ(params.sp_capacity(), 256_KiB);
}

TEST(Param, KnowsItsPathTypeUnitRangeAndMeaning) {
  const GemminiParams params;
  EXPECT_EQ(params.acc_latency.path(), "gemmini.acc_latency");
  EXPECT_EQ(params.acc_latency.type(), "unsigned");
  EXPECT_STREQ(params.acc_latency.unit(), "cycles");
  EXPECT_EQ(params.acc_latency.range_text(), "2 to 64");
  EXPECT_EQ(params.acc_scale.latency.path(), "gemmini.acc_scale_args.latency");
  EXPECT_EQ(params.sp_capacity.default_text(), "256 KiB");
  EXPECT_EQ(params.dataflow.range_text(), "OS, WS, BOTH");
  EXPECT_STRNE(params.sp_capacity.doc(), "");
}

TEST(Param, RemembersWhereItsValueCameFrom) {
  GemminiParams params;
  EXPECT_EQ(params.sp_banks.origin().text(), "default");
  params.sp_banks.set(8);
  EXPECT_EQ(params.sp_banks.origin().text(), "set by the program");
  params.sp_banks.assign("2", Origin::file("x.yaml", 3));
  EXPECT_EQ(params.sp_banks.origin().text(), "x.yaml:3");
  EXPECT_EQ(params.sp_banks(), 2u);
}

TEST(Param, KeepsItsValueWhenANewOneIsRefused) {
  GemminiParams params;
  EXPECT_EQ(user_error([&] { params.acc_latency.set(1); }),
            "set by the program: gemmini.acc_latency: 1 is out of range; allowed: 2 to 64");
  EXPECT_EQ(params.acc_latency(), 2u);
  EXPECT_EQ(params.acc_latency.origin().text(), "default");
}

TEST(Param, FollowsTheGenerationUntilStated) {
  GemminiParams params;
  EXPECT_TRUE(params.spad_read_pipe_in_latency);
  EXPECT_EQ(params.spad_read_pipe_in_latency.origin().text(), "follows rtl_generation");
  params.has_store_spad.set(false);
  params.rtl_generation.set(RtlGeneration::Head);
  EXPECT_FALSE(params.spad_read_pipe_in_latency);
  EXPECT_TRUE(params.has_resadd_unroller);
  EXPECT_EQ(params.loop_conv_encoding(), LoopConvEncoding::Rectangular);
  EXPECT_FALSE(params.has_store_spad) << "a stated value does not follow";
}

TEST(Param, FollowsAnotherParameterUntilStated) {
  GemminiParams params;
  params.input_type.set(ElementType::floating(8, 8));
  EXPECT_EQ(params.weight_type().name(), "bf16");
  EXPECT_EQ(params.spatial_array_weight_type().name(), "bf16") << "through weightType";
  EXPECT_EQ(params.weight_type.default_text(), "as inputType");
}

TEST(Group, CopiesIntoAGroupOfItsOwn) {
  GemminiParams original;
  GemminiParams copy = original;
  copy.rtl_generation.set(RtlGeneration::Head);
  copy.acc_scale.latency.set(4);
  EXPECT_TRUE(original.spad_read_pipe_in_latency);
  EXPECT_FALSE(copy.spad_read_pipe_in_latency);
  EXPECT_EQ(original.acc_scale.latency(), 8u);
  EXPECT_EQ(copy.acc_scale.latency(), 4u);
  EXPECT_EQ(copy.acc_scale.latency.path(), "gemmini.acc_scale_args.latency");

  original = copy;
  EXPECT_EQ(original.acc_scale.latency(), 4u);
}

TEST(Group, VisitsEveryParameterOnceSubGroupsIncluded) {
  const GemminiParams params;
  std::vector<std::string> paths;
  params.for_each([&](const ParamBase& param) { paths.push_back(param.path()); });
  EXPECT_EQ(paths.front(), "gemmini.rtl_generation");
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "gemmini.mvin_scale_args.num_scale_units"), 1);
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
}

}  // namespace
}  // namespace castor::config

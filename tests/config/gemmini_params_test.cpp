#include "castor/config/gemmini_params.h"

#include <gtest/gtest.h>

#include "user_error.h"

namespace castor::config {
namespace {

/// The complaint of the parameters after `change`.
template <class Change>
std::string refusal(Change change) {
  GemminiParams params;
  change(params);
  return user_error([&] { params.validate(); });
}

TEST(GemminiParams, DeriveTheDefaultGeometry) {
  const GemminiParams params;
  params.validate();
  EXPECT_EQ(params.dim(), 16u);
  EXPECT_EQ(params.sp_bank_rows(), 4096u);
  EXPECT_EQ(params.sp_rows(), 16384u);
  EXPECT_EQ(params.acc_bank_rows(), 512u);
  EXPECT_EQ(params.acc_rows(), 1024u);
  EXPECT_EQ(params.sp_addr_bits(), 14u);
  EXPECT_EQ(params.acc_addr_bits(), 10u);
  EXPECT_EQ(params.local_addr_bits(), 14u);
  EXPECT_EQ(params.peak_macs_per_cycle(), 256u);
}

TEST(GemminiParams, DeriveTheDefaultFieldWidthsAndQueues) {
  const GemminiParams params;
  EXPECT_EQ(params.max_block_len(), 4u);
  EXPECT_EQ(params.max_block_len_acc(), 1u);
  EXPECT_EQ(params.mvin_cols_bits(), 7u);
  EXPECT_EQ(params.mvin_rows_bits(), 5u);
  EXPECT_EQ(params.stride_bits(), 14u);
  EXPECT_EQ(params.pixel_repeats_bits(), 5u);
  EXPECT_EQ(params.rs_id_bits(), 6u);
  EXPECT_EQ(params.dma_command_slots(), 2u);
  EXPECT_EQ(params.mesh_latency(), 32u);
  EXPECT_EQ(params.mesh_tag_queue(), 6u);
  EXPECT_EQ(params.control_queue(), 5u);
  EXPECT_EQ(params.spad_read_to_array(), 6u);
}

TEST(GemminiParams, HandLayoutAndTypesToModelAndOracle) {
  GemminiParams params;
  EXPECT_EQ(params.local_layout().acc_bank_rows, 512u);
  EXPECT_EQ(params.local_layout().data_bits(), params.local_addr_bits());
  EXPECT_EQ(params.element_types().array_output.name(), "int20");
  EXPECT_EQ(params.element_types().os_register_bits, 32u);
  params.rtl_generation.set(RtlGeneration::Head);
  EXPECT_EQ(params.element_types().os_register_bits, 20u);
}

TEST(GemminiParams, ShortenTheReadPathInTheLaterGeneration) {
  GemminiParams params;
  params.rtl_generation.set(RtlGeneration::Head);
  EXPECT_EQ(params.spad_read_to_array(), 3u);
}

TEST(GemminiParams, NeedTheThirdInstructionOnlyIfResultsMayBeOperands) {
  GemminiParams params;
  EXPECT_TRUE(params.third_instruction_needed());
  params.ex_read_from_acc.set(false);
  params.ex_write_to_spad.set(false);
  EXPECT_FALSE(params.third_instruction_needed());
}

TEST(GemminiParams, RefuseAnArrayThatIsNotSquare) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.mesh_columns.set(8); }),
      "set by the program: gemmini.meshColumns: the array must be square: tileRows * meshRows is 16, tileColumns * "
      "meshColumns is 8");
}

TEST(GemminiParams, RefuseADimensionThatIsNoPowerOfTwo) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.mesh_rows.set(12), p.mesh_columns.set(12); }),
      "set by the program: gemmini.meshRows: DIM = tileRows * meshRows must be a power of two of at least 2, not 12");
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.mesh_rows.set(1), p.mesh_columns.set(1); }),
      "set by the program: gemmini.meshRows: DIM = tileRows * meshRows must be a power of two of at least 2, not 1");
}

TEST(GemminiParams, RefuseAnArrayWhoseRowsAreTooWide) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.mesh_rows.set(128), p.mesh_columns.set(128); }),
            "set by the program: gemmini.meshRows: the array is too wide: a row has 512 B, at most 256 B are modelled");
}

TEST(GemminiParams, RefuseAScratchpadBankWhoseRowsAreNoPowerOfTwo) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.sp_capacity.set(192_KiB); }),
            "set by the program: gemmini.sp_capacity: a scratchpad bank must have a power of two of rows, not 3072");
}

TEST(GemminiParams, RefuseAScratchpadOfBrokenRows) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.sp_capacity.set(Bytes{256 * 1024 + 8}); }),
            "set by the program: gemmini.sp_capacity: sp_capacity must be whole rows: banks * rows * 16 B");
}

TEST(GemminiParams, RefuseABankWithFewerRowsThanTheArray) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.sp_capacity.set(512_B); }),
      "set by the program: gemmini.sp_capacity: the rows of a scratchpad bank must be a multiple of DIM = 16, not 8");
  EXPECT_EQ(refusal([](GemminiParams& p) { p.acc_capacity.set(1_KiB); }),
            "set by the program: gemmini.acc_capacity: the rows of an accumulator bank must be a multiple of DIM = 16, "
            "not 8");
}

TEST(GemminiParams, RefuseAnAccumulatorTooLargeForTheScratchpad) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.acc_capacity.set(1_MiB); }),
      "set by the program: gemmini.acc_capacity: the accumulator is too large: it holds 1024 tiles, allowed are the "
      "scratchpad's 1024 less 2");
}

TEST(GemminiParams, RefuseAnExecuteQueueShorterThanItsThreeHeads) {
  GemminiParams params;
  EXPECT_EQ(user_error([&] { params.ex_queue_length.set(2); }),
            "set by the program: gemmini.ex_queue_length: 2 is out of range; allowed: 3 to 1024");
}

TEST(GemminiParams, RefuseASinglePortedAccumulatorWithoutSubBanks) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.acc_singleported.set(true); }),
      "set by the program: gemmini.acc_singleported: a single-ported accumulator needs acc_sub_banks of 1, 2 or 4");
}

TEST(GemminiParams, RefuseTypesThatDoNotFitEachOther) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.weight_type.set(ElementType::sint(16)); }),
            "set by the program: gemmini.weightType: weightType must be as wide as inputType: int16 and int8");
  EXPECT_EQ(refusal([](GemminiParams& p) { p.input_type.set(ElementType::sint(20)); }),
            "set by the program: gemmini.inputType: inputType must be 8, 16, 32 or 64 bits wide");
  EXPECT_EQ(refusal([](GemminiParams& p) { p.acc_type.set(ElementType::floating(8, 24)); }),
            "set by the program: gemmini.accType: inputType and accType must both be integers or both be floats");
}

TEST(GemminiParams, RefuseASharedMvinScaleOfUnlikeTypes) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.mvin_scale_shared.set(true); }),
            "set by the program: gemmini.mvin_scale_shared: mvin_scale_shared needs inputType as wide as accType");
  EXPECT_EQ(refusal([](GemminiParams& p) { p.mvin_scale_shared.set(true), p.mvin_scale.enabled.set(false); }),
            "set by the program: gemmini.mvin_scale_shared: mvin_scale_shared needs mvin_scale_args and no "
            "mvin_scale_acc_args");
}

TEST(GemminiParams, RefuseMvinScalesOfUnlikeWidth) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) {
        p.mvin_scale_acc.enabled.set(true);
        p.mvin_scale_acc.type.set(ElementType::floating(5, 11));
      }),
      "set by the program: gemmini.mvin_scale_acc_args.multiplicand_t: the multiplicand_t of both mvin scales must "
      "be equally wide");
}

TEST(GemminiParams, RefuseAScaleWithNoUnits) {
  EXPECT_EQ(
      refusal([](GemminiParams& p) { p.acc_scale.units.set(0); }),
      "set by the program: gemmini.acc_scale_args.num_scale_units: num_scale_units must be -1 (one for each lane) "
      "or at least 1");
}

TEST(GemminiParams, RefuseMoreThan255Counters) {
  GemminiParams params;
  EXPECT_EQ(user_error([&] { params.num_counter.set(256); }),
            "set by the program: gemmini.num_counter: 256 is out of range; allowed: 0 to 255");
}

TEST(GemminiParams, RefuseRequestsSmallerThanABeat) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.dma_maxbytes.set(8_B); }),
            "set by the program: gemmini.dma_maxbytes: dma_maxbytes must be at least one beat of 16 B");
}

TEST(GemminiParams, RefuseShifterBanksThatDoNotDivideTheArray) {
  EXPECT_EQ(refusal([](GemminiParams& p) { p.shifter_banks.set(3); }),
            "set by the program: gemmini.shifter_banks: shifter_banks must divide DIM = 16, 3 does not");
}

}  // namespace
}  // namespace castor::config

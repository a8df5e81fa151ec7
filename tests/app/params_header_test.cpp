#include "castor/app/params_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "castor/config/soc_config.h"

namespace castor::app {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string header_of(const std::string& file) {
  return params_header(config::SocConfig::load(std::string(CASTOR_SOURCE_DIR) + "/configs/" + file).gemmini);
}

// The program exits with 0 if every condition holds.
int compile_and_run(const std::string& header, const std::string& conditions) {
  const std::string base = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
  std::ofstream(base + ".c") << header << "int main(void) { return (" << conditions << ") ? 0 : 1; }\n";
  const std::string build = "cc -std=gnu11 -Wall -Werror -Wno-unused -o " + base + " " + base + ".c";
  if (std::system(build.c_str()) != 0) return -1;
  return std::system(base.c_str());
}

TEST(ParamsHeader, StatesTheSizesOfTheMeasuredMachine) {
  const std::string header = header_of("rtl-default.yaml");
  for (const char* line : {"#define XCUSTOM_ACC 3\n",
                           "#define DIM 16\n",
                           "#define ADDR_LEN 32\n",
                           "#define BANK_NUM 4\n",
                           "#define BANK_ROWS 4096\n",
                           "#define ACC_ROWS 1024\n",
                           "#define MAX_BYTES 64\n",
                           "#define MAX_BLOCK_LEN 4\n",
                           "#define MAX_BLOCK_LEN_ACC 1\n",
                           "typedef int8_t elem_t;\n",
                           "typedef int32_t acc_t;\n",
                           "typedef int64_t full_t;\n",
                           "#define HAS_MVIN_SCALE\n",
                           "typedef float scale_t;\n",
                           "typedef uint32_t scale_t_bits;\n",
                           "typedef int32_t scale_acc_t;\n",
                           "typedef float acc_scale_t;\n",
                           "#define ACC_SCALE_T_IS_FLOAT\n",
                           "#define ACC_SCALE_EXP_BITS 8\n",
                           "#define ACC_SCALE_SIG_BITS 24\n",
                           "#define ACC_READ_SMALL_WIDTH\n",
                           "#define ACC_READ_FULL_WIDTH\n",
                           "#define HAS_FIRST_LAYER_OPTIMIZATIONS\n"})
    EXPECT_THAT(header, HasSubstr(line));
  for (const char* name : {"ELEM_T_IS_FLOAT", "HAS_MVIN_ACC_SCALE", "HAS_NORMALIZATIONS"})
    EXPECT_THAT(header, Not(HasSubstr(name)));
}

TEST(ParamsHeader, RoundsAndClipsAsTheHardwareDoes) {
  EXPECT_EQ(compile_and_run(
                header_of("rtl-default.yaml"),
                "ACC_SCALE(1, 0.5f) == 0 && ACC_SCALE(3, 0.5f) == 2 && ACC_SCALE(-1, 0.5f) == 0 &&"
                "ACC_SCALE(1000, 1.0f) == 127 && ACC_SCALE(-1000, 1.0f) == -128 &&"
                "MVIN_SCALE((elem_t)5, 0.5f) == 2 && MVIN_SCALE((elem_t)7, 0.5f) == 4 && MVIN_SCALE_ACC(7, 2) == 7 &&"
                "ROUNDING_RIGHT_SHIFT(5, 1) == 2 && ROUNDING_RIGHT_SHIFT(7, 1) == 4 &&"
                "ROUNDING_RIGHT_SHIFT(-5, 1) == -2 && ROUNDING_RIGHT_SHIFT(9, 0) == 9 &&"
                "ROUNDING_RIGHT_SHIFT(6, 2) == 2 && ROUNDING_RIGHT_SHIFT(10, 2) == 2 &&"
                "ROUND_NEAR_EVEN(2.5f) == 2.0f && ROUND_NEAR_EVEN(-3.5) == -4.0 && ROUND_NEAR_EVEN(2.51f) == 3.0f &&"
                "elem_t_max == 127 && elem_t_min == -128 && sizeof(elem_t) == 1 && sizeof(acc_t) == 4"),
            0);
}

TEST(ParamsHeader, AlignsRows) {
  EXPECT_EQ(compile_and_run(header_of("rtl-default.yaml") +
                                "static elem_t a[3] row_align(1); static acc_t b[3] row_align_acc(1);\n",
                            "((uintptr_t)a % 16) == 0 && ((uintptr_t)b % 64) == 0"),
            0);
}

TEST(ParamsHeader, OfAFloatMachineCompiles) {
  const std::string header = header_of("fp-gemmini-rocket.yaml");
  EXPECT_THAT(header, HasSubstr("#define ELEM_T_IS_FLOAT\n"));
  EXPECT_EQ(compile_and_run(header,
                            "ACC_SCALE(3.0f, 0.5f) == 1.5f && elem_t_max > 3e38f && elem_t_min < -3e38f &&"
                            "sizeof(elem_t_bits) == sizeof(elem_t) && ELEM_T_EXP_BITS == 8 && ELEM_T_SIG_BITS == 24"),
            0);
}

TEST(ParamsHeader, StatesLimitsOfNarrowFloatsAsValues) {
  const std::string header = header_of("gemmini/bf16.yaml");
  EXPECT_THAT(header, HasSubstr("#define ELEM_T_IS_LOWPREC_FLOAT\n"));
  EXPECT_EQ(compile_and_run(header,
                            "elem_t_max > 3.3e38f && elem_t_min == -elem_t_max && sizeof(elem_t) == 2 &&"
                            "ELEM_T_EXP_BITS == 8 && ELEM_T_SIG_BITS == 8 && sizeof(acc_t) == 4"),
            0);
}

TEST(ParamsHeader, KeepsTheTypesOfScalesThatAreNotBuiltIn) {
  const config::SocConfig soc = config::SocConfig::load(std::string(CASTOR_SOURCE_DIR) + "/configs/rtl-default.yaml",
                                                        {"gemmini.mvin_scale_args.enabled=false"});
  const std::string header = params_header(soc.gemmini);
  EXPECT_THAT(header, Not(HasSubstr("HAS_MVIN_SCALE")));
  EXPECT_EQ(compile_and_run(header,
                            "MVIN_SCALE_IDENTITY == 0 && MVIN_SCALE((elem_t)7, 0) == 7 && sizeof(scale_t) == 4 &&"
                            "(scale_t)0.5 == 0"),
            0);
}

TEST(ParamsHeader, DividesFloatsWhereIntegersShift) {
  EXPECT_EQ(compile_and_run(header_of("fp-gemmini-rocket.yaml"), "ROUNDING_RIGHT_SHIFT(5.0, 1) == 2.5"), 0);
}

// Past bug 11: the header said 2 for every machine, and the unroller went by a parameter of residual additions.
TEST(ParamsHeader, NormalisesAsManyRowsAtATimeAsTheMachine) {
  const auto of = [](const char* config) {
    return params_header(config::SocConfig::load(std::string(CASTOR_SOURCE_DIR) + "/configs/" + config,
                                                 {"gemmini.has_normalizations=true"})
                             .gemmini);
  };
  EXPECT_THAT(of("rtl-default.yaml"), HasSubstr("#define NORM_STAT_IDS 4\n"));
  EXPECT_THAT(of("rtl-default.yaml"), HasSubstr("#define GEMMINI_NORM_SCALES_TWICE\n"));
  EXPECT_THAT(of("gemmini-rocket.yaml"), HasSubstr("#define NORM_STAT_IDS 2\n"));
  EXPECT_THAT(of("gemmini-rocket.yaml"), Not(HasSubstr("GEMMINI_NORM_SCALES_TWICE")));
}

TEST(ParamsHeader, TellsTheLibraryWhatOlderRtlLacks) {
  const char* switches[] = {"GEMMINI_LOOP_CONV_IS_SQUARE", "GEMMINI_NO_RESADD_UNROLLER", "GEMMINI_NO_LOOP_SPAD_IDS"};
  for (const char* name : switches) {
    EXPECT_THAT(header_of("rtl-default.yaml"), HasSubstr(name));
    EXPECT_THAT(header_of("gemmini-rocket.yaml"), Not(HasSubstr(name)));
    EXPECT_THAT(header_of("rtl-b.yaml"), Not(HasSubstr(name)));
  }
}

}  // namespace
}  // namespace castor::app

// Machines that compute in floating point, from the commands to memory: against sums done here, and against the oracle.
#include <gtest/gtest.h>

#include <cstring>
#include <tuple>
#include <vector>

#include "castor/functional/oracle.h"
#include "castor/soc/checker.h"
#include "castor/soc/soc.h"

namespace castor::soc {
namespace {

using sim::StepOrder;

constexpr PhysAddr a_at{0x80000000}, b_at{0x80001000}, bias_at{0x80002000}, c_at{0x80010000}, wide_at{0x80020000};

/// Elements of one type as bytes: a bfloat16 is the upper half of a float32.
struct Format {
  const char* config;
  unsigned dim, bytes;
  std::uint64_t cycles;
};

// Cycles of this machine as it is; they move only with a law of the timing.
constexpr Format fp32{"gemmini/fp32.yaml", 4, 4, 1311}, bf16{"gemmini/bf16-8x8.yaml", 8, 2, 1577};

void PrintTo(const Format& format, std::ostream* out) { *out << format.config; }

/// Whole small numbers: exact in every format, also their products and sums of few.
float number(unsigned seed, unsigned i) { return static_cast<float>(static_cast<int>((i * 7 + seed * 3) % 5) - 2); }

void put(functional::Memory& memory, PhysAddr at, unsigned bytes, unsigned index, float value) {
  std::uint8_t whole[4];
  std::memcpy(whole, &value, 4);
  memory.write(at + std::uint64_t{index} * bytes, whole + 4 - bytes, bytes);
}

float get(const functional::Memory& memory, PhysAddr at, unsigned bytes, unsigned index) {
  std::uint8_t whole[4] = {};
  memory.read(at + std::uint64_t{index} * bytes, whole + 4 - bytes, bytes);
  float value;
  std::memcpy(&value, whole, 4);
  return value;
}

void fill(functional::Memory& memory, const Format& format) {
  for (unsigned i = 0; i < 4 * format.dim * format.dim; ++i) {
    put(memory, a_at, format.bytes, i, number(1, i));
    put(memory, b_at, format.bytes, i, number(2, i));
    put(memory, bias_at, 4, i, number(3, i));
  }
}

std::string text(std::uint64_t value) { return std::to_string(value); }

/// C = 0.5 * (A * B + bias) for matrices of two tiles in each direction, by the matmul unroller; then the first tile of
/// the accumulator again, as it is.
std::string program(const Format& f) {
  const std::string row = text(2 * f.dim * f.bytes), elements = text(2 * f.dim), dim = text(f.dim);
  const auto load = [&](unsigned state, const std::string& stride) {
    return "config_mvin state=" + text(state) + " stride=" + stride + " block_stride=" + dim + "\n";
  };
  return "layer name=\"matmul\" op=MatMul on=accelerator macs=" + text(8ULL * f.dim * f.dim * f.dim) +
         "\nconfig_ex\nconfig_mvout stride=" + row + " acc_scale=0.5\n" + load(0, row) + load(1, row) +
         load(2, text(8ULL * f.dim)) + "loop_ws_config_bounds i=2 j=2 k=2\n" +
         "loop_ws_config_addrs_ab a=0x80000000 b=0x80001000\n" + "loop_ws_config_addrs_dc d=0x80002000 c=0x80010000\n" +
         "loop_ws_config_strides_ab a=" + elements + " b=" + elements + "\n" +
         "loop_ws_config_strides_dc d=" + elements + " c=" + elements + "\n" + "loop_ws ex_accumulate=1\nfence\n" +
         "config_mvout stride=" + text(4ULL * f.dim) + "\n" + "mvout dram=0x80020000 local=acc+0+full rows=" + dim +
         " cols=" + dim + "\nfence\n";
}

float sum_of(const Format& f, unsigned row, unsigned column) {
  const unsigned n = 2 * f.dim;
  float sum = number(3, row * n + column);
  for (unsigned k = 0; k < n; ++k) sum += number(1, row * n + k) * number(2, k * n + column);
  return sum;
}

using Run = std::tuple<Format, bool, StepOrder>;

class FloatMachine : public testing::TestWithParam<Run> {};

TEST_P(FloatMachine, MultipliesAddsAndScales) {
  const auto [format, values, order] = GetParam();
  const auto config = config::SocConfig::load(std::string(CASTOR_SOURCE_DIR "/configs/") + format.config);
  Soc soc("soc", config, {Driver::CommandStream, values, order});
  std::istringstream in(program(format));
  const isa::Stream stream = isa::read_stream(in, "test", functional::OracleParams(config.gemmini).stream_options());
  host::CommandStreamHost& host = *soc.tile().stream_host;
  host.load(stream);
  Checker checker(functional::OracleParams(config.gemmini), soc.tile().accelerator->local_memory(),
                  soc.memory().bytes());
  if (values) {
    fill(soc.memory().bytes(), format);
    for (functional::Memory* memory : checker.memories()) fill(*memory, format);
    soc.probes().attach(checker);
    host.attach(checker);
  }
  ASSERT_EQ(soc.run(), sim::StopReason::Finished);
  EXPECT_EQ(soc.cycles().count(), format.cycles);
  if (!values) return;
  EXPECT_EQ(checker.mismatches(), 0U) << checker.first_mismatch();
  EXPECT_GT(checker.checked_commands(), 8U);
  for (unsigned row = 0; row < 2 * format.dim; ++row)
    for (unsigned column = 0; column < 2 * format.dim; ++column)
      ASSERT_EQ(get(soc.memory().bytes(), c_at, format.bytes, row * 2 * format.dim + column),
                0.5F * sum_of(format, row, column))
          << row << ' ' << column;
  for (unsigned i = 0; i < format.dim * format.dim; ++i)
    ASSERT_EQ(get(soc.memory().bytes(), wide_at, 4, i), sum_of(format, i / format.dim, i % format.dim));
}

std::string name_of(const testing::TestParamInfo<Run>& info) {
  const auto& [format, values, order] = info.param;
  return std::string(format.bytes == 4 ? "Fp32" : "Bf16") + (values ? "" : "WithoutValues") +
         (order == StepOrder::Normal ? "" : "Reversed");
}

INSTANTIATE_TEST_SUITE_P(Everyway, FloatMachine,
                         testing::Combine(testing::Values(fp32, bf16), testing::Bool(),
                                          testing::Values(StepOrder::Normal, StepOrder::Reversed)),
                         name_of);

}  // namespace
}  // namespace castor::soc

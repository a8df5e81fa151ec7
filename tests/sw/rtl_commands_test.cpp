// The programs that were measured on the RTL, called once more against this library: command by command what the
// accelerator accepted there (tests/rtl, tests/rtl-b; field meanings in tests/rtl/README.md). Built once a machine.
#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <sstream>

#include "oracle_rocc.h"

// Last: its macros have short names.
#include "castor/sw/include/gemmini.h"

namespace castor::sw {
namespace {

/// Where the programs put their operands.
class Regions {
 public:
  static constexpr std::uint64_t warm_up = 0x83000000;
  std::uint64_t next(std::uint64_t bytes) {
    const std::uint64_t here = next_;
    next_ += page_up(bytes + 4096);
    return here;
  }
  static std::uint64_t page_up(std::uint64_t bytes) { return (bytes + 4095) & ~std::uint64_t{4095}; }

 private:
  std::uint64_t next_ = 0x84000000;
};

template <class T>
T* pointer(std::uint64_t address) {
  return reinterpret_cast<T*>(address);
}

struct MatmulProgram {
  int bias, full;
  bool at, bt;
  tiled_matmul_type_t type;
  std::vector<std::uint64_t> sizes;
};

void matmul(std::uint64_t a, std::uint64_t n, const MatmulProgram& p) {
  const std::uint64_t b = a + Regions::page_up(n * n), d = b + Regions::page_up(n * n),
                      c = d + Regions::page_up(n * n * 4);
  tiled_matmul_auto(n, n, n, pointer<elem_t>(a), pointer<elem_t>(b), p.bias ? pointer<void>(d) : nullptr,
                    pointer<void>(c), n, n, n, n, 1.0, 1.0, 1, NO_ACTIVATION, 1.0, 1.0, p.bias == 2, p.at, p.bt, p.full,
                    false, 0, p.type);
}

void run(const MatmulProgram& p) {
  Regions regions;
  matmul(Regions::warm_up, 16, {0, 0, false, false, WS, {}});
  if (p.type == OS) matmul(Regions::warm_up, 16, {0, 0, false, false, OS, {}});
  for (const std::uint64_t n : p.sizes) {
    const std::uint64_t a = regions.next(10 * n * n + 5 * 4096);
    for (int twice = 0; twice < 2; ++twice) matmul(a, n, p);
  }
}

/// in, in-channels, out-channels, out, stride, padding, kernel
using ConvLayer = std::array<int, 7>;

void conv(std::uint64_t input, const ConvLayer& layer) {
  const auto [in, ic, oc, out, stride, padding, kernel] = layer;
  const auto bytes = [](int count) { return Regions::page_up(static_cast<std::uint64_t>(count)); };
  const std::uint64_t weights = input + bytes(in * in * ic), bias = weights + bytes(kernel * kernel * ic * oc),
                      output = bias + bytes(oc * 4);
  tiled_conv_auto(1, in, in, ic, oc, out, out, stride, 1, 1, padding, kernel, false, false, false, false, false,
                  pointer<elem_t>(input), pointer<elem_t>(weights), pointer<acc_t>(bias), pointer<elem_t>(output), RELU,
                  1.0, 0, 0, 0, WS);
}

void convolutions() {
  Regions regions;
  conv(Regions::warm_up, {4, 16, 16, 4, 1, 1, 3});
  for (const ConvLayer& layer :
       {ConvLayer{7, 16, 16, 7, 1, 1, 3}, ConvLayer{14, 64, 64, 14, 1, 0, 1}, ConvLayer{14, 64, 64, 14, 1, 1, 3},
        ConvLayer{28, 32, 64, 14, 2, 1, 3}, ConvLayer{28, 64, 128, 14, 2, 0, 1}}) {
    const auto [in, ic, oc, out, stride, padding, kernel] = layer;
    const int bytes = in * in * ic + kernel * kernel * ic * oc + oc * 4 + out * out * oc + 5 * 4096;
    const std::uint64_t input = regions.next(static_cast<std::uint64_t>(bytes));
    for (int twice = 0; twice < 2; ++twice) conv(input, layer);
  }
}

void residual_addition(std::uint64_t a, std::uint64_t i, std::uint64_t j) {
  const std::uint64_t bytes = Regions::page_up(i * j);
  tiled_resadd_auto(i, j, 1.0, 1.0, 1.0, pointer<elem_t>(a), pointer<elem_t>(a + bytes), pointer<elem_t>(a + 2 * bytes),
                    true, WS);
}

[[maybe_unused]] void residual_additions() {
  Regions regions;
  residual_addition(Regions::warm_up, 16, 16), residual_addition(Regions::warm_up, 64, 64);
  const std::array<std::uint64_t, 2> sizes[] = {{16, 16},   {16, 64},   {64, 16},   {64, 64},  {128, 128},
                                                {196, 256}, {256, 256}, {100, 100}, {784, 128}};
  for (const auto [i, j] : sizes) {
    const std::uint64_t a = regions.next(i * j * 3 + 4 * 4096);
    for (int twice = 0; twice < 2; ++twice) residual_addition(a, i, j);
  }
}

struct Measured {
  const char* trace;
  std::function<void()> program;
};

Measured measured(const char* trace, const MatmulProgram& program) {
  return {trace, [program] { run(program); }};
}

std::vector<isa::Command> accepted_on_the_rtl(const std::string& path) {
  const auto close = [](gzFile file) { gzclose(file); };
  const std::unique_ptr<gzFile_s, decltype(close)> file(gzopen(path.c_str(), "rb"), close);
  std::vector<isa::Command> commands;
  for (char line[512]; file && gzgets(file.get(), line, sizeof line);) {
    std::istringstream words(line);
    std::string cycle, event, funct, rs1, rs2;
    words >> cycle >> event >> funct >> rs1 >> rs2;
    if (event != "cmd") continue;
    commands.push_back({static_cast<std::uint8_t>(std::stoul(funct, nullptr, 16)), std::stoull(rs1, nullptr, 16),
                        std::stoull(rs2, nullptr, 16)});
  }
  return commands;
}

std::string text(const isa::Command& c) {
  std::ostringstream out;
  out << std::hex << +c.funct << ' ' << c.rs1 << ' ' << c.rs2;
  return out.str();
}

class MeasuredProgram : public testing::TestWithParam<Measured> {};

/// A trace may end before its program did.
TEST_P(MeasuredProgram, IssuesTheCommandsThatTheRtlAccepted) {
  const config::SocConfig soc =
      config::SocConfig::load(std::string(CASTOR_SOURCE_DIR) + "/configs/" + CASTOR_SW_CONFIG);
  OracleRocc rocc(soc.gemmini, false);
  gemmini_flush(0);
  GetParam().program();
  const auto expected =
      accepted_on_the_rtl(std::string(CASTOR_SOURCE_DIR) + "/tests/" + GetParam().trace + ".trace.gz");
  ASSERT_GT(expected.size(), 20u) << "no trace";
  ASSERT_GE(rocc.commands.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(text(rocc.commands[i]), text(expected[i])) << "command " << i << " of " << expected.size();
}

#ifdef GEMMINI_LOOP_CONV_IS_SQUARE
INSTANTIATE_TEST_SUITE_P(
    FirstMachine, MeasuredProgram,
    testing::Values(measured("rtl/traces/matmul_a",
                             {0, 0, false, false, WS, {16, 32, 48, 64, 96, 128, 192, 256, 17, 30, 50}}),
                    measured("rtl/traces/matmul_bias", {1, 0, false, false, WS, {16, 32}}),
                    measured("rtl/traces/matmul_bt", {0, 0, false, true, WS, {16, 64, 128}}),
                    measured("rtl/traces/matmul_full", {0, 1, false, false, WS, {16, 64, 128}}),
                    measured("rtl/traces/matmul_os", {0, 0, false, false, OS, {16, 32, 64}}),
                    Measured{"rtl/traces/conv_small", convolutions}, Measured{"rtl/traces/resadd", residual_additions}),
    [](const auto& info) { return std::string(info.param.trace).substr(11); });
#else
INSTANTIATE_TEST_SUITE_P(SecondMachine, MeasuredProgram,
                         testing::Values(measured("rtl-b/traces/matmul",
                                                  {0, 0, false, false, WS, {16, 32, 48, 64, 96, 128}}),
                                         Measured{"rtl-b/traces/conv", convolutions}),
                         [](const auto& info) { return std::string(info.param.trace).substr(13); });
#endif

}  // namespace
}  // namespace castor::sw

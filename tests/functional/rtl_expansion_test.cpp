// The unrollers of two measured machines against the expander: after each segment, the commands the reservation station
// took are exactly (in any order) those the expander makes of the commands at the accelerator's port.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <sstream>

#include "castor/functional/loop_expander.h"
#include "castor/isa/stream.h"

namespace castor::functional {
namespace {

class Trace {
 public:
  explicit Trace(const std::string& path) : file_(gzopen(path.c_str(), "rb")) {}
  ~Trace() {
    if (file_) gzclose(file_);
  }
  bool open() const { return file_ != nullptr; }
  bool next(std::string& line) {
    char buffer[512];
    if (!gzgets(file_, buffer, sizeof buffer)) return false;
    line = buffer;
    return true;
  }

 private:
  gzFile file_;
};

/// What a command means, as text: undriven bits and the spelling of the garbage address do not matter.
std::string meaning(isa::Command command) {
  const LocalLayout layout;
  const auto clean = [&](std::uint64_t word) {
    isa::LocalBlock block = isa::LocalBlock::decode(word);
    const LocalAddr flags{block.addr.raw() & 0xE0000000U};
    block.addr =
        block.addr.is_garbage(layout) ? LocalAddr::garbage() : flags.with_data(block.addr.data(layout), layout);
    return block.encode();
  };
  if (command.is_mvin() || command.function() == isa::Funct::Mvout) command.rs2 = clean(command.rs2);
  if (command.is_compute() || command.function() == isa::Funct::Preload)
    command.rs1 = clean(command.rs1), command.rs2 = clean(command.rs2);
  if (command.is_config(isa::ConfigKind::Mvin)) command = isa::ConfigMvin::decode(command).encode();
  if (command.is_config(isa::ConfigKind::Mvout)) command = isa::ConfigMvout::decode(command).encode();
  return isa::to_text(command);
}

class Replay {
 public:
  explicit Replay(const LoopParams& params) : expander_(params) {}

  void run(const std::string& path) {
    Trace trace(path);
    ASSERT_TRUE(trace.open()) << path;
    for (std::string line; trace.next(line);) {
      take(line);
      if (::testing::Test::HasFatalFailure()) return;
    }
    compare();
  }

  std::size_t loops() const { return loops_; }

 private:
  void take(const std::string& line) {
    std::istringstream words(line);
    std::string first, event, funct, rs1, rs2;
    words >> first >> event;
    if (first == "segment") {
      compare();
      segment_ = line;
    } else if (event == "cmd" || event == "alloc") {
      words >> funct >> rs1 >> rs2;
      const isa::Command command{static_cast<std::uint8_t>(std::stoul(funct, nullptr, 16)),
                                 std::stoull(rs1, nullptr, 16), std::stoull(rs2, nullptr, 16)};
      event == "cmd" ? accept(command) : taken_.push_back(meaning(command));
    }
  }

  void accept(const isa::Command& command) {
    if (command.is_loop_ws() || command.is_loop_conv()) {
      const auto commands = expander_.accept(command);
      loops_ += !commands.empty();
      for (const isa::Command& plain : commands) expected_.push_back(meaning(plain));
    } else if (command.queue() != isa::Queue::None) {
      expected_.push_back(meaning(command));
    }
  }

  void compare() {
    std::sort(expected_.begin(), expected_.end());
    std::sort(taken_.begin(), taken_.end());
    ASSERT_EQ(expected_.size(), taken_.size()) << segment_;
    for (std::size_t i = 0; i < taken_.size(); ++i) ASSERT_EQ(expected_[i], taken_[i]) << segment_;
    expected_.clear(), taken_.clear();
  }

  LoopExpander expander_;
  std::vector<std::string> expected_, taken_;
  std::string segment_;
  std::size_t loops_ = 0;
};

LoopParams first_machine() { return {}; }
LoopParams second_machine() {
  LoopParams params;
  params.conv_encoding = isa::ConvEncoding::Rectangular;
  params.has_spad_ids = params.has_resadd = true;
  return params;
}

std::string at(const std::string& folder, const std::string& name) {
  return std::string(CASTOR_SOURCE_DIR) + "/tests/" + folder + "/traces/" + name + ".trace.gz";
}

class MeasuredMachine : public ::testing::TestWithParam<const char*> {};

TEST_P(MeasuredMachine, UnrollsAsTheExpanderSays) {
  Replay replay(first_machine());
  replay.run(at("rtl", GetParam()));
  if (std::string(GetParam()) != "mvin") {
    EXPECT_GT(replay.loops(), 0u);
  }
}
INSTANTIATE_TEST_SUITE_P(Traces, MeasuredMachine,
                         ::testing::Values("conv_small", "matmul_a", "matmul_bias", "matmul_bt", "matmul_full",
                                           "mvin"));

class SecondMeasuredMachine : public ::testing::TestWithParam<const char*> {};

TEST_P(SecondMeasuredMachine, UnrollsAsTheExpanderSays) {
  Replay replay(second_machine());
  replay.run(at("rtl-b", GetParam()));
  EXPECT_GT(replay.loops(), 0u);
}
INSTANTIATE_TEST_SUITE_P(Traces, SecondMeasuredMachine, ::testing::Values("conv", "matmul"));

}  // namespace
}  // namespace castor::functional

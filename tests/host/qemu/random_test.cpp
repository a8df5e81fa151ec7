// Random programs: the hart and QEMU agree on every register at every checkpoint.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "agreement.h"
#include "random_program.h"

namespace castor::host {
namespace {

using namespace test;

constexpr unsigned stretches = 1100, instructions_a_stretch = 100;
constexpr std::uint64_t fewest_instructions = 100000;

std::uint64_t first_seed() {
  const char* given = std::getenv("CASTOR_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

class RandomProgramsAgainstQemu : public testing::TestWithParam<unsigned> {};

TEST_P(RandomProgramsAgainstQemu, LeaveTheSameRegistersAfterEveryStretch) {
  CASTOR_NEEDS_QEMU();
  const std::uint64_t seed = first_seed() + GetParam();
  std::cout << "seed " << seed << " (CASTOR_SEED)\n";
  const RandomProgram random(seed, stretches, instructions_a_stretch);
  const auto ours = random.program().run_on_hart();
  const auto theirs = random.program().run_on_qemu();
  EXPECT_GE(ours.instructions, fewest_instructions);
  ASSERT_EQ(ours.written.size(), stretches * RandomProgram::checkpoint_words);
  ASSERT_EQ(theirs.written.size(), ours.written.size());
  for (std::size_t i = 0; i < ours.written.size(); ++i)
    ASSERT_EQ(ours.written[i], theirs.written[i])
        << std::hex << "0x" << ours.written[i] << ", QEMU 0x" << theirs.written[i] << std::dec << " in "
        << RandomProgram::name_of(i % RandomProgram::checkpoint_words) << " after stretch "
        << i / RandomProgram::checkpoint_words;
}

TEST(Hart, ComputesTheSameInstructionByInstruction) {
  const RandomProgram random(first_seed(), stretches, instructions_a_stretch);
  const auto at_once = random.program().run_on_hart(LinuxProgram::Drive::Run);
  const auto stepped = random.program().run_on_hart(LinuxProgram::Drive::InstructionByInstruction);
  EXPECT_EQ(stepped.instructions, at_once.instructions);
  EXPECT_TRUE(stepped.written == at_once.written);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomProgramsAgainstQemu, testing::Range(0U, 8U));

}  // namespace
}  // namespace castor::host

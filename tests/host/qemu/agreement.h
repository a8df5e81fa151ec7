// The judgement of QEMU.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ios>

#include "linux_program.h"

#define CASTOR_NEEDS_QEMU() \
  if (!LinuxProgram::qemu_is_there()) GTEST_SKIP() << "qemu-riscv64 is missing: apt-get install qemu-user"

namespace castor::host::test {

/// Runs the program on both; `record`: how many words belong together. Tells the first record that differs.
inline void expect_agreement(const LinuxProgram& program, std::size_t record = 1) {
  const std::vector<std::uint64_t> ours = program.run_on_hart().written, theirs = program.run_on_qemu().written;
  ASSERT_EQ(ours.size(), theirs.size());
  ASSERT_FALSE(ours.empty());
  const auto different = std::mismatch(ours.begin(), ours.end(), theirs.begin());
  if (different.first == ours.end()) return;
  const auto at = static_cast<std::size_t>(different.first - ours.begin());
  ADD_FAILURE() << "record " << at / record << ", word " << at % record << ": 0x" << std::hex << *different.first
                << ", QEMU 0x" << *different.second;
}

}  // namespace castor::host::test

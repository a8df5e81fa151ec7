// A RISC-V program as an ELF file for Linux, run by the hart and by qemu-riscv64: what it writes must be the same.
//
// The program lies at fixed addresses. It leaves what it computes at `output` and calls write_output() as it goes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../hart/assembler.h"

namespace castor::host::test {

class LinuxProgram {
 public:
  static constexpr std::uint64_t origin = 0x100000, data = 0x400000, output = 0x500000, end = 0xa00000;
  /// Reserved by the program: where the next word of output goes.
  static constexpr unsigned out = 31;

  /// Its first instructions: floating point off the shelf, `out` at the beginning.
  LinuxProgram();

  Assembler code{origin};
  /// Appends words to the data and returns where they lie.
  std::uint64_t put(const std::vector<std::uint64_t>& words);

  /// rs -> output.
  void emit(unsigned rs);
  void emit_float(unsigned rs);
  /// Hands what has been emitted to the outside; uses a0, a1, a2 and a7.
  void write_output();
  /// The end of the program.
  void finish();

  struct Run {
    std::vector<std::uint64_t> written;
    std::uint64_t instructions = 0;  ///< executed; unknown of QEMU
  };
  /// The two ways to drive a hart.
  enum class Drive { Run, InstructionByInstruction };
  /// Errors of the program throw.
  Run run_on_hart(Drive drive = Drive::Run) const;
  Run run_on_qemu() const;
  static bool qemu_is_there();

 private:
  void write_elf(const std::string& path) const;

  std::vector<std::uint64_t> data_;
};

}  // namespace castor::host::test

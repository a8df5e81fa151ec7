// Long random programs of user instructions, reproducible from a seed: arithmetic, floating point in all rounding
// modes, loads, stores, atomics, forward branches and jumps, small loops, compressed instructions. Every register is
// written out after each stretch.
#pragma once

#include <random>
#include <vector>

#include "castor/host/decoder.h"
#include "linux_program.h"

namespace castor::host::test {

class RandomProgram {
 public:
  /// What a checkpoint writes: x1 to x30, f0 to f31, fcsr.
  static constexpr std::size_t checkpoint_words = 30 + 32 + 1;

  RandomProgram(std::uint64_t seed, unsigned stretches, unsigned instructions_a_stretch);
  const LinuxProgram& program() const { return program_; }
  /// The name of a word of a checkpoint.
  static std::string name_of(std::size_t word);

 private:
  // Registers that the program needs for itself.
  static constexpr unsigned counter = 28, address = 29, base = 30;

  void prepare();
  void add_checkpoint();
  void add_stretch(Assembler& code, unsigned instructions, unsigned depth);
  void add_instruction(Assembler& code, unsigned depth);
  void add_row(Assembler& code, const std::vector<const Operation*>& rows);
  void add_memory(Assembler& code);
  void add_atomic(Assembler& code);
  void add_csr(Assembler& code);
  void add_compressed(Assembler& code);
  void add_jump(Assembler& code, unsigned depth);
  void add_loop(Assembler& code, unsigned depth);

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  unsigned any_register() { return static_cast<unsigned>(below(32)); }
  /// Not one that the program needs.
  unsigned free_register() { return static_cast<unsigned>(below(counter)); }
  std::int64_t offset_for(unsigned bytes);
  std::int64_t random_immediate(Immediate kind);

  std::mt19937_64 random_;
  LinuxProgram program_;
  Decoder decoder_;
  std::vector<const Operation*> integer_, float_, memory_, amo_, branch_;
};

}  // namespace castor::host::test

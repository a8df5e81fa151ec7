// Not a test: runs programs that report through `tohost`, such as riscv-tests, and says how each ended.
//   run_isa_tests [--misaligned] PROGRAM...
//
// riscv-tests at 34e6b6d1, built by hand with gcc-riscv64-unknown-elf as its Makefile does (rv64ui, um, ua, uf, ud, uc
// in the p and v environments, mi and si in p): 244 of 244 pass with --misaligned. Without, 242: ma_data (p and v)
// wants misaligned accesses done by hardware, which Rocket does not do either.
#include <cstdio>
#include <iostream>

#include "elf_image.h"
#include "machine.h"

using castor::host::Hart;
using castor::host::test::ElfImage;
using castor::host::test::FlatMemory;

namespace {

constexpr std::uint64_t instruction_limit = 20000000;

// The value of tohost that ended it; 0: it did not end.
std::uint64_t run(Hart& hart, FlatMemory& memory, const ElfImage& program) {
  const std::uint64_t tohost = program.symbols.at("tohost");
  while (hart.retired() + hart.traps() < instruction_limit && !hart.lost() && !hart.asleep()) {
    hart.run(1000);
    const auto value = memory.get<std::uint64_t>(tohost);
    if (value >> 48 == 0x0101) {
      std::fputc(static_cast<char>(value), stderr);
      memory.put<std::uint64_t>(tohost, 0);
    } else if (value != 0) {
      return value;
    }
  }
  return 0;
}

bool passes(const std::string& path, const castor::config::HartParams& params) {
  const ElfImage program(path);
  FlatMemory memory;
  for (const auto& segment : program.segments) memory.put(segment.address, segment.bytes);
  Hart hart(0, params, {memory});
  hart.set_pc(program.entry);
  const std::uint64_t end = run(hart, memory, program);
  std::cout << path << ": "
            << (end == 1   ? "passed"
                : end == 0 ? "did not end"
                           : "failed")
            << ", tohost " << end << ", " << hart.retired() << " instructions\n";
  return end == 1;
}

}  // namespace

int main(int argc, char** argv) {
  castor::config::HartParams params;
  int failed = 0, count = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--misaligned") {
      params.misaligned_access.set(true);
      continue;
    }
    ++count;
    failed += !passes(argument, params);
  }
  std::cout << count - failed << " of " << count << " passed\n";
  return failed != 0;
}

// Not a test: how many instructions a second the hart executes without core timing.
//   hart_speed [INSTRUCTIONS] [PROGRAM]; the program reports through tohost and is run again until there are enough.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "elf_image.h"
#include "machine.h"

using namespace castor::host;
using namespace castor::host::test;

int main(int argc, char** argv) {
  const std::uint64_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 100000000;
  const ElfImage program(argv[2]);
  FlatMemory memory(64 << 20);
  for (const auto& segment : program.segments) memory.put(segment.address, segment.bytes);
  Hart hart(0, {}, {memory});
  hart.set_pc(program.entry);
  const auto begin = std::chrono::steady_clock::now();
  const auto tohost = program.symbols.at("tohost");
  while (hart.retired() < wanted) {
    hart.run(100000);
    const auto v = memory.get<std::uint64_t>(tohost);
    if (v & 1) break;
    if (v) {
      const std::uint64_t buf = memory.get<std::uint64_t>(v + 16), n = memory.get<std::uint64_t>(v + 24);
      for (unsigned i = 0; i < n; ++i) std::fputc(memory.get<char>(buf + i), stderr);
      memory.put<std::uint64_t>(tohost, 0), memory.put<std::uint64_t>(program.symbols.at("fromhost"), 1);
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%llu instructions, %.3f s, %.1f MIPS\n", (unsigned long long)hart.retired(), seconds,
              hart.retired() / seconds / 1e6);
}

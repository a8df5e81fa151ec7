// Not a test: how many instructions a second (of CPU time) the hart executes without core timing, all at once and as
// core timing drives it. The program mixes calls, an integer inner product, a branchy random walk and a floating-point
// axpy.
//   hart_speed [INSTRUCTIONS]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

#include "bench.h"

using namespace castor::host;
using namespace castor::host::test;

namespace {

constexpr unsigned elements = 256;
constexpr unsigned a3 = 13, a4 = 14, a5 = 15, s3 = 19, s4 = 20;

// a0 = fibonacci(a0), by recursion.
std::uint64_t add_fibonacci(Assembler& code) {
  const std::uint64_t function = code.here();
  const auto call = [&] { code("jal", {ra, static_cast<std::int64_t>(function - code.here())}); };
  code("addi", {t0, zero, 2})("bge", {a0, t0, 8})("jalr", {zero, ra, 0});
  code("addi", {sp, sp, -32})("sd", {sp, ra, 0})("sd", {sp, s2, 8})("sd", {sp, s3, 16});
  code("addi", {s2, a0, 0})("addi", {a0, a0, -1});
  call();
  code("addi", {s3, a0, 0})("addi", {a0, s2, -2});
  call();
  code("add", {a0, a0, s3});
  code("ld", {ra, sp, 0})("ld", {s2, sp, 8})("ld", {s3, sp, 16})("addi", {sp, sp, 32})("jalr", {zero, ra, 0});
  return function;
}

void add_loop(Assembler& code, unsigned counter, const std::function<void()>& body) {
  code.li(counter, elements);
  const std::uint64_t top = code.here();
  body();
  code("addi", {counter, counter, -1})("bne", {counter, zero, static_cast<std::int64_t>(top - code.here())});
}

void add_inner_product(Assembler& code) {
  code.li(a1, Bench::data), code.li(a2, Bench::data + 8 * elements);
  add_loop(code, a3, [&] {
    code("ld", {a4, a1, 0})("ld", {a5, a2, 0})("mul", {a4, a4, a5})("add", {a0, a0, a4});
    code("addi", {a1, a1, 8})("addi", {a2, a2, 8});
  });
}

void add_random_walk(Assembler& code) {
  add_loop(code, a3, [&] {
    code("slli", {t0, s4, 13})("xor", {s4, s4, t0})("srli", {t0, s4, 7})("xor", {s4, s4, t0});
    code("slli", {t0, s4, 17})("xor", {s4, s4, t0})("andi", {t0, s4, 1})("beq", {t0, zero, 8})("addi", {a0, a0, 3});
  });
}

void add_axpy(Assembler& code) {
  code.li(a1, Bench::data);
  add_loop(code, a3, [&] {
    code("fld", {1, a1, 0})("fld", {2, a1, 2040})("fmadd.d", {3, 1, 2, 3})("fsd", {a1, 3, 2040})("addi", {a1, a1, 8});
  });
}

void build(Bench& bench) {
  Assembler& code = bench.code;
  bench.csr(number::mstatus, 3 << 13);
  code.li(sp, Bench::data + 0x100000), code.li(s4, 88172645463325252);
  code("jal", {zero, 0});
  Assembler rest(code.here());
  const std::uint64_t fibonacci = add_fibonacci(rest);
  const std::uint64_t main = rest.here();
  rest.li(a0, 15);
  rest("jal", {ra, static_cast<std::int64_t>(fibonacci - rest.here())});
  add_inner_product(rest), add_random_walk(rest), add_axpy(rest);
  rest("jal", {zero, static_cast<std::int64_t>(main - rest.here())});
  bench.memory.put(Bench::origin, code.code());
  bench.memory.put(code.here(), rest.code());
  bench.memory.put(code.here() - 4, encode("jal", {zero, static_cast<std::int64_t>(main - code.here() + 4)}));
  bench.hart.set_pc(Bench::origin);
}

void measure(const char* name, std::uint64_t count, const std::function<void(Hart&)>& drive) {
  Bench bench;
  build(bench);
  const std::clock_t begin = std::clock();
  drive(bench.hart);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("%-20s %lu instructions %8.3f s %8.1f million a second\n", name, count, seconds,
              static_cast<double>(count) / seconds / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 200000000;
  measure("run", count, [&](Hart& hart) { hart.run(count); });
  measure("fetch and execute", count, [&](Hart& hart) {
    for (std::uint64_t i = 0; i < count; ++i)
      if (const Instruction* next = hart.fetch()) hart.execute(*next);
  });
  return 0;
}

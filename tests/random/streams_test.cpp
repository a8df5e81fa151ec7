// Random command streams: the machine leaves the oracle's memory image, and takes the same cycles whatever the order of
// its blocks, with and without values, watched by every trace or by nobody.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "castor/functional/oracle.h"
#include "castor/soc/checker.h"
#include "castor/soc/soc.h"
#include "castor/soc/trace.h"
#include "random_stream.h"

namespace castor::test {
namespace {

constexpr unsigned streams_a_test = 100;
constexpr unsigned commands_a_stream = 60;

struct Variant {
  const char* name;
  bool values = true;
  sim::StepOrder order = sim::StepOrder::Normal;
  bool checked = false;
  bool traced = false;
};

/// What a run leaves. Trivially copyable: it comes from a process of its own, since SystemC has one kernel a process.
struct Outcome {
  sim::StopReason stop = sim::StopReason::Failed;
  std::uint64_t cycles = 0;
  std::uint64_t image = 0;
  std::uint64_t mismatches = 0;
  char first[240] = "the process died";
};

struct Program {
  isa::Stream stream;
  PhysAddr output_end;
};

Program program_of(std::uint64_t seed, const config::GemminiParams& params, bool output_stationary = false) {
  RandomStream random(seed, params, output_stationary);
  Program program;
  program.stream = random.build(commands_a_stream);
  program.output_end = random.output_end();
  return program;
}

/// FNV-1a of what the stream wrote.
std::uint64_t image_of(const functional::Memory& memory, PhysAddr end) {
  const PhysAddr begin = RandomMemoryMap{}.output;
  std::vector<std::uint8_t> bytes(end - begin);
  memory.read(begin, bytes.data(), bytes.size());
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

std::uint64_t image_of_oracle(const Program& program, const config::GemminiParams& params) {
  functional::SparseMemory memory;
  functional::Oracle oracle(functional::OracleParams(params), memory);
  functional::load_images(program.stream, ".", memory);
  oracle.run(program.stream);
  return image_of(memory, program.output_end);
}

Outcome run_here(const Program& program, const config::SocConfig& config, const Variant& variant) {
  soc::Soc machine("soc", config, {soc::Driver::CommandStream, variant.values, variant.order});
  host::CommandStreamHost& host = *machine.tile().stream_host;
  functional::load_images(program.stream, ".", machine.memory().bytes());
  host.load(program.stream);
  soc::Checker checker(functional::OracleParams(config.gemmini), machine.tile().accelerator->local_memory(),
                       machine.memory().bytes());
  if (variant.checked) {
    for (functional::Memory* memory : checker.memories()) functional::load_images(program.stream, ".", *memory);
    machine.probes().attach(checker);
    host.attach(checker);
  }
  std::ostringstream sink;
  std::vector<std::unique_ptr<soc::Trace>> traces;
  if (variant.traced) {
    for (const soc::TraceType& type : soc::trace_types()) {
      traces.push_back(type.make(sink, config.soc.clock_ghz));
      machine.probes().attach(*traces.back());
      host.attach(*traces.back());
    }
  }
  Outcome outcome;
  machine.clock().set_max_cycles(Cycle{3'000'000});
  outcome.stop = machine.run();
  outcome.cycles = machine.cycles().count();
  outcome.image = variant.values ? image_of(machine.memory().bytes(), program.output_end) : 0;
  outcome.mismatches = checker.mismatches();
  std::snprintf(outcome.first, sizeof outcome.first, "%s", checker.first_mismatch().c_str());
  return outcome;
}

Outcome run(const Program& program, const config::SocConfig& config, const Variant& variant) {
  int ends[2];
  Outcome outcome;
  if (pipe(ends) != 0) return outcome;
  const pid_t child = fork();
  if (child == 0) {
    try {
      outcome = run_here(program, config, variant);
    } catch (const std::exception& error) {
      std::snprintf(outcome.first, sizeof outcome.first, "%s", error.what());
    }
    const bool told = write(ends[1], &outcome, sizeof outcome) == sizeof outcome;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  const bool heard = read(ends[0], &outcome, sizeof outcome) == sizeof outcome;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return heard ? outcome : Outcome{};
}

void expect_one_behaviour(std::uint64_t seed, const config::SocConfig& config, bool output_stationary) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Program program = program_of(seed, config.gemmini, output_stationary);
  const Outcome first = run(program, config, {"checked", true, sim::StepOrder::Normal, true});
  ASSERT_EQ(first.stop, sim::StopReason::Finished) << first.first;
  EXPECT_EQ(first.mismatches, 0U) << first.first;
  EXPECT_EQ(first.image, image_of_oracle(program, config.gemmini)) << "memory image";
  for (const Variant& variant : {Variant{"reversed", true, sim::StepOrder::Reversed}, Variant{"without values", false},
                                 Variant{"traced", true, sim::StepOrder::Normal, false, true}}) {
    SCOPED_TRACE(variant.name);
    const Outcome other = run(program, config, variant);
    EXPECT_EQ(other.cycles, first.cycles) << other.first;
    if (variant.values) {
      EXPECT_EQ(other.image, first.image);
    }
  }
}

class RandomStreams : public testing::TestWithParam<unsigned> {};

std::uint64_t first_seed() {
  const char* given = std::getenv("CASTOR_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

TEST_P(RandomStreams, LeaveTheOraclesMemoryInTheSameCyclesHoweverTheyAreRun) {
  const config::SocConfig config = config::SocConfig::load(CASTOR_SOURCE_DIR "/configs/rtl-default.yaml");
  for (unsigned i = 0; i < streams_a_test && !HasFailure(); ++i)
    expect_one_behaviour(first_seed() + GetParam() * streams_a_test + i, config, false);
}

TEST_P(RandomStreams, DoSoWithBothDataflows) {
  const config::SocConfig config = config::SocConfig::load(CASTOR_SOURCE_DIR "/configs/rtl-default.yaml");
  for (unsigned i = 0; i < streams_a_test && !HasFailure(); ++i)
    expect_one_behaviour(first_seed() + GetParam() * streams_a_test + i, config, true);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomStreams, testing::Range(0U, 20U));

TEST(RandomStreamsOnTheSecondMachine, LeaveTheOraclesMemory) {
  const config::SocConfig config = config::SocConfig::load(CASTOR_SOURCE_DIR "/configs/rtl-b.yaml");
  for (std::uint64_t seed = first_seed(); seed < first_seed() + streams_a_test && !testing::Test::HasFailure();
       ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Program program = program_of(seed, config.gemmini);
    const Outcome outcome = run(program, config, {"checked", true, sim::StepOrder::Normal, true});
    ASSERT_EQ(outcome.stop, sim::StopReason::Finished) << outcome.first;
    EXPECT_EQ(outcome.mismatches, 0U) << outcome.first;
    EXPECT_EQ(outcome.image, image_of_oracle(program, config.gemmini));
  }
}

constexpr unsigned streams_a_machine = 25;

class RandomStreamsOnOtherMachines : public testing::TestWithParam<const char*> {};

TEST_P(RandomStreamsOnOtherMachines, LeaveTheOraclesMemoryInTheSameCyclesHoweverTheyAreRun) {
  const auto config = config::SocConfig::load(std::string(CASTOR_SOURCE_DIR "/configs/") + GetParam());
  for (std::uint64_t seed = first_seed(); seed < first_seed() + streams_a_machine && !HasFailure(); ++seed)
    expect_one_behaviour(seed, config, false);
}

/// Weight-stationary with a single-ported accumulator; the same, 32x32; no full-width reads; float; normalisations;
/// a scratchpad with two ports; behind DDR3 and a last-level cache.
INSTANTIATE_TEST_SUITE_P(Configurations, RandomStreamsOnOtherMachines,
                         testing::Values("chip.yaml", "large-chip.yaml", "lean-gemmini-rocket.yaml",
                                         "gemmini/fp32.yaml", "gemmini/bf16-8x8.yaml", "gemmini/ibert.yaml",
                                         "gemmini/unified-mem.yaml", "memory/ddr3-llc.yaml"));

}  // namespace
}  // namespace castor::test

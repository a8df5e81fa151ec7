// Context switches of a command stream, on a whole machine.
#include <gtest/gtest.h>

#include "machine.h"

namespace castor::soc {
namespace {

using test::Machine;

// Rows of one page, one command at a time. (The first waits until the L2 has cleared its directory.)
std::string one_page() {
  std::string text = "config_mvin stride=64\n";
  for (int i = 0; i < 80; ++i) text += "mvin dram=0x80000000 local=sp+0 rows=1 cols=16\nfence\n";
  return text;
}

config::SocConfig switched(unsigned interval, bool flush) {
  config::SocConfig config;
  config.host.context_switch.interval.set(interval);
  config.host.context_switch.cost.set(20);
  config.host.context_switch.flush_tlb.set(flush);
  return config;
}

struct Outcome {
  std::uint64_t cycles, switches, register_misses;
};

Outcome run(const config::SocConfig& config, sim::StepOrder order = sim::StepOrder::Normal) {
  Machine machine(one_page(), true, order, config);
  EXPECT_EQ(machine.soc.run(), sim::StopReason::Finished);
  const auto& tlb = machine.soc.tile().accelerator->dma().tlb.stats();
  return {machine.soc.cycles().count(), machine.host().stats().context_switches.value(),
          tlb.requests.value() - tlb.l0_hits.value()};
}

TEST(ContextSwitch, NoneHappensUnlessAsked) {
  const Outcome outcome = run(switched(0, true));
  EXPECT_EQ(outcome.switches, 0U);
  EXPECT_EQ(outcome.register_misses, 1U) << "only the first row asks the TLB";
}

TEST(ContextSwitch, TakesTheTranslationsAwayAtEverySwitch) {
  const Outcome outcome = run(switched(1500, true));
  EXPECT_GE(outcome.switches, 2U);
  EXPECT_EQ(outcome.register_misses, 1 + outcome.switches) << "a row follows every switch";
}

TEST(ContextSwitch, LeavesTheTranslationsWhenNotAskedToFlush) {
  const Outcome outcome = run(switched(1500, false));
  EXPECT_GE(outcome.switches, 2U);
  EXPECT_EQ(outcome.register_misses, 1U);
}

TEST(ContextSwitch, TheWalkerHasToReadTheTablesAgain) {
  config::SocConfig config = switched(1500, true);
  config.soc.virtual_memory.set(true);
  config.ptw.l2_tlb_entries.set(16);
  Machine machine(one_page(), true, sim::StepOrder::Normal, config);
  EXPECT_EQ(machine.soc.run(), sim::StopReason::Finished);
  const std::uint64_t switches = machine.host().stats().context_switches.value();
  EXPECT_GE(switches, 2U);
  EXPECT_EQ(machine.soc.tile().translation->walker().stats().walks.value(), 1 + switches);
}

}  // namespace
}  // namespace castor::soc

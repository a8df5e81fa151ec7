#include "castor/soc/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "castor/memory/memory_bus.h"
#include "machine.h"

namespace castor::soc {
namespace {

TEST(Statistics, AreFoundUnderThePathOfTheirModule) {
  test::Machine machine(test::one_tile);
  std::set<std::string> modules;
  for_each_module([&](const sim::Module& module, const sim::StatGroup&) { modules.insert(module.name()); });
  for (const char* path : {"soc.host", "soc.rocc_router", "soc.gemmini", "soc.gemmini.reservation_station",
                           "soc.memory.bus", "soc.memory.l2_0", "soc.memory.memory_bus", "soc.memory.dram"})
    EXPECT_EQ(modules.count(path), 1U) << path;
}

TEST(Statistics, EveryOneHasAUnitAndAMeaning) {
  test::Machine machine(test::one_tile);
  for_each_module([](const sim::Module& module, const sim::StatGroup& group) {
    std::set<std::string> names;
    for (const sim::Statistic* statistic : group.members()) {
      EXPECT_FALSE(statistic->unit().empty()) << module.name() << '.' << statistic->name();
      EXPECT_FALSE(statistic->doc().empty()) << module.name() << '.' << statistic->name();
      EXPECT_TRUE(names.insert(statistic->name()).second) << "twice: " << module.name() << '.' << statistic->name();
    }
  });
}

TEST(Statistics, CountWhatHappened) {
  test::Machine machine(test::one_tile);
  machine.soc.run();
  EXPECT_EQ(machine.host().stats().commands.value(), 8U);
  EXPECT_GE(machine.soc.memory().memory_bus().stats.reads.value(), 8U);
}

TEST(Statistics, AreDocumentedByModule) {
  test::Machine machine(test::one_tile);
  EXPECT_THAT(statistics_markdown(), testing::HasSubstr("\n## soc.host\n\n| statistic | unit | meaning |\n"));
  EXPECT_THAT(statistics_text(), testing::HasSubstr("soc.host.commands [count] commands issued\n"));
}

}  // namespace
}  // namespace castor::soc

#include "castor/soc/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "castor/soc/statistics.h"
#include "machine.h"

namespace castor::soc {
namespace {

using test::Machine;

struct Row {
  std::uint64_t cycle;
  std::string statistic;  // module,statistic
  std::string unit;
  std::uint64_t value;
};

std::vector<Row> rows_of(const std::string& csv) {
  std::istringstream in(csv);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "cycle,module,statistic,unit,value");
  std::vector<Row> rows;
  for (std::string cycle, module, statistic, unit, value; std::getline(in, cycle, ',');) {
    std::getline(in, module, ','), std::getline(in, statistic, ','), std::getline(in, unit, ',');
    std::getline(in, value);
    rows.push_back({std::stoull(cycle), module + ',' + statistic, unit, std::stoull(value)});
  }
  return rows;
}

std::vector<Row> sampled(Machine& machine, std::uint64_t window) {
  std::ostringstream out;
  Sampler sampler(machine.soc.clock(), window, out);
  machine.soc.run();
  sampler.finish(machine.soc.cycles());
  return rows_of(out.str());
}

// Two tiles with a long pause between them.
const std::string two_tiles = std::string(test::one_tile) + "host_work cycles=1000\n" + test::one_tile;

TEST(Sampler, TheWindowsOfEveryStatisticAddUpToItsFinalValue) {
  Machine machine(two_tiles);
  std::map<std::string, std::uint64_t> sums;
  for (const Row& row : sampled(machine, 100)) sums[row.statistic] += row.value;
  for_each_module([&](const sim::Module& module, const sim::StatGroup& group) {
    for (const sim::Statistic* statistic : group.members()) {
      const std::string name = std::string(module.name()) + ',' + statistic->name();
      EXPECT_EQ(sums[name], statistic->value()) << name;
    }
  });
}

TEST(Sampler, ARowHoldsWhatHappenedFromItsCycleUpToTheNextMultiple) {
  struct Issues : host::StreamObserver {
    void command_issued(Cycle now, const isa::Command&) override { ++in_window[now.count() / 50 * 50]; }
    std::map<std::uint64_t, std::uint64_t> in_window;
  } issues;
  Machine machine(two_tiles);
  machine.host().attach(issues);
  std::map<std::uint64_t, std::uint64_t> commands;
  for (const Row& row : sampled(machine, 50))
    if (row.statistic == "soc.host,commands") commands[row.cycle] = row.value;
  EXPECT_EQ(commands, issues.in_window);
  EXPECT_GE(commands.size(), 2U);
}

TEST(Sampler, WhatDidNotChangeHasNoRow) {
  Machine machine(two_tiles);
  for (const Row& row : sampled(machine, 50)) EXPECT_GT(row.value, 0U) << row.cycle << ' ' << row.statistic;
}

TEST(Sampler, AWindowLongerThanTheRunHoldsAllOfIt) {
  Machine machine(two_tiles);
  for (const Row& row : sampled(machine, 1000000)) EXPECT_EQ(row.cycle, 0U) << row.statistic;
}

TEST(Sampler, KeepsTheUnitOfEveryStatistic) {
  Machine machine(two_tiles);
  const std::vector<Row> rows = sampled(machine, 1000000);
  const auto is_bytes = [](const Row& row) { return row.statistic == "soc.memory.memory_bus,bytes_read"; };
  const auto found = std::find_if(rows.begin(), rows.end(), is_bytes);
  ASSERT_NE(found, rows.end());
  EXPECT_EQ(found->unit, "bytes");
}

}  // namespace
}  // namespace castor::soc

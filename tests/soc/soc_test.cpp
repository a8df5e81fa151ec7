#include "castor/soc/soc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "castor/common/error.h"
#include "castor/soc/catalogue.h"
#include "machine.h"

namespace castor::soc {
namespace {

using sim::StopReason;
using test::Machine;
using test::one_tile;

std::int8_t product(std::uint32_t row, std::uint32_t column) {
  int sum = 0;
  for (std::uint32_t k = 0; k < 16; ++k) sum += Machine::value(row * 16 + k) * Machine::value(256 + k * 16 + column);
  return static_cast<std::int8_t>(std::clamp(sum, -128, 127));
}

TEST(Soc, MultipliesOneTile) {
  Machine machine(one_tile);
  ASSERT_EQ(machine.soc.run(), StopReason::Finished);
  for (std::uint32_t row = 0; row < 16; ++row)
    for (std::uint32_t column = 0; column < 16; ++column)
      ASSERT_EQ(machine.soc.memory().bytes().get<std::int8_t>(PhysAddr{0x80010000U + row * 16 + column}),
                product(row, column))
          << row << ' ' << column;
}

TEST(Soc, StopsAtTheCycleLimit) {
  Machine machine(one_tile);
  machine.soc.clock().set_max_cycles(Cycle{100});
  EXPECT_EQ(machine.soc.run(), StopReason::MaxCycles);
  EXPECT_LE(machine.soc.cycles(), Cycle{100});
}

TEST(Soc, ReportsAnAddressOutsideMemoryAsTheUsersError) {
  Machine machine("config_mvin stride=16\nmvin dram=0x10 local=sp+0 rows=1 cols=16\nfence\n");
  EXPECT_THROW(machine.soc.run(), UserError);
}

TEST(Catalogue, KnowsEveryDriver) {
  for (const Driver driver : {Driver::CommandStream, Driver::TraceReplay})
    EXPECT_EQ(find_driver(driver).driver, driver);
}

}  // namespace
}  // namespace castor::soc

#include "castor/host/rocc_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "castor/host/command_stream_host.h"
#include "stand_in_accelerator.h"

namespace castor::host {
namespace {

using test::ns;
using test::StandInAccelerator;
using testing::ElementsAre;

struct Bench {
  Bench(std::size_t room, std::uint64_t work) : accelerator(domain, room, work) {
    host.when_done([this] { domain.finish(); });
    params.plain_command.set(1);
  }
  void run(int commands) {
    for (int i = 0; i < commands; ++i) stream.add(isa::Command{2, 0, 0});
    host.load(stream);
    sc_core::sc_start();
  }

  config::HostParams core;
  config::IssueParams& params = core.issue;
  sim::ClockDomain domain{"clock", ns(1)};
  StandInAccelerator accelerator;
  RoccRouter router{"router", domain, params, accelerator};
  CommandStreamHost host{"host", domain, core, router, nullptr};
  isa::Stream stream;
};

TEST(RoccRouter, DeliversACommandOneCycleAfterItsHandOver) {
  Bench bench(100, 1);
  bench.run(3);
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(2, 3, 4));
}

TEST(RoccRouter, HoldsTwoCommandsInFrontOfAFullAccelerator) {
  Bench bench(1, 100);
  bench.run(4);
  // One in the accelerator, two here; the fourth is handed over when the second has left.
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(2, 103, 204, 305));
  EXPECT_EQ(bench.host.stats().replays.value(), 1U);
}

TEST(RoccRouter, IsBusyUntilTheAcceleratorIsIdle) {
  Bench bench(1, 100);
  bench.stream.add(isa::Command{2, 0, 0});
  bench.stream.add(isa::Command{2, 0, 0});
  bench.stream.add(isa::Fence{});
  bench.run(1);
  ASSERT_EQ(bench.accelerator.arrivals.size(), 3U);
  EXPECT_GT(bench.accelerator.arrivals[2], bench.accelerator.arrivals[1] + 100);
}

}  // namespace
}  // namespace castor::host

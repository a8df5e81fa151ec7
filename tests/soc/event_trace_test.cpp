#include "castor/soc/event_trace.h"

#include <gtest/gtest.h>

#include <sstream>

namespace castor::soc {
namespace {

TEST(EventTrace, WritesTheFormOfTheMeasuredTraces) {
  std::ostringstream out;
  EventTrace trace(out);
  trace.command(Cycle{100}, {0, 0x3f80000000100101, 0x40});
  trace.allocate(Cycle{104}, sim::RobId{0}, {0, 0x3f80000000100101, 0x40});
  trace.issue(Cycle{105}, sim::RobId{0}, {2, 0, 0x10001000000000});
  trace.dma_read(Cycle{110}, 10, PhysAddr{0x83000000}, 6);
  trace.complete(Cycle{130}, sim::RobId{0}, false);
  trace.mesh_request(Cycle{131}, sim::RobId{0x11}, true, false);
  trace.finish(Cycle{200});
  EXPECT_EQ(out.str(),
            "# castor rtl trace 1\n"
            "segment 0 gap=100\n"
            "0 cmd 0 3f80000000100101 40\n"
            "4 alloc 0 3f80000000100101 40\n"
            "5 ld 0 2 10001000000000\n"
            "10 rda a 83000000 6\n"
            "30 done 0\n"
            "31 mesh 11 1 0\n");
}

TEST(EventTrace, OrdersTheEventsOfACycleAsTheMeasuredTracesDo) {
  std::ostringstream out;
  EventTrace trace(out);
  trace.command(Cycle{0}, {7, 0, 0});
  trace.complete(Cycle{9}, sim::RobId{0x10}, false);
  trace.issue(Cycle{9}, sim::RobId{0x20}, {3, 0, 0});
  trace.allocate(Cycle{9}, sim::RobId{1}, {2, 0, 0});
  trace.memory_read(Cycle{9}, 1, PhysAddr{0x40}, 8);
  trace.dma_write_ack(Cycle{9}, 3);
  trace.finish(Cycle{10});
  EXPECT_EQ(out.str(),
            "# castor rtl trace 1\nsegment 0 gap=0\n0 cmd 7 0 0\n"
            "9 ar 1 40 8\n9 wrd 3\n9 alloc 2 0 0\n9 st 20 3 0\n9 done 10\n");
}

TEST(EventTrace, ShowsRowsAndBeatsWhereEveryEventIsAskedFor) {
  const auto feed = [](EventTrace& trace) {
    trace.command(Cycle{0}, {7, 0, 0});
    trace.mesh_out(Cycle{1}, sim::RobId{0x11}, true, false);
    trace.mesh_row(Cycle{1}, 6);
    trace.scratchpad_write(Cycle{1}, 2, 0x40);
    trace.scratchpad_read(Cycle{1}, 1, 0xfcf, false);
    trace.accumulator_write(Cycle{1}, 0, 3, true);
    trace.accumulator_read(Cycle{1}, 1, 0x10, true);
    trace.dma_write_row(Cycle{1}, VirtAddr{0x84008000}, 0x10);
    trace.dma_row_request(Cycle{1}, VirtAddr{0x84004000}, 0x20, 1);
    trace.dma_read_beat(Cycle{1}, 5, true);
    trace.finish(Cycle{2});
  };
  std::ostringstream every, ports;
  EventTrace of_every(every, EventTrace::Detail::Every), of_ports(ports);
  feed(of_every);
  feed(of_ports);
  EXPECT_EQ(every.str(),
            "# castor rtl trace 1\nsegment 0 gap=0\n0 cmd 7 0 0\n1 rdd 5\n1 rdreq 84004000 20 1\n1 wrreq 84008000 10\n"
            "1 accr 10 1\n1 accw 3 1\n1 spr fcf 0\n1 spw 40\n1 meshrow 6\n1 meshout 11 1 0\n");
  EXPECT_EQ(ports.str(), "# castor rtl trace 1\nsegment 0 gap=0\n0 cmd 7 0 0\n");
}

TEST(EventTrace, LeavesOutCompletionsOnIssue) {
  std::ostringstream out;
  EventTrace trace(out);
  trace.complete(Cycle{5}, sim::RobId{0}, true);
  trace.finish(Cycle{6});
  EXPECT_EQ(out.str(), "# castor rtl trace 1\n");
}

TEST(EventTrace, BeginsASegmentWithTheFirstCommandAfterAFence) {
  std::ostringstream out;
  EventTrace trace(out);
  trace.command(Cycle{10}, {7, 0, 0});
  trace.dma_write_ack(Cycle{50}, 0);
  trace.fence_passed(Cycle{52});
  trace.command(Cycle{70}, {7, 0, 0});
  trace.finish(Cycle{80});
  EXPECT_EQ(out.str(),
            "# castor rtl trace 1\nsegment 0 gap=10\n0 cmd 7 0 0\n40 wrd 0\nsegment 1 gap=20\n0 cmd 7 0 0\n");
}

}  // namespace
}  // namespace castor::soc

#include "castor/host/page_tables.h"

#include <gtest/gtest.h>

#include <set>

#include "castor/common/error.h"
#include "castor/host/page_table_walk.h"
#include "castor/host/paged_memory.h"
#include "castor/host/replayed_paging.h"

namespace castor::host {
namespace {

struct Paging : testing::Test {
  Paging() { soc.dram_size.set(64_MiB); }
  PhysAddr physical(const StreamPaging& paging, std::uint64_t address) {
    return PagedMemory(memory, paging.root()).physical(VirtAddr{address});
  }
  config::SocParams soc;
  config::PagingParams params;
  functional::SparseMemory memory;
};

constexpr std::uint64_t base = 0x8000'0000, page = 4096;

TEST_F(Paging, MapsAllMemoryButTheTablesOntoItself) {
  const StreamPaging paging(soc, params, memory);
  EXPECT_EQ(paging.begin(), VirtAddr{base});
  EXPECT_EQ(paging.root().value(), base + 64 * 1024 * 1024 - 34 * page) << "a root, a middle and 32 leaf tables";
  EXPECT_EQ(paging.end().value(), paging.root().value());
  EXPECT_EQ(physical(paging, base + 12345), PhysAddr{base + 12345});
  EXPECT_THROW(physical(paging, paging.end().value()), UserError);
  EXPECT_THROW(physical(paging, base - 1), UserError);
}

TEST_F(Paging, ShufflesPagesBySeedAndLosesNone) {
  params.placement.set(config::PagePlacement::Shuffled);
  params.size.set(1_MiB);
  const StreamPaging paging(soc, params, memory);
  std::set<std::uint64_t> frames;
  unsigned moved = 0;
  for (std::uint64_t at = base; at < base + (1 << 20); at += page) {
    frames.insert(physical(paging, at).value());
    moved += physical(paging, at).value() != at ? 1 : 0;
  }
  EXPECT_EQ(frames.size(), 256u);
  EXPECT_EQ(*frames.begin(), base);
  EXPECT_EQ(*frames.rbegin(), base + (1 << 20) - page);
  EXPECT_GT(moved, 200u);
  functional::SparseMemory other;
  params.seed.set(2);
  const StreamPaging again(soc, params, other);
  EXPECT_NE(PagedMemory(other, again.root()).physical(VirtAddr{base}), physical(paging, base));
}

TEST_F(Paging, MapsSuperpages) {
  params.page_bytes.set(2_MiB);
  const StreamPaging paging(soc, params, memory);
  PageTableWalk walk(paging.root(), VirtAddr{base + 0x212345});
  while (walk.wants_entry()) walk.take(memory.get<std::uint64_t>(walk.entry_address()));
  EXPECT_EQ(walk.log2_page(), 21u);
  EXPECT_EQ(walk.physical(), PhysAddr{base + 0x212345});
  EXPECT_EQ(paging.end().value(), base + (62 << 20)) << "the tables take the last one";
}

TEST_F(Paging, RefusesMoreThanMemoryHolds) {
  params.size.set(64_MiB);
  try {
    const StreamPaging paging(soc, params, memory);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(
        error.what(),
        "paging.size: 64 MiB and its tables do not fit the core's memory (64 MiB); allowed: up to 16350 pages of "
        "4 KiB");
  }
}

TEST_F(Paging, ReadsAndWritesAcrossPages) {
  params.placement.set(config::PagePlacement::Shuffled);
  const StreamPaging paging(soc, params, memory);
  PagedMemory paged(memory, paging.root());
  std::vector<std::uint8_t> written(3 * page), read(3 * page);
  for (std::size_t i = 0; i < written.size(); ++i) written[i] = static_cast<std::uint8_t>(i * 7);
  paged.write(PhysAddr{base + 100}, written.data(), written.size());
  paged.read(PhysAddr{base + 100}, read.data(), read.size());
  EXPECT_EQ(read, written);
  EXPECT_EQ(memory.get<std::uint8_t>(physical(paging, base + 100 + page)), written[page]);
}

TraceSegment segment(isa::Command command) { return {0, 10, {{Cycle{0}, command}}, {}}; }

TEST(ReplayedPaging, BeginsWhereAddressesAreVirtual) {
  const isa::Command physical{2, 0x8800'0000, 0x1'0000'0001'0000}, config{0, 0x3f80'0000'0010'0101, 0x1'0000'0000};
  const isa::Command load{2, 0x1'0000'0000, 0}, store{3, 0x1'001f'f000, 0}, loop{10, 0x1'0000'0000, 0x1'0000'1000};
  EXPECT_EQ(first_translated({segment(physical), segment(config)}), 2u);
  for (const isa::Command& command : {load, store, loop})
    EXPECT_EQ(first_translated({segment(physical), segment(config), segment(command)}), 2u);
}

}  // namespace
}  // namespace castor::host

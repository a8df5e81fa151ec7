// The page-table walker against the cycles of PTW.scala, and its answers against a software walk of the same tables.
#include "castor/host/page_table_walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "castor/host/l1_data_cache.h"
#include "castor/host/page_tables.h"
#include "stand_in_l2.h"

namespace castor::host::test {
namespace {

using sim::PageFault;
using testing::ElementsAre;

constexpr std::uint64_t page = 4096, megapage = 2 << 20, gigapage = 1 << 30;
constexpr PhysAddr tables_at{0x8010'0000};
constexpr VirtAddr base{0x1'0000'0000};
constexpr std::uint64_t miss = 12;  // of the stand-in L2: 6 to the first beat, 3 more beats, back in the pipeline

/// Asks for a list of pages, one after another, each in its cycle or when the one before has been answered.
class Client : public sim::ClockedModule, public sim::TranslationClient {
 public:
  struct Walk {
    std::uint64_t cycle;  // not before
    VirtAddr vaddr;
    std::uint64_t asked = 0, answered = 0;
    sim::PageTranslation answer{};
  };
  Client(const char* name, sim::ClockDomain& domain, sim::PageTableWalker& port)
      : ClockedModule(name, domain, sim::level::stream_reader), port_(port) {}

  void ask(std::uint64_t cycle, VirtAddr vaddr) { walks.push_back({cycle, vaddr}); }
  Cycle step(Cycle now) override {
    if (waits_ || next_ == walks.size()) return Cycle::never();
    Walk& walk = walks[next_];
    if (now.count() < walk.cycle) return Cycle{walk.cycle};
    waits_ = true;
    walk.asked = now.count();
    port_.walk(now, walk.vaddr, *this);
    return Cycle::never();
  }
  void translated(Cycle at, const sim::PageTranslation& translation) override {
    walks[next_].answered = at.count();
    walks[next_++].answer = translation;
    waits_ = false;
    wake(at);
  }
  std::uint64_t took(std::size_t walk) const { return walks.at(walk).answered - walks.at(walk).asked; }
  std::vector<Walk> walks;

 private:
  sim::PageTableWalker& port_;
  std::size_t next_ = 0;
  bool waits_ = false;
};

struct Walker : testing::Test, sim::Observer {
  void build(unsigned clients = 1) {
    ptw.validate();
    host.settle();
    tables = std::make_unique<PageTables>(memory, tables_at);
    l2 = std::make_unique<StandInL2>("l2", domain);
    cache = std::make_unique<L1DataCache>("cache", domain, host.l1d, bus);
    cache->socket.bind(l2->socket);
    walker = std::make_unique<PageTableWalker>("walker", domain, ptw, soc, *cache, memory, probes);
    walker->set_root([this] { return tables->root(); });
    for (unsigned i = 0; i < clients; ++i)
      this->clients.push_back(
          std::make_unique<Client>(("client" + std::to_string(i)).c_str(), domain, walker->add_port()));
    domain.set_max_cycles(Cycle{100000});
  }
  void run() {
    sc_core::sc_start();
    domain.rethrow_failure();
  }
  Client& client(std::size_t i = 0) { return *clients.at(i); }
  void map_pages(unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      tables->map(base + i * page, PhysAddr{0x8800'0000 + i * page}, 12, data_page_flags);
  }

  config::PtwParams ptw;
  config::SocParams soc;
  config::HostParams host;
  config::BusParams bus;
  functional::SparseMemory memory;
  sim::Probes probes;
  sim::ClockDomain domain{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
  std::unique_ptr<PageTables> tables;
  std::unique_ptr<StandInL2> l2;
  std::unique_ptr<L1DataCache> cache;
  std::unique_ptr<PageTableWalker> walker;
  std::vector<std::unique_ptr<Client>> clients;
};

/// An sfence.vma in a given cycle, late in it as the core's.
class Fence : public sim::Clocked {
 public:
  Fence(sim::ClockDomain& domain, std::uint64_t cycle, PageTableWalker& walker) : cycle_(cycle), walker_(walker) {
    domain.enrol(*this, sim::level::host);
  }
  Cycle step(Cycle now) override {
    if (now == cycle_) walker_.flush();
    return now < cycle_ ? cycle_ : Cycle::never();
  }
  std::string block_name() const override { return "fence"; }

 private:
  Cycle cycle_;
  PageTableWalker& walker_;
};

TEST_F(Walker, TakesSevenCyclesWithBothUpperLevelsKnownAndTheLeafInTheDataCache) {
  build();
  map_pages(3);
  client().ask(20, base);  // three lines that miss
  client().ask(200, base + page);
  client().ask(300, base + 2 * page);
  run();
  EXPECT_EQ(client().took(0), 13 + 3 * miss);
  EXPECT_EQ(client().took(1), 7u);
  EXPECT_EQ(client().took(2), 7u);
  EXPECT_EQ(client().walks[2].answer.paddr, PhysAddr{0x8800'0000 + 2 * page});
  EXPECT_EQ(walker->stats().pte_cache_hits.value(), 4u);
  EXPECT_EQ(walker->stats().loads.value(), 5u);
  EXPECT_EQ(walker->stats().walk_cycles.value(), 13 + 3 * miss + 14);
}

TEST_F(Walker, TakesThirteenCyclesThroughTheDataCacheAlone) {
  ptw.pte_cache_entries.set(0);
  build();
  map_pages(2);
  client().ask(20, base);
  client().ask(200, base + page);
  run();
  EXPECT_EQ(client().took(1), 13u);
}

TEST_F(Walker, EndsEarlyAtASuperpage) {
  build();
  tables->map(base, PhysAddr{0x8820'0000}, 21, data_page_flags);
  tables->map(base + gigapage, PhysAddr{0x8000'0000}, 30, data_page_flags);
  client().ask(20, base + 5 * page);
  client().ask(200, base + 6 * page);
  client().ask(300, base + gigapage + page);
  run();
  EXPECT_EQ(client().took(1), 1 + 1 + 4u) << "the root is known, one load";
  EXPECT_EQ(client().walks[1].answer.log2_page, 21u);
  EXPECT_EQ(client().walks[1].answer.paddr, PhysAddr{0x8820'0000});
  EXPECT_EQ(client().took(2), 1 + 4u);
  EXPECT_EQ(client().walks[2].answer.log2_page, 30u);
}

TEST_F(Walker, TellsPagesThatCoverMoreThanMemory) {
  soc.dram_size.set(256_MiB);
  build();
  tables->map(base, PhysAddr{0x8000'0000}, 30, data_page_flags);
  tables->map(base + gigapage, PhysAddr{0x8020'0000}, 21, data_page_flags);
  tables->map(base + gigapage + megapage, PhysAddr{0xc000'0000}, 21, data_page_flags);
  client().ask(20, base);
  client().ask(200, base + gigapage);
  client().ask(300, base + gigapage + megapage);
  run();
  EXPECT_FALSE(client().walks[0].answer.homogeneous);
  EXPECT_TRUE(client().walks[1].answer.homogeneous);
  EXPECT_TRUE(client().walks[2].answer.homogeneous) << "wholly outside";
}

TEST_F(Walker, TakesTheNextRequestTwoCyclesAfterASmallPageAndNoSooner) {
  build(2);
  map_pages(12);
  client(0).ask(20, base);
  client(0).ask(200, base + page);      // answered in 207, the walker is free in 208
  client(1).ask(201, base + 2 * page);  // waits
  client(0).ask(300, base + 3 * page);
  client(1).ask(308, base + 4 * page);  // on time
  run();
  EXPECT_EQ(client(0).walks[1].answered, 207u);
  EXPECT_EQ(client(1).walks[0].answered, 208 + 7u);
  EXPECT_EQ(client(1).walks[1].answered, 308 + 7u);
  EXPECT_EQ(walker->stats().waits.value(), 7u);
}

TEST_F(Walker, TakesTheFirstPortsRequestOfTwoInACycle) {
  build(2);
  map_pages(12);
  client(0).ask(20, base);
  client(1).ask(200, base + page);
  client(0).ask(200, base + 2 * page);
  client(1).ask(300, base + 3 * page);
  client(0).ask(301, base + 4 * page);  // one cycle late: the other has been taken
  run();
  EXPECT_EQ(client(0).walks[1].answered, 207u);
  EXPECT_EQ(client(1).walks[0].answered, 208 + 7u);
  EXPECT_EQ(client(1).walks[1].answered, 307u);
  EXPECT_EQ(client(0).walks[2].answered, 308 + 7u);
}

TEST_F(Walker, WalksForTwoAtATimeWhereThereAreTwo) {
  ptw.walkers.set(2);
  build(2);
  map_pages(12);
  client(0).ask(20, base);
  client(0).ask(200, base + page);
  client(1).ask(201, base + 2 * page);
  run();
  EXPECT_EQ(client(0).walks[1].answered, 207u);
  EXPECT_EQ(client(1).walks[0].answered, 208u) << "one cycle behind";
}

TEST_F(Walker, GoesToTheDataCacheOneWalkAtATime) {
  ptw.walkers.set(2);
  build(2);
  map_pages(1024);
  client(0).ask(20, base);
  client(0).ask(200, base + 8 * page);   // a line that misses
  client(1).ask(201, base + 16 * page);  // another, behind it
  run();
  EXPECT_EQ(client(0).took(1), 7 + miss);
  EXPECT_GT(client(1).took(0), 7 + miss);
}

TEST_F(Walker, AnswersFromTheSecondLevelTlbAfterItsLatency) {
  ptw.l2_tlb_entries.set(16);
  ptw.l2_tlb_hit.set(3);
  build();
  map_pages(32);
  client().ask(20, base);
  client().ask(200, base + page);  // not there: costs what it costs without
  client().ask(300, base);
  client().ask(400, base + 16 * page);  // takes the place of page 0
  client().ask(500, base);
  run();
  EXPECT_EQ(client().took(1), 7u);
  EXPECT_EQ(client().took(2), 3u);
  EXPECT_EQ(client().walks[2].answer.paddr, PhysAddr{0x8800'0000});
  EXPECT_EQ(client().took(4), 7u);
  EXPECT_EQ(walker->stats().l2_tlb_hits.value(), 1u);
  EXPECT_EQ(walker->stats().l2_tlb_misses.value(), 4u);
}

TEST_F(Walker, KeepsPagesOfOneSetSideBySideWithTwoWays) {
  ptw.l2_tlb_entries.set(16);
  ptw.l2_tlb_ways.set(2);
  build();
  map_pages(32);
  std::uint64_t cycle = 0;
  for (const unsigned number : {0, 8, 0, 8, 16, 0}) client().ask(cycle += 100, base + number * page);
  run();
  EXPECT_EQ(client().took(2), 3u);
  EXPECT_EQ(client().took(3), 3u);
  EXPECT_EQ(client().took(5), 7u) << "0 was used longest ago";
}

TEST_F(Walker, ForgetsBothCachesAtAnSfence) {
  ptw.l2_tlb_entries.set(16);
  build();
  map_pages(4);
  client().ask(20, base);
  client().ask(200, base);
  client().ask(300, base);
  const Fence fence(domain, 250, *walker);
  run();
  EXPECT_EQ(client().took(1), 3u);
  EXPECT_EQ(client().took(2), 13u) << "only the data cache still has the tables";
}

TEST_F(Walker, KeepsNothingOfAWalkThatAnSfenceOvertook) {
  ptw.l2_tlb_entries.set(16);
  build();
  map_pages(4);
  client().ask(20, base);
  client().ask(200, base + page);
  client().ask(300, base + page);
  const Fence fence(domain, 201, *walker);
  run();
  EXPECT_EQ(client().took(2), 13u) << "found neither in the second-level TLB nor in the cache of entries";
}

TEST_F(Walker, AnswersAfterAFixedTimeWithoutTheDataCache) {
  ptw.model.set(config::PtwModel::Fixed);
  ptw.fixed_latency.set(20);
  build();
  map_pages(2);
  client().ask(20, base + page);
  run();
  EXPECT_EQ(client().took(0), 20u);
  EXPECT_EQ(client().walks[0].answer.paddr, PhysAddr{0x8800'0000 + page});
  EXPECT_TRUE(l2->events.empty());
}

TEST_F(Walker, ReportsWhyThereIsNoPage) {
  build();
  map_pages(1);
  tables->map(base + megapage, PhysAddr{0x8820'1000}, 21, data_page_flags);
  memory.put<std::uint64_t>(tables->entry_of(base + gigapage, 30), 0x3fff'ffff'fc00 | 1);  // a table outside memory
  client().ask(20, base + 5 * page);
  client().ask(200, base + megapage + page);
  client().ask(300, base + 2 * gigapage);
  client().ask(400, VirtAddr{1ULL << 39});
  client().ask(500, base + gigapage);
  run();
  const std::vector<PageFault> expected = {PageFault::Unmapped, PageFault::MisalignedSuperpage, PageFault::Unmapped,
                                           PageFault::NonCanonical, PageFault::Access};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(client().walks[i].answer.fault, expected[i]) << i;
  EXPECT_EQ(client().walks[0].answer.log2_page, 12u);
  EXPECT_EQ(client().walks[2].answer.log2_page, 30u);
  EXPECT_EQ(client().took(3), 1u);
  EXPECT_EQ(walker->stats().faults.value(), 5u);
}

TEST_F(Walker, AgreesWithASoftwareWalkOfRandomTables) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  ptw.l2_tlb_entries.set(random() % 2 == 0 ? 0 : 32);
  ptw.walkers.set(1 + random() % 3);
  build(3);
  std::vector<VirtAddr> addresses;
  for (int i = 0; i < 300; ++i) {
    const unsigned log2 = std::array<unsigned, 3>{12, 12, 21}[random() % 3];
    const VirtAddr vaddr{(random() % 16 * gigapage + random() % 4 * megapage + random() % 16 * page) >> log2 << log2};
    const PageTableEntry above{memory.get<std::uint64_t>(tables->entry_of(vaddr, 21))};
    if (log2 == 21 ? above.is_table() : above.is_leaf()) continue;
    const std::uint64_t frame =
        random() % 8 == 0 ? random() % megapage : random() % megapage >> (log2 - 12) << (log2 - 12);
    memory.put<std::uint64_t>(tables->entry_of(vaddr, log2), frame << 10 | random() % 256 | (random() % 4 ? 0xc1 : 0));
    addresses.push_back(vaddr + random() % page);
  }
  for (int i = 0; i < 1500; ++i) {
    const VirtAddr vaddr =
        random() % 8 == 0 ? VirtAddr{random() % (64 * gigapage)} : addresses[random() % addresses.size()];
    client(random() % 3).ask(20, vaddr);
  }
  run();
  for (const auto& one : clients)
    for (const Client::Walk& walk : one->walks) {
      PageTableWalk table(tables->root(), walk.vaddr);
      while (table.wants_entry()) table.take(memory.get<std::uint64_t>(table.entry_address()));
      ASSERT_NE(walk.answered, 0u);
      ASSERT_EQ(walk.answer.vaddr, walk.vaddr);
      ASSERT_EQ(walk.answer.fault != PageFault::None, table.fault()) << std::hex << walk.vaddr.value();
      if (table.fault()) continue;
      const std::uint64_t offset = walk.vaddr.value() & ((1ULL << walk.answer.log2_page) - 1);
      ASSERT_EQ(walk.answer.paddr + offset, table.physical()) << std::hex << walk.vaddr.value();
      const sim::PagePermissions allows = walk.answer.permissions;
      const auto permitted = [&](Access access) {
        return permits(table.leaf(), access, table.leaf().user() ? Privilege::User : Privilege::Supervisor, {});
      };
      ASSERT_EQ(allows.readable, permitted(Access::Load));
      ASSERT_EQ(allows.writable, permitted(Access::Store));
      ASSERT_EQ(allows.executable, permitted(Access::Fetch));
    }
}

// ---- Its caches

TEST(PteCache, KeepsTheEntriesUsedLast) {
  PteCache cache(4);
  for (std::uint64_t i = 0; i < 4; ++i) cache.insert(PhysAddr{8 * i}, i);
  EXPECT_TRUE(cache.find(PhysAddr{0}));
  cache.insert(PhysAddr{64}, 9);
  EXPECT_TRUE(cache.find(PhysAddr{0}));
  EXPECT_TRUE(cache.find(PhysAddr{8}));
  EXPECT_FALSE(cache.find(PhysAddr{16})) << "in the half that was not used";
  cache.clear();
  EXPECT_FALSE(cache.find(PhysAddr{0}));
}

TEST(PteCache, HoldsNothingWithoutEntries) {
  PteCache cache(0);
  cache.insert(PhysAddr{8}, 1);
  EXPECT_FALSE(cache.find(PhysAddr{8}));
}

TEST(SecondLevelTlb, ForgetsAllAtOnce) {
  SecondLevelTlb tlb(8, 2);
  tlb.insert(VirtAddr{0x1000}, 5);
  EXPECT_EQ(tlb.find(VirtAddr{0x1fff}), 5u);
  tlb.clear();
  EXPECT_FALSE(tlb.find(VirtAddr{0x1000}));
}

}  // namespace
}  // namespace castor::host::test

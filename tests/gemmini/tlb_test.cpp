// The TLB and its filter registers: what they hold, who gives way, when a lookup is answered.
#include "castor/gemmini/tlb.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "castor/gemmini/frontend_tlb.h"

namespace castor::gemmini::test {
namespace {

using Outcome = Tlb::Lookup::Outcome;
using sim::PageFault;

constexpr std::uint64_t page = 4096, megapage = 2 << 20;
constexpr sim::PagePermissions data{true, true, false, true};
constexpr sim::TranslationStatus user{};

/// Notes requests; answers when told to, with pages 0x1'0000'0000 further up.
class ScriptedWalker : public sim::PageTableWalker {
 public:
  struct Request {
    std::uint64_t at;
    VirtAddr vaddr;
    sim::TranslationClient* client;
  };
  bool translates(const sim::TranslationStatus& status) const override { return !status.machine; }
  void walk(Cycle at, VirtAddr vaddr, sim::TranslationClient& client) override {
    requests.push_back({at.count(), vaddr, &client});
  }
  void answer(std::uint64_t at) {
    const Request& request = requests.back();
    const std::uint64_t size = std::uint64_t{1} << log2_page;
    request.client->translated(Cycle{at}, {request.vaddr, PhysAddr{(request.vaddr.value() & ~(size - 1)) + offset},
                                           log2_page, permissions, fault, homogeneous});
  }

  static constexpr std::uint64_t offset = 0x1'0000'0000;
  unsigned log2_page = 12;
  sim::PagePermissions permissions = data;
  PageFault fault = PageFault::None;
  bool homogeneous = true;
  std::vector<Request> requests;
};

struct TlbRules : testing::Test {
  /// Looks a page up, walks if need be; whether it had to.
  bool walks(std::uint64_t address) {
    if (!tlb) build();
    now += 10;
    const auto before = walker.requests.size();
    if (tlb->lookup(Cycle{now}, 0, VirtAddr{address}, DmaAccess::Read, user).outcome == Outcome::Hit) return false;
    EXPECT_EQ(walker.requests.size(), before + 1);
    walker.answer(now + 5);
    const auto hit = look(now + 6, address);
    EXPECT_EQ(hit.outcome, Outcome::Hit);
    EXPECT_EQ(hit.paddr.value(), address + ScriptedWalker::offset);
    return true;
  }
  unsigned walks_of(const std::vector<unsigned>& pages, std::uint64_t size = page) {
    unsigned walked = 0;
    for (const unsigned number : pages) walked += walks(number * size) ? 1 : 0;
    return walked;
  }
  Tlb::Lookup look(std::uint64_t cycle, std::uint64_t address, DmaAccess access = DmaAccess::Read,
                   sim::TranslationStatus status = user) {
    if (!tlb) build();
    return tlb->lookup(Cycle{cycle}, 0, VirtAddr{address}, access, status);
  }
  void build() {
    tlb = std::make_unique<Tlb>(gemmini, params, 2);
    tlb->set_walker(&walker);
  }
  void shape(unsigned entries, unsigned sectors, unsigned ways, Replacement rule) {
    gemmini.tlb_size.set(entries);
    params.sectors.set(sectors);
    params.ways.set(ways);
    params.replacement.set(rule);
  }

  config::GemminiParams gemmini;
  config::TlbParams params;
  ScriptedWalker walker;
  std::unique_ptr<Tlb> tlb;
  std::uint64_t now = 0;
};

TEST_F(TlbRules, KeepsFourPagesOf16KiBUnderOneTag) { EXPECT_EQ(walks_of({0, 1, 2, 3, 0, 1, 2, 3}), 4u); }
TEST_F(TlbRules, LosesThemAllToAPageOfAnotherRegion) { EXPECT_EQ(walks_of({0, 1, 2, 3, 4, 0, 1}), 7u); }

TEST_F(TlbRules, LosesOnePageAtATimeWithTagsOfOnePage) {
  shape(4, 1, 0, Replacement::Lru);
  EXPECT_EQ(walks_of({0, 1, 2, 3, 4, 1, 2, 3, 0}), 6u);
}

TEST_F(TlbRules, EvictsWhatPseudoLruSays) {
  shape(4, 1, 0, Replacement::Plru);
  EXPECT_EQ(walks_of({0, 1, 2, 3, 0}), 4u);
  EXPECT_EQ(walks_of({4, 0, 1, 3}), 1u) << "2 gave way";
  EXPECT_TRUE(walks(2 * page));
}

TEST_F(TlbRules, EvictsTheOldestUseWithLru) {
  shape(4, 1, 0, Replacement::Lru);
  EXPECT_EQ(walks_of({0, 1, 2, 3, 0}), 4u);
  EXPECT_EQ(walks_of({4, 0, 2, 3}), 1u) << "1 gave way";
}

TEST_F(TlbRules, EvictsTheFirstThatCameWithFifo) {
  shape(4, 1, 0, Replacement::Fifo);
  EXPECT_EQ(walks_of({0, 1, 2, 3, 0}), 4u);
  EXPECT_EQ(walks_of({4, 1, 2, 3}), 1u) << "0 gave way";
  EXPECT_TRUE(walks(0));
}

TEST_F(TlbRules, KeepsSetsApart) {
  shape(4, 1, 1, Replacement::Plru);  // four sets of one page
  EXPECT_EQ(walks_of({0, 1, 2, 3, 0, 1, 2, 3}), 4u);
  EXPECT_EQ(walks_of({4, 1, 2, 3}), 1u) << "only set 0 has changed";
  EXPECT_TRUE(walks(0));
}

TEST_F(TlbRules, CoversASuperpageByOneEntry) {
  walker.log2_page = 21;
  EXPECT_TRUE(walks(5 * megapage + 17 * page));
  EXPECT_FALSE(walks(5 * megapage));
  EXPECT_FALSE(walks(6 * megapage - 64));
  EXPECT_TRUE(walks(6 * megapage));
}

TEST_F(TlbRules, KeepsFourSuperpagesAndEvictsByPseudoLru) {
  walker.log2_page = 21;
  EXPECT_EQ(walks_of({0, 1, 2, 3, 0}, megapage), 4u);
  EXPECT_EQ(walks_of({4, 0, 1, 3}, megapage), 1u) << "2 gave way";
  EXPECT_TRUE(walks(2 * megapage));
}

TEST_F(TlbRules, LeavesSmallPagesAloneWhenASuperpageComes) {
  EXPECT_TRUE(walks(page));
  walker.log2_page = 21;
  EXPECT_EQ(walks_of({1, 2, 3, 4, 5}, megapage), 5u);
  EXPECT_FALSE(walks(page));
}

TEST_F(TlbRules, KeepsASuperpageAsSmallPagesWithoutEntriesForIt) {
  params.superpage_entries.set(0);
  walker.log2_page = 21;
  EXPECT_TRUE(walks(megapage + 3 * page + 100));
  EXPECT_FALSE(walks(megapage + 3 * page));
  EXPECT_TRUE(walks(megapage + 2 * page)) << "another page of the region";
  EXPECT_FALSE(walks(megapage + 3 * page));
}

TEST_F(TlbRules, KeepsOnePageThatCoversMoreThanMemoryBesideTheOthers) {
  walker.log2_page = 30;
  walker.homogeneous = false;
  EXPECT_TRUE(walks(0x8000'0000));
  walker.log2_page = 21;
  walker.homogeneous = true;
  EXPECT_EQ(walks_of({0, 1, 2, 3, 4}, megapage), 5u);
  EXPECT_FALSE(walks(0x8123'4560)) << "its entry is its own";
  walker.homogeneous = false;
  EXPECT_TRUE(walks(0x4000'0000));
  EXPECT_TRUE(walks(0x8000'0000)) << "there is only one";
}

TEST_F(TlbRules, AsksTheWalkerACycleAfterTheMissAndOnlyOnce) {
  EXPECT_EQ(look(20, 0x1000).outcome, Outcome::Miss);
  EXPECT_EQ(look(21, 0x9000).outcome, Outcome::Busy);
  EXPECT_EQ(look(22, 0x1040).outcome, Outcome::Joins);
  ASSERT_EQ(walker.requests.size(), 1u);
  EXPECT_EQ(walker.requests[0].at, 21u);
  EXPECT_EQ(walker.requests[0].vaddr, VirtAddr{0x1000});
}

TEST_F(TlbRules, MissesInTheCycleOfTheAnswerAndHitsInTheNext) {
  look(20, 0x1000);
  walker.answer(30);
  EXPECT_EQ(look(30, 0x1000).outcome, Outcome::Busy) << "one cycle early";
  EXPECT_EQ(walker.requests.size(), 1u);
  EXPECT_EQ(look(31, 0x1000).outcome, Outcome::Hit) << "on time";
}

TEST_F(TlbRules, HitsLaterWhereTheRefillTakesLonger) {
  params.refill_to_hit.set(4);
  look(20, 0x1000);
  walker.answer(30);
  EXPECT_EQ(look(33, 0x1000).outcome, Outcome::Busy);
  EXPECT_EQ(look(34, 0x1000).outcome, Outcome::Hit);
}

TEST_F(TlbRules, DropsTheAnswerOfAWalkThatAFlushOvertook) {
  look(20, 0x1000);
  tlb->flush();
  walker.answer(30);
  EXPECT_EQ(look(31, 0x1000).outcome, Outcome::Miss);
  EXPECT_EQ(walker.requests.size(), 2u);
}

TEST_F(TlbRules, ForgetsPagesAndSuperpagesAtAFlush) {
  EXPECT_TRUE(walks(page));
  walker.log2_page = 21;
  EXPECT_TRUE(walks(8 * megapage));
  tlb->flush();
  EXPECT_TRUE(walks(8 * megapage));
  walker.log2_page = 12;
  EXPECT_TRUE(walks(page));
}

TEST_F(TlbRules, AnswersAHitAfterItsLatencyToWhoAsksAgain) {
  params.hit_latency.set(4);
  look(10, 0x1000);
  walker.answer(15);
  EXPECT_EQ(look(20, 0x1000).outcome, Outcome::Waits);
  EXPECT_EQ(look(23, 0x1000).outcome, Outcome::Waits) << "one cycle early";
  EXPECT_EQ(look(24, 0x1000).outcome, Outcome::Hit) << "on time";
  EXPECT_EQ(look(25, 0x1000).outcome, Outcome::Waits) << "the next request waits as long";
}

TEST_F(TlbRules, HasOneHitOnItsWayForEachClient) {
  params.hit_latency.set(4);
  look(10, 0x1000);
  walker.answer(15);
  EXPECT_EQ(look(20, 0x1000).outcome, Outcome::Waits);
  const auto other = tlb->lookup(Cycle{21}, 1, VirtAddr{0x1040}, DmaAccess::Write, user);
  EXPECT_EQ(other.outcome, Outcome::Waits);
  EXPECT_EQ(look(24, 0x1000).outcome, Outcome::Hit);
  EXPECT_EQ(tlb->lookup(Cycle{25}, 1, VirtAddr{0x1040}, DmaAccess::Write, user).outcome, Outcome::Hit);
}

TEST_F(TlbRules, TranslatesNothingInMachineMode) {
  sim::TranslationStatus machine;
  machine.machine = true;
  const auto hit = look(10, 0x1234, DmaAccess::Write, machine);
  EXPECT_EQ(hit.outcome, Outcome::Hit);
  EXPECT_EQ(hit.paddr, PhysAddr{0x1234});
  EXPECT_TRUE(walker.requests.empty());
}

TEST_F(TlbRules, RefusesAnAddressThatIsNotCanonicalWithoutAWalk) {
  const auto lookup = look(10, 1ULL << 38);
  EXPECT_EQ(lookup.outcome, Outcome::Fault);
  EXPECT_EQ(lookup.fault, PageFault::NonCanonical);
  EXPECT_EQ(look(11, ~0ULL << 38).outcome, Outcome::Miss) << "sign-extended";
  EXPECT_EQ(walker.requests.size(), 1u);
}

TEST_F(TlbRules, KeepsAFaultUntilAFlush) {
  walker.fault = PageFault::Unmapped;
  look(10, 0x1000);
  walker.answer(15);
  EXPECT_EQ(look(16, 0x1000).fault, PageFault::Unmapped);
  EXPECT_EQ(look(17, 0x1000, DmaAccess::Write).fault, PageFault::Unmapped);
  EXPECT_EQ(walker.requests.size(), 1u);
  tlb->flush();
  EXPECT_EQ(look(18, 0x1000).outcome, Outcome::Miss);
}

/// What a page allows: who, whether it may be read, written.
struct Case {
  const char* name;
  sim::PagePermissions page;
  sim::TranslationStatus status;
  bool read, write;
};
constexpr sim::TranslationStatus supervisor{false, false, false, false};
constexpr sim::TranslationStatus supervisor_sum{false, false, true, false};
constexpr sim::TranslationStatus user_mxr{false, true, false, true};

TEST_F(TlbRules, HeedsPermissions) {
  const std::vector<Case> cases = {
      {"user page, user", {true, true, false, true}, user, true, true},
      {"user page, supervisor", {true, true, false, true}, supervisor, false, false},
      {"user page, supervisor with sum", {true, true, false, true}, supervisor_sum, true, true},
      {"kernel page, user", {true, true, false, false}, user, false, false},
      {"kernel page, supervisor", {true, true, false, false}, supervisor, true, true},
      {"read-only or clean page", {true, false, false, true}, user, true, false},
      {"code page", {false, false, true, true}, user, false, false},
      {"code page with mxr", {false, false, true, true}, user_mxr, true, false},
      {"page never accessed", {}, user, false, false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    build();
    walker.permissions = cases[i].page;
    look(10, 0x1000, DmaAccess::Read, cases[i].status);
    walker.answer(15);
    for (const DmaAccess access : {DmaAccess::Read, DmaAccess::Write}) {
      const auto lookup = look(16, 0x1000, access, cases[i].status);
      const bool allowed = access == DmaAccess::Read ? cases[i].read : cases[i].write;
      EXPECT_EQ(lookup.outcome, allowed ? Outcome::Hit : Outcome::Fault) << cases[i].name;
      if (!allowed) EXPECT_EQ(lookup.fault, PageFault::Permission) << cases[i].name;
    }
  }
}

// ---- The filter registers

struct Filters : testing::Test {
  FrontendTlb& front() {
    if (!tlb) {
      tlb = std::make_unique<FrontendTlb>("tlb", gemmini, params);
      tlb->set_walker(&walker);
    }
    return *tlb;
  }
  /// A request in `cycle`, answered in the next.
  bool hits(FrontendTlb::Client client, std::uint64_t cycle, std::uint64_t address) {
    front().present(client, Cycle{cycle}, VirtAddr{address}, true);
    return !front().answer(client, Cycle{cycle + 1}).miss;
  }
  void learn(FrontendTlb::Client client, std::uint64_t cycle, std::uint64_t address) {
    EXPECT_FALSE(hits(client, cycle, address));
    walker.answer(cycle + 3);
    EXPECT_TRUE(hits(client, cycle + 4, address));
  }

  config::GemminiParams gemmini;
  config::TlbParams params;
  ScriptedWalker walker;
  std::unique_ptr<FrontendTlb> tlb;
};

TEST_F(Filters, AnswerForTheClientsLastPageWithoutTheTlb) {
  learn(FrontendTlb::Reader, 10, 0x1000);
  EXPECT_TRUE(hits(FrontendTlb::Reader, 20, 0x1fc0));
  EXPECT_EQ(front().stats().l0_hits.value(), 1u);
  EXPECT_EQ(front().stats().filter_hits.value(), 1u);
  EXPECT_EQ(front().stats().private_misses.value(), 1u);
  EXPECT_EQ(front().stats().packets.value(), 3u) << "learning took two tries of one client that knows of no packets";
}

TEST_F(Filters, AreOneForEachClient) {
  learn(FrontendTlb::Reader, 10, 0x1000);
  EXPECT_TRUE(hits(FrontendTlb::Writer, 20, 0x1000));
  EXPECT_EQ(front().stats().l0_hits.value(), 0u) << "the writer had to ask the TLB";
}

TEST_F(Filters, LookUpToTheCycleAfterTheTlbsAnswer) {
  learn(FrontendTlb::Reader, 10, 0x1000);  // asked in 14, the TLB answered in 15
  front().present(FrontendTlb::Reader, Cycle{15}, VirtAddr{0x1040}, true);
  EXPECT_EQ(front().stats().l0_hits.value(), 0u) << "one cycle early";
  front().answer(FrontendTlb::Reader, Cycle{16});
  front().present(FrontendTlb::Reader, Cycle{16}, VirtAddr{0x1040}, true);
  EXPECT_EQ(front().stats().l0_hits.value(), 1u) << "on time";
}

TEST_F(Filters, DoNothingWhereTheyAreNotBuilt) {
  gemmini.use_tlb_register_filter.set(false);
  learn(FrontendTlb::Reader, 10, 0x1000);
  EXPECT_TRUE(hits(FrontendTlb::Reader, 20, 0x1040));
  EXPECT_EQ(front().stats().l0_hits.value(), 0u);
  EXPECT_EQ(front().stats().private_hits.value(), 2u);
}

TEST_F(Filters, MayBeBuiltForTheReaderAlone) {
  gemmini.tlb_write_filter.set(false);
  learn(FrontendTlb::Reader, 10, 0x1000);
  learn(FrontendTlb::Writer, 30, 0x5000);
  EXPECT_TRUE(hits(FrontendTlb::Reader, 50, 0x1040));
  EXPECT_EQ(front().stats().filter_hits.value(), 1u);
  EXPECT_TRUE(hits(FrontendTlb::Writer, 60, 0x5040));
  EXPECT_EQ(front().stats().filter_hits.value(), 1u) << "the TLB answered";
}

TEST_F(Filters, AreEmptyAfterAFlush) {
  learn(FrontendTlb::Reader, 10, 0x1000);
  front().flush(Cycle{19});
  EXPECT_FALSE(hits(FrontendTlb::Reader, 20, 0x1000));
}

TEST_F(Filters, SaveTheHitLatency) {
  params.hit_latency.set(3);
  EXPECT_FALSE(hits(FrontendTlb::Reader, 10, 0x1000));
  walker.answer(13);
  EXPECT_FALSE(hits(FrontendTlb::Reader, 20, 0x1000));
  EXPECT_FALSE(hits(FrontendTlb::Reader, 22, 0x1000)) << "looked up in 21, there in 24";
  EXPECT_TRUE(hits(FrontendTlb::Reader, 24, 0x1000));
  EXPECT_TRUE(hits(FrontendTlb::Reader, 26, 0x1fc0)) << "the register has no latency";
}

TEST_F(Filters, CountConsecutivePacketsOfAPage) {
  learn(FrontendTlb::Reader, 10, 0x1000);
  for (const std::uint64_t address : {0x1040, 0x2000, 0x1000}) {
    const std::uint64_t cycle = 20 + address;
    if (!hits(FrontendTlb::Reader, cycle, address)) walker.answer(cycle + 3);
  }
  EXPECT_EQ(front().stats().reads.value(), 5u);
  EXPECT_EQ(front().stats().reads_same_page.value(), 2u);
  EXPECT_EQ(front().stats().writes.value(), 0u);
}

TEST_F(Filters, CountAPacketOnceHoweverOftenItComes) {
  front().present(FrontendTlb::Reader, Cycle{10}, VirtAddr{0x1000}, true);
  EXPECT_TRUE(front().answer(FrontendTlb::Reader, Cycle{11}).counted);
  front().present(FrontendTlb::Reader, Cycle{12}, VirtAddr{0x1000}, true, FrontendTlb::Try::Further);
  front().answer(FrontendTlb::Reader, Cycle{13});
  EXPECT_EQ(front().stats().packets.value(), 1u);
  EXPECT_EQ(front().stats().private_misses.value(), 1u);
  EXPECT_EQ(front().stats().requests.value(), 2u);
}

TEST_F(Filters, CountOneMissForEachWalkAndThePacketsThatJoinIt) {
  front().present(FrontendTlb::Reader, Cycle{10}, VirtAddr{0x1000}, true);
  front().present(FrontendTlb::Reader, Cycle{11}, VirtAddr{0x1040}, true);
  front().present(FrontendTlb::Writer, Cycle{12}, VirtAddr{0x5000}, true);
  EXPECT_FALSE(front().answer(FrontendTlb::Writer, Cycle{13}).counted) << "what it is to be is not known yet";
  EXPECT_EQ(front().stats().private_misses.value(), 1u);
  EXPECT_EQ(front().stats().private_joins.value(), 1u);
  EXPECT_EQ(front().stats().packets.value(), 2u);
  walker.answer(15);
  front().present(FrontendTlb::Writer, Cycle{16}, VirtAddr{0x5000}, true);
  EXPECT_TRUE(front().answer(FrontendTlb::Writer, Cycle{17}).counted);
  EXPECT_EQ(front().stats().private_misses.value(), 2u);
  EXPECT_EQ(walker.requests.size(), 2u);
}

TEST_F(Filters, RaiseTheInterruptAtAFaultUntilAFlush) {
  std::vector<std::uint64_t> told;
  front().on_fault([&](Cycle now, const TranslationFault&) { told.push_back(now.count()); });
  walker.fault = PageFault::MisalignedSuperpage;
  EXPECT_FALSE(hits(FrontendTlb::Writer, 10, 0x5040));
  EXPECT_FALSE(front().interrupt());
  walker.answer(13);
  EXPECT_FALSE(hits(FrontendTlb::Writer, 14, 0x5040));
  ASSERT_TRUE(front().interrupt());
  EXPECT_EQ(front().fault()->vaddr, VirtAddr{0x5040});
  EXPECT_EQ(front().fault()->access, DmaAccess::Write);
  EXPECT_EQ(front().fault()->reason, PageFault::MisalignedSuperpage);
  EXPECT_FALSE(hits(FrontendTlb::Writer, 16, 0x5040)) << "it goes round";
  EXPECT_EQ(told, (std::vector<std::uint64_t>{15}));
  walker.fault = PageFault::None;
  front().flush(Cycle{17});
  EXPECT_FALSE(front().interrupt());
  learn(FrontendTlb::Writer, 18, 0x5040);
}

/// The writer's access to 0x5040 has raised the interrupt.
void fault(Filters& filters) {
  filters.walker.fault = PageFault::Unmapped;
  EXPECT_FALSE(filters.hits(FrontendTlb::Writer, 10, 0x5040));
  filters.walker.answer(13);
  EXPECT_FALSE(filters.hits(FrontendTlb::Writer, 14, 0x5040));
  ASSERT_TRUE(filters.front().interrupt());
}

TEST_F(Filters, LetTheFaultedAccessPassWithoutAnAddressAfterAFlushThatSkipsIt) {
  fault(*this);
  front().flush(Cycle{17}, FaultedAccess::IsSkipped);
  EXPECT_FALSE(front().interrupt());
  front().present(FrontendTlb::Writer, Cycle{18}, VirtAddr{0x5040}, true);
  const FrontendTlb::Answer answer = front().answer(FrontendTlb::Writer, Cycle{19});
  EXPECT_TRUE(answer.skip);
  EXPECT_FALSE(answer.miss);
}

TEST_F(Filters, SkipTheAccessThatFaultedAndNoOther) {
  fault(*this);
  front().flush(Cycle{17}, FaultedAccess::IsSkipped);
  front().present(FrontendTlb::Writer, Cycle{18}, VirtAddr{0x5080}, true);
  front().present(FrontendTlb::Reader, Cycle{18}, VirtAddr{0x5040}, true);
  EXPECT_FALSE(front().answer(FrontendTlb::Writer, Cycle{19}).skip) << "another address";
  EXPECT_FALSE(front().answer(FrontendTlb::Reader, Cycle{19}).skip) << "another client";
}

TEST_F(Filters, SkipItUntilItsClientHasDoneSo) {
  fault(*this);
  front().flush(Cycle{17}, FaultedAccess::IsSkipped);
  front().present(FrontendTlb::Writer, Cycle{18}, VirtAddr{0x5040}, true);
  front().present(FrontendTlb::Writer, Cycle{19}, VirtAddr{0x5040}, true);
  EXPECT_TRUE(front().answer(FrontendTlb::Writer, Cycle{20}).skip) << "the next beat of the packet";
  front().skipped(FrontendTlb::Writer);
  EXPECT_EQ(front().stats().skips.value(), 1u);
  front().present(FrontendTlb::Writer, Cycle{20}, VirtAddr{0x5040}, true);
  EXPECT_FALSE(front().answer(FrontendTlb::Writer, Cycle{21}).skip);
}

TEST_F(Filters, FlushAtAnSfenceOnlyWhereItReachesThem) {
  learn(FrontendTlb::Reader, 10, 0x1000);
  front().sfence(Cycle{19});
  EXPECT_FALSE(hits(FrontendTlb::Reader, 20, 0x1000));
  tlb.reset();
  params.sfence_flushes.set(false);
  learn(FrontendTlb::Reader, 10, 0x1000);
  front().sfence(Cycle{19});
  EXPECT_TRUE(hits(FrontendTlb::Reader, 20, 0x1000));
}

TEST_F(Filters, StandBeforeATlbForEachClientWhereItIsNotShared) {
  gemmini.use_shared_tlb.set(false);
  learn(FrontendTlb::Reader, 10, 0x1000);
  EXPECT_FALSE(hits(FrontendTlb::Writer, 20, 0x1000)) << "its TLB has not seen the page";
  EXPECT_EQ(walker.requests.size(), 2u);
  EXPECT_EQ(front().stats().arbitration_losses.value(), 0u);
}

// ---- A TLB that blocks

struct Blocking : Filters {
  Blocking() {
    gemmini.use_tlb_register_filter.set(false);
    params.sectors.set(1);
    params.blocking.set(true);
  }
  /// The reader walks; whether the writer finds a page of the TLB meanwhile.
  bool writer_hits_beside_a_walk() {
    learn(FrontendTlb::Writer, 10, 0x5000);
    EXPECT_FALSE(hits(FrontendTlb::Reader, 20, 0x1000));
    return hits(FrontendTlb::Writer, 21, 0x5000);
  }
};

TEST_F(Blocking, ServesNobodyBesideAWalk) {
  EXPECT_FALSE(writer_hits_beside_a_walk());
  EXPECT_EQ(front().stats().arbitration_losses.value(), 1u);
  params.blocking.set(false);
  tlb.reset();
  EXPECT_TRUE(writer_hits_beside_a_walk());
}

TEST_F(Blocking, ServesNobodyBesideAHitOnItsWay) {
  params.hit_latency.set(2);
  front().set_walker(nullptr);
  EXPECT_FALSE(hits(FrontendTlb::Reader, 20, 0x1000));
  EXPECT_FALSE(hits(FrontendTlb::Writer, 21, 0x5000));
  EXPECT_TRUE(hits(FrontendTlb::Reader, 22, 0x1000));
  EXPECT_FALSE(hits(FrontendTlb::Writer, 23, 0x5000)) << "its latency begins now";
  EXPECT_TRUE(hits(FrontendTlb::Writer, 25, 0x5000));
}

TEST_F(Blocking, GivesUpAPacketThatDoesNotComeBack) {
  EXPECT_FALSE(writer_hits_beside_a_walk());  // the reader was looked up in 21
  EXPECT_FALSE(hits(FrontendTlb::Writer, 22, 0x5000)) << "the reader may come back in 23";
  EXPECT_TRUE(hits(FrontendTlb::Writer, 23, 0x5000));
}

TEST_F(Blocking, LeavesAPacketItsAnswerUntilTheNext) {
  learn(FrontendTlb::Reader, 10, 0x1000);  // the TLB answered in 15
  front().present(FrontendTlb::Reader, Cycle{15}, VirtAddr{0x1000}, true, FrontendTlb::Try::Further);
  EXPECT_FALSE(front().answer(FrontendTlb::Reader, Cycle{16}).miss);
  EXPECT_EQ(front().stats().l0_hits.value(), 1u);
  EXPECT_TRUE(hits(FrontendTlb::Reader, 18, 0x1040));
  EXPECT_EQ(front().stats().l0_hits.value(), 1u) << "the next packet asks for itself";
}

TEST_F(Blocking, LooksNothingUpThatIsNotAwaited) {
  front().present(FrontendTlb::Writer, Cycle{10}, VirtAddr{0x5000}, true, FrontendTlb::Try::First, false);
  EXPECT_TRUE(front().answer(FrontendTlb::Writer, Cycle{11}).miss);
  EXPECT_TRUE(walker.requests.empty());
  EXPECT_EQ(front().stats().packets.value(), 0u);
}

TEST_F(Blocking, TakesAPacketBehindAnotherOnlyIfTheRegisterAnswersBoth) {
  gemmini.use_tlb_register_filter.set(true);
  learn(FrontendTlb::Reader, 10, 0x1000);
  front().present(FrontendTlb::Reader, Cycle{20}, VirtAddr{0x1040}, true);
  EXPECT_TRUE(front().takes_another(FrontendTlb::Reader, VirtAddr{0x1080}));
  EXPECT_FALSE(front().takes_another(FrontendTlb::Reader, VirtAddr{0x2000}));
  front().present(FrontendTlb::Reader, Cycle{22}, VirtAddr{0x2000}, true);
  EXPECT_FALSE(front().takes_another(FrontendTlb::Reader, VirtAddr{0x2040})) << "the first is not answered yet";
}

}  // namespace
}  // namespace castor::gemmini::test

// The parts of the memory system that need no clock.
#include <gtest/gtest.h>

#include "castor/common/error.h"
#include "castor/memory/arbiter.h"
#include "castor/memory/backing_store.h"
#include "castor/memory/banked_store.h"
#include "castor/memory/directory.h"
#include "castor/memory/mshr.h"
#include "castor/memory/put_buffer.h"
#include "castor/memory/secondary_requests.h"

namespace castor::memory {
namespace {

TEST(BackingStore, ReadsZeroWhereNothingWasWritten) {
  BackingStore store(PhysAddr{0x80000000}, 16_GiB);
  EXPECT_EQ(store.get<std::uint64_t>(PhysAddr{0x80000000 + 15 * (1ULL << 30)}), 0u);
}

TEST(BackingStore, ReturnsWhatWasWrittenAcrossAnyBoundary) {
  BackingStore store(PhysAddr{0x80000000}, 1_MiB);
  store.put<std::uint64_t>(PhysAddr{0x80000ffd}, 0x1122334455667788);
  EXPECT_EQ(store.get<std::uint64_t>(PhysAddr{0x80000ffd}), 0x1122334455667788u);
  EXPECT_EQ(store.get<std::uint8_t>(PhysAddr{0x80001000}), 0x55);
}

TEST(BackingStore, RefusesAnAccessThatBeginsOrEndsOutsideAndNamesTheLimits) {
  BackingStore store(PhysAddr{0x80000000}, 1_MiB);
  EXPECT_TRUE(store.contains(PhysAddr{0x800ffff8}, 8));
  EXPECT_FALSE(store.contains(PhysAddr{0x800ffff8}, 9));
  EXPECT_FALSE(store.contains(PhysAddr{0x7fffffff}, 1));
  try {
    store.get<std::uint64_t>(PhysAddr{0x80100000});
    FAIL() << "the read was allowed";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("0x80000000 to 0x800fffff"), std::string::npos) << error.what();
  }
}

TEST(RoundRobinArbiter, ServesTheHighestInputFirstAndThenDownwards) {
  RoundRobinArbiter arbiter;
  std::vector<int> served;
  for (int i = 0; i < 4; ++i) {
    served.push_back(arbiter.pick(0b111));
    arbiter.sent(served.back(), true);
  }
  EXPECT_EQ(served, (std::vector<int>{2, 1, 0, 2}));
}

TEST(RoundRobinArbiter, HoldsForTheBeatsOfAMessageEvenWhileItsSenderPauses) {
  RoundRobinArbiter arbiter;
  ASSERT_EQ(arbiter.pick(0b01), 0);
  arbiter.sent(0, false);
  EXPECT_EQ(arbiter.pick(0b10), RoundRobinArbiter::none);
  EXPECT_EQ(arbiter.pick(0b11), 0);
  arbiter.sent(0, true);
  EXPECT_EQ(arbiter.pick(0b11), 1);
}

TEST(Directory, StepsItsVictimRegisterOnEveryReadHitOrMiss) {
  config::L2Params params;
  Directory directory(params);
  directory.entry(3, 5) = {7, 0, LineState::Tip, false};
  EXPECT_TRUE(directory.read(3, 7).hit);
  EXPECT_EQ(directory.victim_register(), 2);  // 1 shifted, taps 16, 14, 13, 11 all zero
  directory.set_victim_register(0x8000);
  directory.read(3, 7);
  EXPECT_EQ(directory.victim_register(), 1);
}

TEST(Directory, ChoosesTheVictimFromTheRegisterAloneThoughOtherWaysAreInvalid) {
  config::L2Params params;
  Directory directory(params);
  directory.entry(0, 5) = {9, 0, LineState::Tip, true};
  directory.set_victim_register(0x0140);  // steps to 0x0280: bits 9..7 say way 5
  const DirectoryResult result = directory.read(0, 1);
  EXPECT_FALSE(result.hit);
  EXPECT_EQ(result.way, 5);
  EXPECT_EQ(result.entry.tag, 9u);
  EXPECT_TRUE(result.entry.dirty);
}

TEST(Directory, SharesTheVictimRangeEvenlyWhenTheWaysAreNoPowerOfTwo) {
  config::L2Params params;
  params.ways.set(3);
  params.capacity.set(Bytes{3 * 64 * 1024});
  Directory directory(params);
  std::vector<unsigned> chosen(3);
  for (int i = 0; i < 60000; ++i) ++chosen[directory.read(0, 1).way];
  for (const unsigned count : chosen) EXPECT_NEAR(count, 20000, 600);
}

TEST(Directory, KeepsAWriteWaitingWhileReadsTakeThePort) {
  config::L2Params params;
  Directory directory(params);
  directory.write(1, 2, {3, 0, LineState::Tip, true});
  EXPECT_TRUE(directory.settle(true));  // the cycle of the write itself
  EXPECT_FALSE(directory.can_write());
  EXPECT_TRUE(directory.read(1, 3).hit) << "a result sees the write that waits";
  EXPECT_TRUE(directory.settle(true));
  EXPECT_FALSE(directory.can_write());
  EXPECT_FALSE(directory.settle(false));
  EXPECT_TRUE(directory.can_write());
}

TEST(BankedStore, LetsStreamsOfDifferentBeatsPassTogether) {
  BankedStore store{config::L2Params{}, config::BusParams{}, config::MemoryBusParams{}};
  store.begin_cycle();
  EXPECT_TRUE(store.claim_outer(0, 2));        // SRAM 2
  EXPECT_TRUE(store.claim_inner(0, 0, 0b11));  // SRAMs 0, 1
  EXPECT_FALSE(store.claim_inner(0, 1, 0b11)) << "SRAMs 2 and 3: one is taken";
}

TEST(BankedStore, KeepsSramsFromLowerPrioritiesEvenForARefusedClaim) {
  BankedStore store{config::L2Params{}, config::BusParams{}, config::MemoryBusParams{}};
  store.begin_cycle();
  ASSERT_TRUE(store.claim_outer(0, 2));
  ASSERT_FALSE(store.claim_inner(0, 1, 0b11));
  EXPECT_FALSE(store.claim_outer(0, 3)) << "SRAM 3 is kept though its claim was refused";
  store.begin_cycle();
  EXPECT_TRUE(store.claim_outer(0, 3));
}

TEST(PutBuffer, ShowsABeatInTheNextCycleAndKeepsListsApart) {
  PutBuffer buffer(2, 4);
  const auto a = buffer.open_list(), b = buffer.open_list();
  EXPECT_FALSE(buffer.has_free_list());
  buffer.push(Cycle{5}, a).count = 1;
  buffer.push(Cycle{6}, b).count = 2;
  buffer.push(Cycle{7}, a).count = 3;
  EXPECT_FALSE(buffer.can_pop(Cycle{5}, a));
  ASSERT_TRUE(buffer.can_pop(Cycle{6}, a));
  EXPECT_EQ(buffer.pop(a, false).count, 1);
  EXPECT_FALSE(buffer.can_pop(Cycle{7}, a));
  EXPECT_EQ(buffer.pop(b, true).count, 2);
  EXPECT_TRUE(buffer.has_free_list());
  EXPECT_EQ(buffer.pop(a, true).count, 3);
}

TEST(PutBuffer, RunsOutOfBeatsAndRecovers) {
  PutBuffer buffer(4, 2);
  const auto list = buffer.open_list();
  buffer.push(Cycle{0}, list);
  EXPECT_TRUE(buffer.has_free_beat());
  buffer.push(Cycle{1}, list);
  EXPECT_FALSE(buffer.has_free_beat());
  buffer.pop(list, false);
  EXPECT_TRUE(buffer.has_free_beat());
}

TEST(SecondaryRequests, KeepTheOrderOfEachQueueInTheSharedPool) {
  SecondaryRequests requests(3, 3);
  const auto with_tag = [](std::uint32_t tag) {
    L2Request request;
    request.tag = tag;
    return request;
  };
  requests.push(0, with_tag(1));
  requests.push(2, with_tag(2));
  requests.push(0, with_tag(3));
  EXPECT_FALSE(requests.has_room());
  EXPECT_FALSE(requests.has(1));
  EXPECT_EQ(requests.pop(0).tag, 1u);
  EXPECT_TRUE(requests.has_room());
  EXPECT_EQ(requests.front(0).tag, 3u);
  EXPECT_EQ(requests.pop(2).tag, 2u);
  EXPECT_EQ(requests.pop(0).tag, 3u);
  EXPECT_EQ(requests.size(), 0u);
}

L2Request request_of(Opcode opcode, unsigned log2_size, unsigned offset = 0) {
  L2Request request;
  request.opcode = opcode;
  request.log2_size = static_cast<std::uint8_t>(log2_size);
  request.offset = static_cast<std::uint16_t>(offset);
  request.tag = 1;
  return request;
}

Mshr planned(const L2Request& request, const DirectoryResult& line) {
  Mshr mshr;
  mshr.allocate(request);
  mshr.plan(line);
  return mshr;
}

const DirectoryResult invalid_line{{}, 0, false};
const DirectoryResult clean_victim{{9, 0, LineState::Tip, false}, 0, false};
DirectoryResult present(bool dirty) { return {{1, 0, LineState::Tip, dirty}, 0, true}; }

TEST(Mshr, AnswersAReadHitAtOnceAndLeavesTheDirectoryAlone) {
  Mshr mshr = planned(request_of(Opcode::Get, 6), present(false));
  EXPECT_TRUE(mshr.wants_response());
  EXPECT_TRUE(mshr.complete());
  EXPECT_FALSE(mshr.wants_directory_write());
  EXPECT_FALSE(mshr.wants_acquire());
}

TEST(Mshr, MarksALineDirtyOnlyOnItsFirstWrite) {
  EXPECT_TRUE(planned(request_of(Opcode::PutFull, 4), present(false)).wants_directory_write());
  EXPECT_FALSE(planned(request_of(Opcode::PutFull, 4), present(true)).wants_directory_write());
}

TEST(Mshr, SchedulesTheReleaseOfAVictimBeforeTheAcquire) {
  Mshr mshr = planned(request_of(Opcode::Get, 6), clean_victim);
  EXPECT_TRUE(mshr.wants_release());
  EXPECT_FALSE(mshr.wants_acquire());
  mshr.schedule();
  EXPECT_FALSE(mshr.wants_release());
  EXPECT_TRUE(mshr.wants_acquire());
}

TEST(Mshr, AnswersBehindTheFirstBeatOnlyIfTheRequestBeginsTheBlock) {
  for (const unsigned offset : {0u, 16u}) {
    Mshr mshr = planned(request_of(Opcode::Get, 4, offset), invalid_line);
    mshr.schedule();
    mshr.receive_grant(false, true);
    EXPECT_EQ(mshr.wants_response(), offset == 0);
    mshr.receive_grant(true, true);
    EXPECT_TRUE(mshr.wants_response());
    EXPECT_TRUE(mshr.complete());
  }
}

TEST(Mshr, IsHeldUntilTheVictimsReleaseIsAcknowledged) {
  Mshr mshr = planned(request_of(Opcode::Get, 6), clean_victim);
  mshr.schedule();
  mshr.schedule();
  mshr.receive_grant(true, true);
  EXPECT_TRUE(mshr.wants_response());
  EXPECT_FALSE(mshr.complete());
  mshr.receive_release_ack();
  EXPECT_TRUE(mshr.complete());
}

TEST(Mshr, NeedsNoDataForAWholeBlockWriteAndNothingLess) {
  EXPECT_TRUE(planned(request_of(Opcode::PutFull, 6), invalid_line).acquires_without_data(6));
  EXPECT_FALSE(planned(request_of(Opcode::PutFull, 5), invalid_line).acquires_without_data(6));
  EXPECT_FALSE(planned(request_of(Opcode::PutPartial, 6), invalid_line).acquires_without_data(6));
  EXPECT_FALSE(planned(request_of(Opcode::Get, 6), invalid_line).acquires_without_data(6));
}

L2Request acquire(sim::Grow grow, std::uint16_t client) {
  L2Request request = request_of(Opcode::AcquireBlock, 6);
  request.grow = grow;
  request.client = client;
  return request;
}
L2Request release(Opcode opcode, sim::Shrink shrink, std::uint16_t client) {
  L2Request request = request_of(opcode, 6);
  request.shrink = shrink;
  request.client = client;
  return request;
}
DirectoryResult held(LineState state, std::uint16_t clients) { return {{1, clients, state, false}, 0, true}; }

/// The answers of all clients that it has probed, as one beat each.
void answer_probes(Mshr& mshr, bool to_none, bool data = false) {
  const std::uint16_t clients = mshr.probed_clients();
  mshr.schedule();
  for (std::uint16_t bit = 1; bit != 0; bit = static_cast<std::uint16_t>(bit << 1))
    if ((clients & bit) != 0) mshr.receive_probe_ack({1, bit, to_none, data, true});
}

TEST(Mshr, GivesALineThatNobodyHoldsToItsFirstReaderForWriting) {
  Mshr mshr = planned(acquire(sim::Grow::NtoB, 2), present(false));
  EXPECT_FALSE(mshr.wants_probe());
  EXPECT_EQ(mshr.response().grow, sim::Grow::NtoT);
  mshr.schedule();
  EXPECT_FALSE(mshr.complete()) << "until the grant is acknowledged";
  mshr.receive_client_grant_ack();
  ASSERT_TRUE(mshr.complete());
  EXPECT_EQ(mshr.directory_write().state, LineState::Trunk);
  EXPECT_EQ(mshr.directory_write().clients, 2);
}

TEST(Mshr, SharesALineWithASecondReaderAfterTheFirstHasStoppedWriting) {
  Mshr mshr = planned(acquire(sim::Grow::NtoB, 2), held(LineState::Trunk, 1));
  ASSERT_TRUE(mshr.wants_probe());
  EXPECT_EQ(mshr.probe_cap(), sim::Cap::toB);
  EXPECT_FALSE(mshr.wants_response());
  answer_probes(mshr, false, true);
  ASSERT_TRUE(mshr.wants_response());
  EXPECT_EQ(mshr.response().grow, sim::Grow::NtoB);
  EXPECT_EQ(mshr.directory_write().state, LineState::Tip);
  EXPECT_EQ(mshr.directory_write().clients, 3);
  EXPECT_TRUE(mshr.directory_write().dirty) << "the first had written";
}

TEST(Mshr, ProbesAllButTheOneThatUpgrades) {
  Mshr mshr = planned(acquire(sim::Grow::BtoT, 2), held(LineState::Tip, 7));
  ASSERT_TRUE(mshr.wants_probe());
  EXPECT_EQ(mshr.probed_clients(), 5);
  EXPECT_EQ(mshr.probe_cap(), sim::Cap::toN);
  mshr.schedule();
  mshr.receive_probe_ack({1, 1, true, false, true});
  EXPECT_FALSE(mshr.wants_response()) << "one of two";
  mshr.receive_probe_ack({1, 4, true, false, true});
  ASSERT_TRUE(mshr.wants_response());
  EXPECT_TRUE(mshr.response().moves_no_data());
  EXPECT_EQ(mshr.directory_write().clients, 2);
}

TEST(Mshr, SendsTheDataToAnUpgradeWhoseSenderHasLostTheLine) {
  Mshr mshr = planned(acquire(sim::Grow::BtoT, 2), held(LineState::Tip, 0));
  EXPECT_EQ(mshr.response().grow, sim::Grow::NtoT);
  EXPECT_FALSE(mshr.response().moves_no_data());
}

TEST(Mshr, ProbesAPutsSenderTooButNotAReadOfASharedLine) {
  EXPECT_TRUE(planned(request_of(Opcode::PutFull, 4), held(LineState::Tip, 1)).wants_probe());
  EXPECT_FALSE(planned(request_of(Opcode::Get, 6), held(LineState::Tip, 1)).wants_probe());
  EXPECT_TRUE(planned(request_of(Opcode::Get, 6), held(LineState::Trunk, 1)).wants_probe());
}

TEST(Mshr, ReleasesAVictimBehindTheFirstBeatOfItsLastHoldersAnswer) {
  Mshr mshr = planned(request_of(Opcode::Get, 6), {{9, 3, LineState::Tip, false}, 0, false});
  EXPECT_EQ(mshr.probed_tag(), 9u);
  EXPECT_FALSE(mshr.wants_release());
  mshr.schedule();
  mshr.receive_probe_ack({9, 1, true, false, true});
  EXPECT_FALSE(mshr.wants_release());
  EXPECT_TRUE(mshr.nests_releases());
  mshr.receive_probe_ack({9, 2, true, true, false});
  EXPECT_TRUE(mshr.wants_release());
  EXPECT_TRUE(mshr.line().entry.dirty);
}

TEST(Mshr, TakesAReleaseBackIntoTheLine) {
  Mshr clean = planned(release(Opcode::Release, sim::Shrink::BtoN, 1), held(LineState::Tip, 3));
  ASSERT_TRUE(clean.complete());
  EXPECT_EQ(clean.directory_write().clients, 2);
  EXPECT_FALSE(clean.directory_write().dirty);
  Mshr dirty = planned(release(Opcode::ReleaseData, sim::Shrink::TtoN, 1), held(LineState::Trunk, 1));
  EXPECT_EQ(dirty.directory_write().state, LineState::Tip);
  EXPECT_EQ(dirty.directory_write().clients, 0);
  EXPECT_TRUE(dirty.directory_write().dirty);
}

TEST(Mshr, LearnsFromANestedReleaseThatItsLineIsDirty) {
  Mshr mshr = planned(request_of(Opcode::Get, 6), {{9, 1, LineState::Trunk, false}, 0, false});
  mshr.take_nested_data(8);
  EXPECT_FALSE(mshr.line().entry.dirty) << "another line of the set";
  mshr.take_nested_data(9);
  EXPECT_TRUE(mshr.line().entry.dirty);
}

TEST(Mshr, MakesAReleaseWaitForThePlanAndPassWhileItWaitsForOthers) {
  Mshr mshr;
  mshr.allocate(request_of(Opcode::Get, 6));
  EXPECT_TRUE(mshr.blocks_releases());
  mshr.plan(invalid_line);
  EXPECT_FALSE(mshr.blocks_releases());
  EXPECT_TRUE(mshr.nests_releases()) << "waits for memory";
  mshr.schedule();
  mshr.receive_grant(false, true);
  EXPECT_FALSE(mshr.nests_releases());
}

}  // namespace
}  // namespace castor::memory

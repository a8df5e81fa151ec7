// Random traffic of two caches with several misses under way and of an accelerator, on caches so small that every
// request evicts somebody's line. Judges: the coherence checker in every cycle; every access is answered, once; the
// clock domain, which reports a deadlock. CASTOR_SEED repeats a run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "castor/host/nonblocking_data_cache.h"
#include "coherent_bench.h"

namespace castor::memory::test {
namespace {

using host::NonblockingDataCache;

constexpr std::uint64_t base = 0x80000000;
constexpr unsigned lines = 96, most_under_way = 12;

config::SocConfig tiny(unsigned mshrs) {
  config::SocConfig config;
  config.l2.capacity.set(2_KiB);
  config.l2.ways.set(2);
  config.l2.secondary_requests.set(6);
  config.host.l1d.capacity.set(1_KiB);
  config.host.l1d.ways.set(2);
  config.host.l1d.mshrs.set(mshrs);
  config.dram.latency.set(7);
  return config;
}

/// Keeps up to a dozen accesses under way.
class EagerCore : public sim::ClockedModule {
 public:
  EagerCore(const sc_core::sc_module_name& name, sim::ClockDomain& domain, NonblockingDataCache& cache,
            std::uint64_t seed, unsigned requests)
      : ClockedModule(name, domain, sim::level::host),
        cache_(cache),
        domain_(domain),
        random_(seed),
        answers_(requests),
        requests_(requests) {
    cache.set_answer([this](std::uint64_t number, Cycle) { answer(number); });
  }

  bool done() const { return next_ == requests_ && under_way_ == 0; }
  const std::vector<unsigned>& answers() const { return answers_; }
  std::uint64_t digest() const { return digest_; }
  std::function<void()> when_done = [] {};

  Cycle step(Cycle now) override {
    while (next_ < requests_ && under_way_ < most_under_way && random_() % 3 != 0) access(now);
    return next_ < requests_ ? now + 1 : Cycle::never();
  }

 private:
  void access(Cycle now) {
    const bool hot = random_() % 3 == 0;
    const PhysAddr address{base + 64 * (hot ? random_() % 4 * 8 : random_() % lines)};
    const MemoryOp access = random_() % 2 == 0 ? MemoryOp::Load : MemoryOp::Store;
    ++under_way_;
    const std::uint64_t number = next_++;
    if (cache_.access(now + random_() % 4, address, access, number)) answer(number);
  }
  void answer(std::uint64_t number) {
    ++answers_[number];
    --under_way_;
    digest_ = digest_ * 1000003 + domain_.now().count() * 31 + number;
    if (done()) when_done();
  }

  NonblockingDataCache& cache_;
  sim::ClockDomain& domain_;
  std::mt19937_64 random_;
  std::vector<unsigned> answers_;
  unsigned requests_;
  std::uint64_t next_ = 0, digest_ = 0;
  unsigned under_way_ = 0;
};

struct EagerTraffic {
  EagerTraffic(std::uint64_t seed, unsigned mshrs, unsigned requests) : random(seed), bench(0, tiny(mshrs)) {
    for (const char* name : {"a", "b"}) {
      caches.push_back(
          std::make_unique<NonblockingDataCache>(name, bench.domain, bench.config.host.l1d, bench.config.bus));
      caches.back()->socket.bind(bench.memory.bus().socket(bench.memory.bus().add_client(name)));
      cores.push_back(std::make_unique<EagerCore>((std::string("core_") + name).c_str(), bench.domain, *caches.back(),
                                                  random(), requests));
      cores.back()->when_done = [this] { finish_when_all_done(); };
    }
    checker = std::make_unique<CoherenceChecker<NonblockingDataCache>>(
        bench.domain, bench.memory, std::vector<NonblockingDataCache*>{caches[0].get(), caches[1].get()});
    give_dma_work(requests / 4);
    bench.reader.when_done = bench.writer.when_done = [this] { finish_when_all_done(); };
  }

  void give_dma_work(unsigned requests) {
    std::uint64_t at = 20;
    for (unsigned i = 0; i < requests; ++i) {
      at += random() % 8;
      const std::uint64_t line = base + 64 * (random() % lines);
      if (random() % 2 == 0)
        bench.reader.order(get(at, line));
      else
        bench.writer.order(put(at, line, random() % 4 == 0 ? 64 : 16));
    }
  }
  bool all_done() const { return cores[0]->done() && cores[1]->done() && bench.reader.done() && bench.writer.done(); }
  void finish_when_all_done() {
    if (all_done()) bench.domain.finish();
  }
  void run() {
    bench.domain.set_max_cycles(Cycle{5000000});
    sc_core::sc_start();
    bench.domain.rethrow_failure();
    std::string waiters;
    for (const std::string& line : bench.domain.waiters()) waiters += line + "\n";
    ASSERT_TRUE(all_done()) << waiters;
  }

  std::mt19937_64 random;
  CoherentBench bench;
  std::vector<std::unique_ptr<NonblockingDataCache>> caches;
  std::vector<std::unique_ptr<EagerCore>> cores;
  std::unique_ptr<CoherenceChecker<NonblockingDataCache>> checker;
};

class NonblockingTraffic : public testing::TestWithParam<unsigned> {};

TEST_P(NonblockingTraffic, KeepsWritersAloneAndAnswersEveryAccessOnce) {
  const char* given = std::getenv("CASTOR_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "CASTOR_SEED=" << seed << "\n";
  SCOPED_TRACE("CASTOR_SEED=" + std::to_string(seed));
  EagerTraffic traffic(seed, GetParam(), 6000);
  traffic.run();
  for (const auto& core : traffic.cores)
    for (std::size_t i = 0; i < core->answers().size(); ++i) ASSERT_EQ(core->answers()[i], 1u) << "access " << i;
  EXPECT_GT(traffic.checker->lines_seen(), 100000u);
  const NonblockingDataCache::Stats& stats = traffic.caches[0]->stats;
  EXPECT_GT(stats.upgrades.value(), 10u);
  EXPECT_GT(stats.write_backs.value(), 100u);
  EXPECT_GT(stats.probe_write_backs.value(), 100u);
  EXPECT_GT(stats.secondary.value(), 10u);
}

/// Traffic that once broke a rule of a channel.
void replay(std::uint64_t seed) {
  EagerTraffic traffic(seed, 8, 6000);
  traffic.run();
  for (const auto& core : traffic.cores) EXPECT_THAT(core->answers(), testing::Each(1u));
}

TEST(NonblockingDataCaches, Bug7SaysAnAcknowledgementAgainThatChannelEHadNoRoomFor) { replay(243); }

TEST(NonblockingDataCaches, Bug8SendsOneMessageACycleOnChannelC) { replay(2003); }

INSTANTIATE_TEST_SUITE_P(Mshrs, NonblockingTraffic, testing::Values(1u, 2u, 8u));

}  // namespace
}  // namespace castor::memory::test

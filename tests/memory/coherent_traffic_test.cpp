// Random traffic of cores and an accelerator on caches so small that every request evicts somebody's line.
//
// Judges: the coherence checker in every cycle; a flat memory in which every master owns some bytes of each line, so
// that the last value of each byte is known; the clock domain, which reports a deadlock. CASTOR_SEED repeats a run.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "coherent_bench.h"

namespace castor::memory::test {
namespace {

constexpr std::uint64_t base = 0x80000000;
constexpr unsigned lines = 96;  // three times what the L2 holds
constexpr unsigned cores = 2;

std::uint64_t seed_of_this_run() {
  const char* given = std::getenv("CASTOR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

config::SocConfig tiny(unsigned banks) {
  config::SocConfig config;
  config.l2.capacity.set(2_KiB);
  config.l2.ways.set(2);
  config.l2.banks.set(banks);
  config.l2.secondary_requests.set(6);
  config.host.l1d.capacity.set(1_KiB);
  config.host.l1d.ways.set(2);
  config.dram.latency.set(7);
  return config;
}

/// A core writes a count of its stores to a line at byte 8 * core, the writer one of its puts at 32.
class FlatMemory {
 public:
  std::uint64_t write(unsigned owner, std::uint64_t line) { return ++versions_[{owner, line}]; }
  std::uint64_t version(unsigned owner, std::uint64_t line) const {
    const auto found = versions_.find({owner, line});
    return found == versions_.end() ? 0 : found->second;
  }

 private:
  std::map<std::pair<unsigned, std::uint64_t>, std::uint64_t> versions_;
};

std::uint64_t offset_of(unsigned owner) { return owner < cores ? 8 * owner : 32; }

struct Traffic {
  Traffic(std::uint64_t seed, unsigned banks, unsigned requests, sim::StepOrder order)
      : random(seed), bench(cores, tiny(banks), order) {
    for (unsigned i = 0; i < cores; ++i) give_core_work(i, requests);
    give_dma_work(requests / 2);
  }

  std::uint64_t line() {
    const bool hot = random() % 3 == 0;  // lines that all of them want
    return base + 64 * (hot ? random() % 4 * 8 : random() % lines);
  }
  std::uint64_t pause() { return random() % 8 == 0 ? random() % 60 : random() % 3; }

  void give_core_work(unsigned core, unsigned requests) {
    std::uint64_t at = 20;
    for (unsigned i = 0; i < requests; ++i) {
      const MemoryOp access =
          std::array{MemoryOp::Load, MemoryOp::Store, MemoryOp::Load, MemoryOp::Reserve}[random() % 4];
      bench.cores[core]->access(at += pause(), line() + offset_of(core), access);
    }
    bench.cores[core]->on_hit = [this, core](const Step& step) {
      const std::uint64_t line = step.address.value() & ~63ull;
      const PhysAddr own{line + offset_of(core)};
      EXPECT_EQ(bench.memory.bytes().get<std::uint64_t>(own), judge.version(core, line)) << step.address;
      if (step.access == MemoryOp::Store) bench.memory.bytes().put<std::uint64_t>(own, judge.write(core, line));
    };
  }

  void give_dma_work(unsigned requests) {
    std::uint64_t at = 20;
    for (unsigned i = 0; i < requests; ++i) {
      at += pause();
      if (random() % 2 == 0) {
        bench.reader.order(get(at, line()));
        continue;
      }
      const std::uint64_t target = line();
      const bool whole = random() % 4 == 0;  // a whole line needs no fetch; only its owner's bytes are enabled
      Order order = put(at, whole ? target : target + 32, whole ? 64 : 16);
      const std::uint64_t version = judge.write(cores, target);
      std::memcpy(&order.bytes[whole ? 32 : 0], &version, sizeof version);
      if (whole) {
        order.enables.assign(64, 0);
        std::fill_n(order.enables.begin() + 32, 16, 0xff);
      }
      bench.writer.order(order);
    }
  }

  /// Every byte is what its owner wrote last, and no read saw what was never written.
  void expect_the_flat_memory() {
    for (unsigned i = 0; i < lines; ++i)
      for (unsigned owner = 0; owner <= cores; ++owner) {
        const std::uint64_t line = base + 64 * i;
        EXPECT_EQ(bench.memory.bytes().get<std::uint64_t>(PhysAddr{line + offset_of(owner)}),
                  judge.version(owner, line))
            << "line " << i << " owner " << owner;
      }
    for (const Order& order : bench.reader.orders())
      for (unsigned owner = 0; owner <= cores; ++owner) {
        std::uint64_t seen = 0;
        std::memcpy(&seen, &order.bytes[offset_of(owner)], sizeof seen);
        EXPECT_LE(seen, judge.version(owner, order.address.value()));
      }
  }

  std::uint64_t digest() const {
    std::uint64_t digest = 0;
    const auto add = [&digest](std::uint64_t cycle) { digest = digest * 1000003 + cycle; };
    for (const auto& core : bench.cores)
      for (const Step& step : core->steps()) add(step.hit);
    for (const Initiator* dma : {&bench.reader, &bench.writer})
      for (const Order& order : dma->orders())
        for (const std::uint64_t beat : order.beats) add(beat);
    return digest;
  }

  std::mt19937_64 random;
  CoherentBench bench;
  FlatMemory judge;
};

std::uint64_t digest_in_a_child(std::uint64_t seed, unsigned banks, unsigned requests, sim::StepOrder order) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Traffic traffic(seed, banks, requests, order);
    traffic.bench.run_all(10000000);
    const std::uint64_t digest = traffic.digest();
    _exit(write(ends[1], &digest, sizeof digest) == sizeof digest ? 0 : 1);
  }
  std::uint64_t digest = 0;
  close(ends[1]);
  EXPECT_EQ(read(ends[0], &digest, sizeof digest), static_cast<ssize_t>(sizeof digest));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return digest;
}

class CoherentTraffic : public testing::TestWithParam<unsigned> {};

TEST_P(CoherentTraffic, KeepsWritersAloneAndLosesNothingInAnyOrderOfSteps) {
  constexpr unsigned requests = 6000;
  const unsigned banks = GetParam();
  const std::uint64_t seed = seed_of_this_run();
  std::cout << "CASTOR_SEED=" << seed << "\n";
  SCOPED_TRACE("CASTOR_SEED=" + std::to_string(seed));
  const std::uint64_t reversed = digest_in_a_child(seed, banks, requests, sim::StepOrder::Reversed);
  Traffic traffic(seed, banks, requests, sim::StepOrder::Normal);
  traffic.bench.run_all(10000000);
  traffic.expect_the_flat_memory();
  EXPECT_EQ(traffic.digest(), reversed);
  EXPECT_GT(traffic.bench.checker->lines_seen(), 100000u);
  const InclusiveCache::Stats& l2 = traffic.bench.memory.l2().stats;
  EXPECT_GT(l2.nested_releases.value(), 0u);
  EXPECT_GT(l2.evicting_probes.value(), 100u);
  EXPECT_GT(l2.permission_probes.value(), 100u);
  EXPECT_GT(l2.probe_data.value(), 100u);
  EXPECT_GT(l2.releases.value(), 100u);
  EXPECT_GT(traffic.bench.caches[0]->stats.upgrades.value(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Banks, CoherentTraffic, testing::Values(1u, 2u, 4u));

}  // namespace
}  // namespace castor::memory::test

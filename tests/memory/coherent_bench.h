// Cores with their first-level caches, an accelerator's DMA and the memory system, on one stand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "castor/host/l1_data_cache.h"
#include "castor/host/l1_instruction_cache.h"

namespace castor::memory::test {

using host::ClientState;
using host::L1DataCache;
using host::MemoryOp;

/// One access of a core and the s2 in which it hit.
struct Step {
  std::uint64_t cycle = 0;
  PhysAddr address{};
  MemoryOp access = MemoryOp::Load;
  std::uint64_t hit = 0;
};

/// Makes its accesses one after another: each at its cycle, or in the cycle after the last one hit.
class StandInCore : public sim::ClockedModule {
 public:
  StandInCore(const sc_core::sc_module_name& name, sim::ClockDomain& domain, L1DataCache& cache)
      : ClockedModule(name, domain, sim::level::host), cache_(cache), domain_(domain) {
    cache.set_answer(L1DataCache::Requestor::Core, [this](Cycle s2) { finish(s2); });
  }

  void access(std::uint64_t cycle, std::uint64_t address, MemoryOp access) {
    steps_.push_back({cycle, PhysAddr{address}, access});
  }
  void load(std::uint64_t cycle, std::uint64_t address) { access(cycle, address, MemoryOp::Load); }
  void store(std::uint64_t cycle, std::uint64_t address) { access(cycle, address, MemoryOp::Store); }
  const std::vector<Step>& steps() const { return steps_; }
  std::uint64_t hit(std::size_t step) const { return steps_.at(step).hit; }
  bool done() const { return next_ == steps_.size(); }
  std::function<void(const Step&)> on_hit = [](const Step&) {};
  std::function<void()> when_done = [] {};

  Cycle step(Cycle now) override {
    while (!waits_ && !done() && steps_[next_].cycle <= now.count() && free_from_ <= now) {
      const Step& one = steps_[next_];
      waits_ = true;
      const auto outcome = cache_.access(L1DataCache::Requestor::Core, now, one.address, one.access);
      if (outcome == L1DataCache::Outcome::Waits) return Cycle::never();
      finish(now + 2);
      free_from_ = now + 1;
    }
    return done() || waits_ ? Cycle::never() : std::max({now + 1, free_from_, Cycle{steps_[next_].cycle}});
  }

 private:
  void finish(Cycle s2) {
    waits_ = false;
    steps_[next_].hit = s2.count();
    on_hit(steps_[next_++]);
    free_from_ = std::max(free_from_, domain_.now() + 1);
    wake(domain_.now() + 1);
    if (done()) when_done();
  }

  L1DataCache& cache_;
  sim::ClockDomain& domain_;
  std::vector<Step> steps_;
  std::size_t next_ = 0;
  bool waits_ = false;
  Cycle free_from_{};
};

/// In every cycle: a writer is alone, and every line of an L1 is in the L2 under its bit.
template <class Cache>
class CoherenceChecker : public sim::ClockedModule {
 public:
  CoherenceChecker(sim::ClockDomain& domain, MemorySystem& memory, std::vector<Cache*> caches)
      : ClockedModule("checker", domain, sim::level::host + 1), memory_(memory), caches_(std::move(caches)) {}

  std::uint64_t lines_seen() const { return lines_seen_; }

  Cycle step(Cycle now) override {
    for (std::size_t i = 0; i < caches_.size(); ++i)
      caches_[i]->tags().each_line([&](PhysAddr line, ClientState state) { check(now, i, line, state); });
    return sim::ClockDomain::with_others();
  }

 private:
  void check(Cycle now, std::size_t owner, PhysAddr line, ClientState state) {
    ++lines_seen_;
    for (std::size_t i = 0; i < caches_.size(); ++i) {
      const ClientState other = caches_[i]->tags().state_of(line);
      if (i == owner || other == ClientState::Nothing) continue;
      ASSERT_EQ(state, ClientState::Branch) << "cycle " << now << " line " << line << ": caches " << owner << ", " << i;
      ASSERT_EQ(other, ClientState::Branch) << "cycle " << now << " line " << line << ": caches " << owner << ", " << i;
    }
    check_inclusion(now, owner, line, state);
  }
  void check_inclusion(Cycle now, std::size_t owner, PhysAddr line, ClientState state) {
    InclusiveCache& l2 = memory_.l2((line.value() >> 6) % memory_.l2_banks());
    if (l2.works_on(line)) return;  // the directory follows
    for (unsigned way = 0; way < l2.directory().ways(); ++way) {
      const DirectoryEntry& entry = l2.directory().entry(l2.set_of(line), way);
      if (entry.state == LineState::Invalid || entry.tag != l2.tag_of(line)) continue;
      ASSERT_TRUE(entry.clients >> owner & 1) << "cycle " << now << " line " << line << " cache " << owner;
      if (state != ClientState::Branch) {
        ASSERT_EQ(entry.state, LineState::Trunk) << "cycle " << now << " line " << line;
      }
      return;
    }
    FAIL() << "cycle " << now << ": line " << line << " of cache " << owner << " is not in the L2";
  }

  MemorySystem& memory_;
  std::vector<Cache*> caches_;
  std::uint64_t lines_seen_ = 0;
};

/// `cores` data caches, each with its core, beside the Bench's reader and writer.
struct CoherentBench : Bench {
  explicit CoherentBench(unsigned cores = 2, config::SocConfig with = config::SocConfig(),
                         sim::StepOrder order = sim::StepOrder::Normal)
      : Bench(std::move(with), order) {
    std::vector<L1DataCache*> raw;
    for (unsigned i = 0; i < cores; ++i) {
      const std::string name = "l1d" + std::to_string(i);
      caches.push_back(std::make_unique<L1DataCache>(name.c_str(), domain, config.host.l1d, config.bus));
      caches[i]->socket.bind(memory.bus().socket(memory.bus().add_client(name)));
      this->cores.push_back(std::make_unique<StandInCore>(("core" + std::to_string(i)).c_str(), domain, *caches[i]));
      this->cores[i]->when_done = [this] { finish_when_all_done(); };
      raw.push_back(caches[i].get());
    }
    checker = std::make_unique<CoherenceChecker<L1DataCache>>(domain, memory, raw);
    reader.when_done = writer.when_done = [this] { finish_when_all_done(); };
  }

  DirectoryEntry l2_entry(std::uint64_t address) {
    InclusiveCache& l2 = memory.l2();
    for (unsigned way = 0; way < l2.directory().ways(); ++way) {
      const DirectoryEntry& entry = l2.directory().entry(l2.set_of(PhysAddr{address}), way);
      if (entry.state != LineState::Invalid && entry.tag == l2.tag_of(PhysAddr{address})) return entry;
    }
    return {};
  }

  /// Until everything is answered, and a little longer for what is on its way.
  void run_all(std::uint64_t limit = 1000000) {
    domain.set_max_cycles(Cycle{limit});
    sc_core::sc_start();
    domain.rethrow_failure();
    ASSERT_TRUE(all_done()) << [this] {
      std::string waiters;
      for (const std::string& line : domain.waiters()) waiters += line + "\n";
      return waiters;
    }();
  }
  bool all_done() const {
    if (!reader.done() || !writer.done()) return false;
    return std::all_of(cores.begin(), cores.end(), [](const auto& core) { return core->done(); });
  }

  std::vector<std::unique_ptr<L1DataCache>> caches;
  std::vector<std::unique_ptr<StandInCore>> cores;
  std::unique_ptr<CoherenceChecker<L1DataCache>> checker;

 private:
  void finish_when_all_done() {
    if (all_done()) domain.finish();
  }
};

}  // namespace castor::memory::test

// The core that drives the accelerator: what it costs it to issue commands, and its caches.
#pragma once

#include "castor/config/boom_params.h"
#include "castor/config/hart_params.h"
#include "castor/config/param.h"

namespace castor::config {

enum class HostKind { CommandStream, Rocket, Boom };

template <>
struct Names<HostKind> {
  static constexpr std::pair<HostKind, const char*> all[] = {
      {HostKind::CommandStream, "command_stream"}, {HostKind::Rocket, "rocket"}, {HostKind::Boom, "boom"}};
};

/// What a hart's instructions cost.
enum class CoreTiming { Functional, Rocket, Boom };

template <>
struct Names<CoreTiming> {
  static constexpr std::pair<CoreTiming, const char*> all[] = {
      {CoreTiming::Functional, "functional"}, {CoreTiming::Rocket, "rocket"}, {CoreTiming::Boom, "boom"}};
};

/// Cycles an in-order core spends to issue commands through the RoCC port.
class IssueParams : public Group {
 public:
  explicit IssueParams(Group* parent, const char* key = "issue") : Group(parent, key, "cost of issuing commands") {}

  // clang-format off
  Param<unsigned> plain_command{this, "plain_command", 4, unit::cycles, range(1, 10000),
      "operands of one command and the command itself (measured: 4 for a configuration, 10 to 12 with addresses)"};
  Param<unsigned> loop_ws{this, "loop_ws", 111, unit::cycles, range(1, 100000),
      "all commands of one LOOP_WS, from one tile to the next (measured)"};
  Param<unsigned> loop_conv{this, "loop_conv", 520, unit::cycles, range(1, 100000),
      "all commands of one LOOP_CONV, from one tile to the next (measured)"};
  Param<unsigned> fence{this, "fence", 4, unit::cycles, range(0, 10000),
      "end of busy to the instruction after the fence (measured)"};
  Param<unsigned> replay{this, "replay", 5, unit::cycles, range(0, 1000), "the port was not ready: flush and refetch"};
  Param<unsigned> rocc_queue_depth{this, "rocc_queue_depth", 2, unit::commands, range(1, 64),
      "queue of the RoCC router between core and accelerator"};
  // clang-format on
};

/// What an operating system would do to a command stream: take the core away now and then.
class ContextSwitchParams : public Group {
 public:
  explicit ContextSwitchParams(Group* parent, const char* key = "context_switch")
      : Group(parent, key, "a periodic context switch of a command-stream host") {}

  // clang-format off
  Param<unsigned> interval{this, "interval", 0, unit::cycles, range(0, 4'000'000'000),
      "from one switch to the next; 0: none"};
  Param<unsigned> cost{this, "cost", 5000, unit::cycles, range(0, 1'000'000'000),
      "the core does something else for so long; the accelerator goes on with what it has"};
  Param<bool> flush_tlb{this, "flush_tlb", true, "each switch does an sfence.vma: accelerator and walker lose their translations"};
  // clang-format on

 protected:
  void check() const override;
};

/// A first-level cache of the core.
class L1Params : public Group {
 public:
  L1Params(Group* parent, const char* key, const char* doc) : Group(parent, key, doc) {}

  // clang-format off
  Param<Bytes> capacity{this, "capacity", 16_KiB, range(1_KiB, 1_MiB), "capacity"};
  Param<unsigned> ways{this, "ways", 4, unit::ways, power_of_two(1, 64), "associativity; victims are random"};
  Param<Bytes> block_bytes{this, "block_bytes", 64_B, power_of_two(16_B, 256_B),
      "cache block; must equal bus.block_bytes"};
  Param<unsigned> mshrs{this, "mshrs", 0, unit::entries, range(0, 64), "misses under way; 0: blocking (rocket: always 0; boom: at least 1)"};
  Param<unsigned> hit_latency{this, "hit_latency", 2, unit::cycles, range(1, 64), "access to data"};
  Param<unsigned> tlb_entries{this, "tlb_entries", 32, unit::entries, power_of_two(1, 1024),
      "4 KiB pages in its TLB, fully associative, pseudo-LRU; it asks the walker of group ptw"};
  Param<unsigned> tlb_sectors{this, "tlb_sectors", 4, unit::none, power_of_two(1, 64),
      "pages under one tag: tlb_entries / tlb_sectors tags in all"};
  Param<unsigned> tlb_superpage_entries{this, "tlb_superpage_entries", 4, unit::entries, range(0, 64),
      "its entries for 2 MiB and 1 GiB pages; 0: they are kept as 4 KiB pages"};
  // clang-format on

  std::uint64_t sets() const { return capacity().count() / (ways * block_bytes().count()); }

 protected:
  void check() const override;
};

class HostParams : public Group {
 public:
  HostParams() : Group("host", summary) {}
  explicit HostParams(Group* parent, const char* key = "host") : Group(parent, key, summary) {}

  // clang-format off
  Param<HostKind> kind{this, "kind", HostKind::CommandStream,
      "command_stream: replays commands at the cost of an in-order core (group host.issue); rocket: a hart that runs "
      "programs, in order; boom: an out-of-order one"};
  Param<CoreTiming> timing{this, "timing", CoreTiming::Functional,
      "what instructions of a program cost: functional: a cycle each (for booting and set-up); rocket, boom: what they "
      "take in such a core with its caches (a core of host.kind: boom has functional or boom, any other functional or "
      "rocket)"};
  IssueParams issue{this};
  ContextSwitchParams context_switch{this};
  HartParams hart{this};
  BoomParams boom{this};
  L1Params l1d{this, "l1d", "the core's data cache, write-back"};
  L1Params l1i{this, "l1i", "the core's instruction cache"};
  // clang-format on

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "the core that drives the accelerator";
};

}  // namespace castor::config

// The memory behind the memory bus: an ideal pipe, or DDR3 banks and rows behind an FR-FCFS scheduler.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

enum class DramModel { Ideal, Ddr3 };

template <>
struct Names<DramModel> {
  static constexpr std::pair<DramModel, const char*> all[] = {{DramModel::Ideal, "ideal"}, {DramModel::Ddr3, "ddr3"}};
};

/// DDR3 timing and geometry; counted in cycles of the memory's own clock. Reference: FASED's quad-rank FR-FCFS model.
class Ddr3Params : public Group {
 public:
  explicit Ddr3Params(Group* parent, const char* key = "ddr3") : Group(parent, key, "DDR3 banks and rows, FR-FCFS") {}

  // clang-format off
  Param<double> clock_ghz{this, "clock_ghz", 1.0, unit::ghz, RealRange{0.01, 10.0},
      "clock of the timing parameters below"};
  Param<bool> open_page{this, "open_page", true,
      "rows stay open until another is needed; else close after each access"};
  Param<unsigned> scheduler_window{this, "scheduler_window", 8, unit::requests, range(1, 256),
      "requests the scheduler chooses from: row hits first, then oldest"};
  Param<unsigned> transaction_queue{this, "transaction_queue", 8, unit::requests, range(1, 256),
      "requests waiting to enter the window"};
  Param<unsigned> backend_latency{this, "backend_latency", 2, unit::cycles, range(0, 256),
      "data at the device to data at the port"};
  Param<unsigned> ranks{this, "ranks", 4, unit::ranks, power_of_two(1, 8), "ranks"};
  Param<unsigned> rank_bit{this, "rank_bit", 16, unit::none, range(3, 40), "lowest address bit of the rank"};
  Param<unsigned> banks{this, "banks", 8, unit::banks, power_of_two(1, 32), "banks of a rank"};
  Param<unsigned> bank_bit{this, "bank_bit", 13, unit::none, range(3, 40), "lowest address bit of the bank"};
  Param<unsigned> row_bit{this, "row_bit", 18, unit::none, range(3, 40), "lowest address bit of the row"};
  Param<unsigned> burst_length{this, "burst_length", 8, unit::beats, power_of_two(2, 64),
      "beats of a burst, two a cycle"};
  Param<unsigned> t_al{this, "tAL", 0, unit::cycles, range(0, 1000), "additive latency"};
  Param<unsigned> t_cas{this, "tCAS", 14, unit::cycles, range(1, 1000), "column read to data"};
  Param<unsigned> t_cmd{this, "tCMD", 1, unit::cycles, range(1, 1000), "a command on the bus"};
  Param<unsigned> t_cwd{this, "tCWD", 10, unit::cycles, range(1, 1000), "column write to data"};
  Param<unsigned> t_ccd{this, "tCCD", 4, unit::cycles, range(1, 1000), "column to column"};
  Param<unsigned> t_faw{this, "tFAW", 25, unit::cycles, range(1, 1000), "window of four activates of a rank"};
  Param<unsigned> t_ras{this, "tRAS", 33, unit::cycles, range(1, 1000), "activate to precharge"};
  Param<unsigned> t_rc{this, "tRC", 47, unit::cycles, range(1, 1000), "activate to activate of a bank"};
  Param<unsigned> t_rcd{this, "tRCD", 14, unit::cycles, range(1, 1000), "activate to column"};
  Param<unsigned> t_refi{this, "tREFI", 7800, unit::cycles, range(0, 1000000), "between refreshes; 0: none"};
  Param<unsigned> t_rfc{this, "tRFC", 160, unit::cycles, range(1, 10000), "length of a refresh"};
  Param<unsigned> t_rp{this, "tRP", 14, unit::cycles, range(1, 1000), "precharge to activate"};
  Param<unsigned> t_rrd{this, "tRRD", 8, unit::cycles, range(1, 1000), "activate to activate of a rank"};
  Param<unsigned> t_rtp{this, "tRTP", 8, unit::cycles, range(1, 1000), "read to precharge"};
  Param<unsigned> t_rtrs{this, "tRTRS", 2, unit::cycles, range(0, 1000), "change of rank on the data bus"};
  Param<unsigned> t_wr{this, "tWR", 15, unit::cycles, range(1, 1000), "last data written to precharge"};
  Param<unsigned> t_wtr{this, "tWTR", 8, unit::cycles, range(1, 1000), "last data written to read"};
  // clang-format on

 protected:
  void check() const override;
};

/// The last-level cache that FASED puts before its DRAM model.
class LlcParams : public Group {
 public:
  explicit LlcParams(Group* parent, const char* key = "llc")
      : Group(parent, key, "last-level cache before the DDR3 model") {}

  // clang-format off
  Param<bool> enabled{this, "enabled", false, "whether it is there"};
  Param<unsigned> ways{this, "ways", 8, unit::ways, range(1, 64), "associativity"};
  Param<unsigned> sets{this, "sets", 4096, unit::sets, power_of_two(1, 1 << 20), "sets"};
  Param<Bytes> block_bytes{this, "block_bytes", 128_B, power_of_two(16_B, 4_KiB), "block"};
  Param<unsigned> mshrs{this, "mshrs", 8, unit::entries, range(1, 256), "misses under way"};
  Param<unsigned> hit_latency{this, "hit_latency", 3, unit::cycles, range(1, 256),
      "request to first beat on a hit (inferred, not measured)"};
  // clang-format on

  Bytes capacity() const { return block_bytes() * ways() * sets(); }
};

class DramParams : public Group {
 public:
  DramParams() : Group("dram", summary) {}
  explicit DramParams(Group* parent, const char* key = "dram") : Group(parent, key, summary) {}

  // clang-format off
  Param<DramModel> model{this, "model", DramModel::Ideal,
      "ideal: fixed latency, one beat a cycle; ddr3: banks and rows, group dram.ddr3"};
  Param<bool> in_order{this, "in_order", true,
      "ideal: every request is accepted at once (the measured memory); else a pipe with max_in_flight places"};
  Param<unsigned> latency{this, "latency", 0, unit::cycles, range(0, 100000),
      "ideal: a read accepted in t gives its first beat in t + 1 + latency"};
  Param<unsigned> write_latency{this, "write_latency", as(&DramParams::latency, "latency"),
      unit::cycles, range(0, 100000), "ideal: a write is acknowledged 1 + write_latency after its last beat"};
  Param<unsigned> max_in_flight{this, "max_in_flight", 116, unit::requests, range(1, 4096),
      "ideal, not in order: reads in the pipe, and as many writes"};
  Ddr3Params ddr3{this};
  LlcParams llc{this};
  // clang-format on

 private:
  static constexpr const char* summary = "memory";
};

}  // namespace castor::config

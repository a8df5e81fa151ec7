// The execute side alone: a stand that issues commands at given cycles, plays reservation station, and records.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/gemmini/execute_controller.h"
#include "castor/gemmini/local_memory.h"
#include "castor/isa/command.h"
#include "castor/sim/clock_domain.h"
#include "castor/sim/levels.h"

namespace castor::gemmini::test {

/// What the bench saw, in order.
struct Seen {
  struct Request {
    std::uint64_t cycle;
    unsigned id;
    bool id_valid;
    bool flush;
  };
  struct Row {
    std::uint64_t cycle;
    unsigned bank;
    unsigned row;
  };
  std::vector<Request> requests;
  std::vector<std::pair<std::uint64_t, unsigned>> done;  // cycle, id
  std::vector<Row> scratchpad_reads, scratchpad_writes, accumulator_writes;
  std::vector<std::pair<std::uint64_t, unsigned>> rows_in;  // cycle, operands
  std::vector<Request> rows_out;                            // flush: last

  std::uint64_t done_at(unsigned id) const {
    for (const auto& [cycle, seen] : done)
      if (seen == id) return cycle;
    return 0;
  }
};

class ExecuteBench : public sim::Observer {
 public:
  explicit ExecuteBench(const config::GemminiParams& machine = config::GemminiParams{}, bool values = true)
      : params(machine),
        arithmetic(Arithmetic::make(params.element_types())),
        domain("domain", sc_core::sc_time(1, sc_core::SC_NS)),
        memory("memory", params, *arithmetic, values, probes),
        controller("execute", domain, params, memory, probes),
        station_(*this),
        writer_(*this),
        scaler_(*this) {
    probes.attach(*this);
    domain.enrol(station_, sim::level::reservation_station);
    domain.enrol(writer_, sim::level::load_writer);
    domain.enrol(scaler_, sim::level::accumulator_scale);
    controller.completions().connect(station_, controller);
    memory.operands_to_scale.connect_consumer(scaler_);
  }

  /// The reservation station issues `command` in cycle `at`.
  void issue(std::uint64_t at, unsigned id, const isa::Command& command) {
    issues_.push_back({Cycle{at}, {command, sim::RobId{static_cast<std::uint8_t>(id)}, true}});
  }
  /// A config_ex between the recorded commands, which completes two cycles after its issue.
  void configure(std::uint64_t at, bool weight_stationary) {
    isa::ConfigEx config;
    config.weight_stationary = weight_stationary;
    issue(at, 0x10, config.encode());
    configured.emplace_back(at + 2, 0x10);
  }
  /// A DMA row arrives in cycle `at`.
  void write(std::uint64_t at, unsigned bank, unsigned row) { writes_.push_back({Cycle{at}, bank, row}); }
  bool wrote(std::uint64_t at, unsigned row) const {
    return std::any_of(writes_.begin(), writes_.end(),
                       [&](const Write& write) { return write.at == Cycle{at} && write.row == row; });
  }

  void run(std::uint64_t until) {
    std::stable_sort(issues_.begin(), issues_.end(), [](const Issue& x, const Issue& y) { return x.at < y.at; });
    domain.set_max_cycles(Cycle{until});
    sc_core::sc_start();
    domain.rethrow_failure();
  }

  const config::GemminiParams params;  ///< the blocks refer to it
  std::unique_ptr<const Arithmetic> arithmetic;
  sim::Probes probes;
  sim::ClockDomain domain;
  LocalMemory memory;
  ExecuteController controller;
  Seen seen;
  std::vector<std::pair<std::uint64_t, unsigned>> configured;
  std::uint64_t refused = 0;  ///< cycles an issue had to wait

 private:
  struct Issue {
    Cycle at;
    IssuedCommand command;
  };
  struct Write {
    Cycle at;
    unsigned bank;
    unsigned row;
  };

  class Station : public sim::Clocked {
   public:
    explicit Station(ExecuteBench& bench) : bench_(bench) {}
    std::string block_name() const override { return "station"; }
    Cycle step(Cycle now) override {
      CompletionPort& port = bench_.controller.completions();
      if (port.offered(now)) bench_.seen.done.emplace_back(now.count(), port.take(now).raw);
      auto& issues = bench_.issues_;
      if (next_ < issues.size() && issues[next_].at <= now) {
        if (bench_.controller.commands().can_push(now))
          bench_.controller.commands().push(now, issues[next_++].command);
        else
          ++bench_.refused;
      }
      if (next_ == issues.size()) return Cycle::never();
      return std::max(now + 1, issues[next_].at);
    }

   private:
    ExecuteBench& bench_;
    std::size_t next_ = 0;
  };

  class Writer : public sim::Clocked {
   public:
    explicit Writer(ExecuteBench& bench) : bench_(bench) {}
    std::string block_name() const override { return "writer"; }
    Cycle step(Cycle now) override {
      auto& writes = bench_.writes_;
      for (; next_ < writes.size() && writes[next_].at <= now; ++next_) {
        ScratchpadBank& bank = bench_.memory.scratchpad(BankId{writes[next_].bank});
        if (!bank.can_write(now)) return now + 1;
        bank.write(now, writes[next_].row, bank.peek(writes[next_].row), all_lanes);
      }
      return next_ == writes.size() ? Cycle::never() : writes[next_].at;
    }

   private:
    ExecuteBench& bench_;
    std::size_t next_ = 0;
  };

  /// Stands for the accumulator's scale unit: one row a cycle, `latency` cycles after the read.
  class Scaler : public sim::Clocked {
   public:
    static constexpr unsigned latency = 10;
    explicit Scaler(ExecuteBench& bench) : bench_(bench) {}
    std::string block_name() const override { return "scaler"; }
    Cycle step(Cycle now) override {
      auto& in = bench_.memory.operands_to_scale;
      if (in.can_pop(now)) {
        const OperandToScale operand = in.pop(now);
        rows_.emplace_back(now + (latency - 2), bench_.memory.arithmetic().acc_to_input(operand.row, operand.how));
      }
      if (!rows_.empty() && rows_.front().first <= now && bench_.memory.scaled_operands.can_push(now)) {
        bench_.memory.scaled_operands.push(now, rows_.front().second);
        rows_.erase(rows_.begin());
      }
      return rows_.empty() ? Cycle::never() : now + 1;
    }

   private:
    ExecuteBench& bench_;
    std::vector<std::pair<Cycle, RowBytes>> rows_;
  };

  void mesh_request(Cycle now, sim::RobId id, bool id_valid, bool flush) override {
    seen.requests.push_back({now.count(), id.raw, id_valid, flush});
  }
  void mesh_row(Cycle now, unsigned operands) override { seen.rows_in.emplace_back(now.count(), operands); }
  void mesh_out(Cycle now, sim::RobId id, bool id_valid, bool last) override {
    seen.rows_out.push_back({now.count(), id.raw, id_valid, last});
  }
  void scratchpad_read(Cycle now, unsigned bank, unsigned row, bool) override {
    seen.scratchpad_reads.push_back({now.count(), bank, row});
  }
  void scratchpad_write(Cycle now, unsigned bank, unsigned row) override {
    seen.scratchpad_writes.push_back({now.count(), bank, row});
  }
  void accumulator_write(Cycle now, unsigned bank, unsigned row, bool) override {
    seen.accumulator_writes.push_back({now.count(), bank, row});
  }

  std::vector<Issue> issues_;
  std::vector<Write> writes_;
  Station station_;
  Writer writer_;
  Scaler scaler_;
};

}  // namespace castor::gemmini::test

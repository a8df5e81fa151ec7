// A memory on a stand of its own: blocks asked for in given cycles.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "castor/config/dram_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/tilelink.h"

namespace castor::memory::test {

/// Sends blocks to a memory as the memory bus does and notes when they come back.
class Port : public sim::ClockedModule, public tlm::tlm_bw_transport_if<> {
 public:
  struct Block {
    std::uint64_t cycle;
    std::uint64_t address;
    bool write;
    std::uint64_t accepted = 0, answered = 0;
  };
  Port(const sc_core::sc_module_name& name, sim::ClockDomain& domain)
      : ClockedModule(name, domain, sim::level::memory_bus), socket("socket"), domain_(domain) {
    socket.bind(*this);
  }
  Cycle step(Cycle now) override {
    if (next_ == blocks.size() || waiting_) return Cycle::never();
    if (now.count() < blocks[next_].cycle) return Cycle{blocks[next_].cycle};
    send(now);
    return now + 1;
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    Block& block = blocks[sim::tilelink(payload).source];
    if (phase == tlm::END_REQ) {
      block.accepted = domain_.now().count();
      waiting_ = false;
      wake(domain_.now());
      return tlm::TLM_ACCEPTED;
    }
    block.answered = domain_.now().count();
    if (++answered_ == blocks.size()) domain_.finish();
    payload.release();
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  tlm::tlm_initiator_socket<> socket;
  std::vector<Block> blocks;

 private:
  void send(Cycle now) {
    tlm::tlm_generic_payload& payload = pool_.take();
    sim::tilelink(payload).source = static_cast<std::uint16_t>(next_);
    payload.set_command(blocks[next_].write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(blocks[next_].address);
    payload.set_data_length(64);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    waiting_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
    if (!waiting_) blocks[next_].accepted = now.count();
    ++next_;
  }
  sim::ClockDomain& domain_;
  sim::TransactionPool pool_;
  std::size_t next_ = 0, answered_ = 0;
  bool waiting_ = false;
};

template <class Dram>
struct DramBench {
  template <class... More>
  explicit DramBench(const config::DramParams& dram_params, More... more)
      : params(dram_params), dram("dram", domain, params, bus, more...), port("port", domain) {
    port.socket.bind(dram.socket);
  }
  std::vector<std::uint64_t> run(std::vector<Port::Block> blocks) {
    port.blocks = std::move(blocks);
    domain.set_max_cycles(Cycle{1000000});
    sc_core::sc_start();
    domain.rethrow_failure();
    std::vector<std::uint64_t> answers;
    for (const Port::Block& block : port.blocks) answers.push_back(block.answered);
    return answers;
  }
  config::DramParams params;
  config::MemoryBusParams bus;
  sim::ClockDomain domain{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
  Dram dram;
  Port port;
};

}  // namespace castor::memory::test

// The memory system on a stand of its own: initiators that offer requests at given cycles and note every answer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "castor/memory/memory_system.h"
#include "castor/sim/levels.h"

namespace castor::memory::test {

/// One request and what became of it.
struct Order {
  std::uint64_t cycle = 0;
  PhysAddr address{};
  unsigned size = 64;
  bool write = false;
  std::vector<std::uint8_t> bytes{};    // of a write; of a read when it is over
  std::vector<std::uint8_t> enables{};  // of a partial write
  std::uint64_t sent = 0;
  std::vector<std::uint64_t> beats{};  // cycles of its answers
};

inline Order get(std::uint64_t cycle, std::uint64_t address, unsigned size = 64) {
  return {cycle, PhysAddr{address}, size, false};
}
inline Order put(std::uint64_t cycle, std::uint64_t address, unsigned size = 64, std::uint8_t fill = 0) {
  return {cycle, PhysAddr{address}, size, true, std::vector<std::uint8_t>(size, fill)};
}

/// Offers its orders in sequence, each at its cycle or as soon as the bus lets it.
class Initiator : public sim::ClockedModule, public tlm::tlm_bw_transport_if<> {
 public:
  Initiator(const sc_core::sc_module_name& name, sim::ClockDomain& domain, sim::Level level = sim::level::stream_reader)
      : ClockedModule(name, domain, level), socket("socket"), domain_(domain) {
    socket.bind(*this);
  }

  Order& order(Order order) {
    orders_.push_back(std::move(order));
    return orders_.back();
  }
  /// Whether it has no room for a D beat in a cycle.
  std::function<bool(Cycle)> refuses = [](Cycle) { return false; };
  std::function<void()> when_done = [] {};
  bool done() const { return open_ == 0 && next_ == orders_.size(); }
  const std::deque<Order>& orders() const { return orders_; }

  Cycle step(Cycle now) override {
    if (refused_ != nullptr) {
      if (!refuses(now + 1)) offer_again();
      wake(now + 1);
    }
    if (next_ == orders_.size()) return Cycle::never();
    Order& order = orders_[next_];
    if (busy_) return Cycle::never();
    if (now < free_from_ || now.count() < order.cycle) return std::max(free_from_, Cycle{order.cycle});
    send(now, order);
    ++next_;
    return now + 1;
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    const Cycle now = domain_.now();
    if (phase == tlm::END_REQ) {
      busy_ = false;
      free_from_ = now + 1;
      wake(free_from_);
      return tlm::TLM_ACCEPTED;
    }
    if (refuses(now)) {
      refused_ = &payload;
      wake(now);
      return tlm::TLM_ACCEPTED;
    }
    return take(now, payload, phase);
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  tlm::tlm_initiator_socket<> socket;

 private:
  void send(Cycle now, Order& order) {
    tlm::tlm_generic_payload& payload = pool_.take();
    const std::uint16_t beats = std::max(1u, order.size / 16);
    sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    tilelink.source = static_cast<std::uint16_t>(next_);
    tilelink.log2_size = static_cast<std::uint16_t>(log2_ceil(order.size));
    tilelink.request_beats = order.write ? beats : 1;
    tilelink.response_beats = order.write ? 1 : beats;
    tilelink.full_put = order.write && order.enables.empty();
    order.bytes.resize(order.size);
    payload.set_command(order.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(order.address.value());
    payload.set_data_ptr(order.bytes.data());
    payload.set_data_length(order.size);
    payload.set_byte_enable_ptr(order.enables.empty() ? nullptr : order.enables.data());
    payload.set_byte_enable_length(order.enables.size());
    order.sent = now.count();
    sent_as_[&payload] = next_;
    ++open_;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    busy_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
    if (!busy_) free_from_ = now + 1;
  }

  tlm::tlm_sync_enum take(Cycle now, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
    const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    Order& order = orders_[sent_as_.at(&payload)];  // a source has 16 bits, a long run more orders
    CASTOR_ASSERT(order.beats.size() == tilelink.beats_delivered);
    order.beats.push_back(now.count());
    phase = tlm::END_RESP;
    if (order.beats.size() < tilelink.response_beats) return tlm::TLM_UPDATED;
    payload.release();
    --open_;
    if (done()) when_done();
    return tlm::TLM_COMPLETED;
  }

  void offer_again() {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_fw(*std::exchange(refused_, nullptr), phase, delay);
  }

  sim::ClockDomain& domain_;
  sim::TransactionPool pool_;
  std::deque<Order> orders_;
  std::unordered_map<const tlm::tlm_generic_payload*, std::size_t> sent_as_;
  std::size_t next_ = 0;
  unsigned open_ = 0;
  bool busy_ = false;
  Cycle free_from_{};
  tlm::tlm_generic_payload* refused_ = nullptr;
};

/// What the memory port saw.
struct PortWatch : sim::Observer {
  struct Access {
    std::uint64_t cycle;
    PhysAddr address;
    unsigned id;
  };
  void memory_read(Cycle now, unsigned id, PhysAddr address, unsigned) override {
    reads.push_back({now.count(), address, id});
  }
  void memory_write(Cycle now, unsigned id, PhysAddr address, unsigned) override {
    writes.push_back({now.count(), address, id});
  }
  std::vector<Access> reads, writes;
};

/// A memory system with one accelerator's reader and writer.
struct Bench {
  explicit Bench(config::SocConfig with = config::SocConfig(), sim::StepOrder order = sim::StepOrder::Normal,
                 MemoryBus::Target target = MemoryBus::Target::InDomain)
      : config(warm(std::move(with))),
        domain("clock", sc_core::sc_time(1, sc_core::SC_NS), order),
        memory("memory", domain, config, probes, target),
        reader("reader", domain),
        writer("writer", domain, sim::level::stream_writer) {
    probes.attach(port);
    const unsigned master = memory.bus().add_accelerator(0);
    reader.socket.bind(memory.bus().socket(master, 0));
    writer.socket.bind(memory.bus().socket(master, 1));
    reader.when_done = writer.when_done = [this] { finish_when_done(); };
  }

  /// Until every order is answered.
  void run(std::uint64_t limit = 1000000) {
    domain.set_max_cycles(Cycle{limit});
    sc_core::sc_start();
    domain.rethrow_failure();
    CASTOR_ASSERT(reader.done() && writer.done());
  }

  /// Makes a line present without time passing.
  void warm_up(std::uint64_t address, bool dirty = false, unsigned way = 0) {
    InclusiveCache& l2 = memory.l2();
    l2.directory().entry(l2.set_of(PhysAddr{address}), way) = {l2.tag_of(PhysAddr{address}), 0, LineState::Tip, dirty};
  }

  config::SocConfig config;
  sim::ClockDomain domain;
  sim::Probes probes;
  PortWatch port;
  MemorySystem memory;
  Initiator reader, writer;

 private:
  static config::SocConfig warm(config::SocConfig config) {
    config.l2.warm_reset.set(true);
    config.settle();
    return config;
  }
  void finish_when_done() {
    if (reader.done() && writer.done()) domain.finish();
  }
};

}  // namespace castor::memory::test

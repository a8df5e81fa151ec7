// The DMA paths on a stand of their own: a memory of constant latency or one that answers as a trace says, commands
// that issue in given cycles, and a completion arbiter in the place of the reservation station.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "castor/gemmini/dma.h"
#include "castor/sim/levels.h"
#include "castor/sim/tilelink.h"

namespace castor::gemmini::test {

/// One event seen in the model, comparable with a line of a trace.
struct Seen {
  std::uint64_t cycle = 0;
  std::string kind;
  std::vector<std::uint64_t> fields;
  bool operator==(const Seen& other) const {
    return cycle == other.cycle && kind == other.kind && fields == other.fields;
  }
};

/// Collects what happens.
class Recorder : public sim::Observer {
 public:
  void scratchpad_write(Cycle t, unsigned, unsigned row) override { add(t, "spw", {row}); }
  void scratchpad_read(Cycle t, unsigned, unsigned row, bool dma) override { add(t, "spr", {row, dma}); }
  void accumulator_write(Cycle t, unsigned, unsigned row, bool add_to) override { add(t, "accw", {row, add_to}); }
  void accumulator_read(Cycle t, unsigned, unsigned row, bool dma) override { add(t, "accr", {row, dma}); }
  void dma_read(Cycle t, unsigned source, PhysAddr a, unsigned size) override {
    add(t, "rda", {source, a.value(), size});
  }
  void dma_read_beat(Cycle t, unsigned source, bool) override { add(t, "rdd", {source}); }
  void dma_write(Cycle t, unsigned source, PhysAddr a, unsigned size) override {
    add(t, "wra", {source, a.value(), size});
  }
  void dma_write_ack(Cycle t, unsigned source) override { add(t, "wrd", {source}); }
  void dma_row_request(Cycle t, VirtAddr a, unsigned columns, unsigned slot) override {
    add(t, "rdreq", {a.value(), columns, slot});
  }
  void dma_write_row(Cycle t, VirtAddr a, unsigned bytes) override { add(t, "wrreq", {a.value(), bytes}); }
  void add(Cycle t, const char* kind, std::vector<std::uint64_t> fields) { seen.push_back({t.count(), kind, fields}); }

  std::vector<Seen> of(const std::string& kind) const {
    std::vector<Seen> result;
    for (const Seen& event : seen)
      if (event.kind == kind) result.push_back(event);
    return result;
  }
  std::vector<std::uint64_t> cycles_of(const std::string& kind) const {
    std::vector<std::uint64_t> result;
    for (const Seen& event : seen)
      if (event.kind == kind) result.push_back(event.cycle);
    return result;
  }

  std::vector<Seen> seen;
};

/// Answers in order of arrival, `latency` cycles after the (first) A beat, one D beat a cycle for reads and
/// acknowledgements together; or in the cycles that script() names.
class BenchMemory : public sc_core::sc_module, public sim::Clocked {
 public:
  struct Scripted {
    std::uint64_t cycle;
    unsigned source;
  };

  BenchMemory(const sc_core::sc_module_name& name, sim::ClockDomain& domain, unsigned latency)
      : sc_module(name), reader("reader"), writer("writer"), domain_(domain), latency_(latency) {
    domain.enrol(*this, sim::level::system_bus);
    reader.register_nb_transport_fw(this, &BenchMemory::read_forward);
    writer.register_nb_transport_fw(this, &BenchMemory::write_forward);
  }

  tlm_utils::simple_target_socket<BenchMemory> reader, writer;

  /// The beats (rdd) or acknowledgements (wrd) come in these cycles.
  void script_reads(std::vector<Scripted> beats) {
    read_script_.assign(beats.begin(), beats.end()), scripted_reads_ = true;
  }
  void script_acknowledgements(std::vector<Scripted> acks) {
    ack_script_.assign(acks.begin(), acks.end());
    scripted_acks_ = true;
  }
  /// The A channel of the reader takes a request only in every n-th cycle.
  void throttle_reader(unsigned every) { reader_every_ = every; }

  std::string block_name() const override { return name(); }
  std::string waiting_for() const override { return reads_.empty() ? "" : "nothing: it answers"; }
  Cycle step(Cycle now) override {
    end_puts(now);
    end_get(now);
    scripted_reads_ || scripted_acks_ ? play(now) : void();
    answer(now);
    return next(now);
  }

  std::map<std::uint64_t, std::uint8_t> bytes;  // what memory holds; 0 elsewhere
  std::uint8_t at(std::uint64_t address) const {
    const auto found = bytes.find(address);
    return found == bytes.end() ? 0 : found->second;
  }
  std::vector<Scripted> lost;        // scripted beats that nobody waited for
  std::vector<Scripted> late_beats;  // scripted beats that had no room in their cycle

 private:
  struct Response {
    tlm::tlm_generic_payload* payload;
    Cycle from;
    bool read;
  };

  tlm::tlm_sync_enum read_forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    const Cycle now = domain_.now();
    if (phase == tlm::END_RESP) {
      refused_until_ = now + 1;
      wake(now + 1);
      return tlm::TLM_ACCEPTED;
    }
    CASTOR_ASSERT(payload.get_address() % payload.get_data_length() == 0);
    load(payload);
    last_request_ = now;
    reads_.push_back({&payload, now + latency_, true});
    if (scripted_reads_)
      by_source_[sim::tilelink(payload).source] = &payload;
    else
      wake(now + latency_);
    if (reader_every_ > 1) {
      get_ends_ = Cycle{now.count() + reader_every_ - 1};
      wake(get_ends_);
      return tlm::TLM_ACCEPTED;
    }
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  tlm::tlm_sync_enum write_forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    const Cycle now = domain_.now();
    CASTOR_ASSERT(payload.get_address() % payload.get_data_length() == 0);
    store(payload);
    last_request_ = now;
    const unsigned beats = sim::tilelink(payload).request_beats;
    if (scripted_acks_)
      put_by_source_[sim::tilelink(payload).source] = &payload;
    else
      reads_.push_back({&payload, now + latency_, false});
    wake(now + latency_);
    if (beats == 1) return phase = tlm::END_REQ, tlm::TLM_UPDATED;
    sim::tilelink(payload).beats_gone = static_cast<std::uint16_t>(beats);  // there is room for all
    put_ = &payload;
    put_ends_ = now + (beats - 1);
    wake(put_ends_);
    return tlm::TLM_ACCEPTED;
  }

  void load(tlm::tlm_generic_payload& payload) {
    if (payload.get_data_ptr() == nullptr) return;
    for (unsigned i = 0; i < payload.get_data_length(); ++i) payload.get_data_ptr()[i] = at(payload.get_address() + i);
  }
  void store(tlm::tlm_generic_payload& payload) {
    if (payload.get_data_ptr() == nullptr) return;
    for (unsigned i = 0; i < payload.get_data_length(); ++i)
      if (payload.get_byte_enable_ptr() == nullptr || payload.get_byte_enable_ptr()[i] == TLM_BYTE_ENABLED)
        bytes[payload.get_address() + i] = payload.get_data_ptr()[i];
  }

  void end_puts(Cycle now) {
    if (put_ == nullptr || now < put_ends_) return;
    tlm::tlm_generic_payload& payload = *put_;
    put_ = nullptr;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay;
    writer->nb_transport_bw(payload, phase, delay);
  }
  void end_get(Cycle now) {
    if (get_ends_ > now) return;
    get_ends_ = Cycle::never();
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay;
    reader->nb_transport_bw(*reads_.back().payload, phase, delay);
  }

  void answer(Cycle now) {
    if (reads_.empty() || scripted_reads_ || reads_.front().from > now || refused_until_ > now) return;
    const Response response = reads_.front();
    if (!deliver(response, now)) return;
    if (done_) reads_.pop_front();
  }

  bool deliver(const Response& response, Cycle now) {
    sim::TileLinkExtension& tilelink = sim::tilelink(*response.payload);
    const unsigned beats = tilelink.response_beats;
    const bool last = tilelink.beats_delivered + 1u == beats;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    const auto answer = response.read ? reader->nb_transport_bw(*response.payload, phase, delay)
                                      : writer->nb_transport_bw(*response.payload, phase, delay);
    if (answer == tlm::TLM_ACCEPTED) return refused_until_ = Cycle::never(), false;
    done_ = last;
    if (!last) ++tilelink.beats_delivered;
    return true;
  }

  // Scripted answers: a beat in exactly its cycle; a refused one again in the next. What nobody waits for is lost, and
  // the request that comes too late for it is answered after the latency.
  void play(Cycle now) {
    while (!read_script_.empty() && read_script_.front().cycle <= now.count() && refused_until_ <= now) {
      auto*& payload = by_source_[read_script_.front().source];
      if (payload == nullptr) {
        lost.push_back(read_script_.front());
      } else if (!deliver({payload, now, true}, now)) {
        late_beats.push_back(read_script_.front());
        break;
      } else if (done_) {
        payload = nullptr;
      }
      read_script_.pop_front();
    }
    for (; !ack_script_.empty() && ack_script_.front().cycle <= now.count(); ack_script_.pop_front()) {
      auto*& payload = put_by_source_[ack_script_.front().source];
      if (payload != nullptr)
        deliver({payload, now, false}, now), payload = nullptr;
      else
        lost.push_back(ack_script_.front());
    }
    answer_forgotten(now);
  }

  // Nothing in the script for a long time, and requests wait: the model has gone another way. Answer them all.
  void answer_forgotten(Cycle now) {
    const auto far = [&](const std::deque<Scripted>& script) {
      return script.empty() || script.front().cycle > now.count() + patience;
    };
    for (unsigned source = 0; source < by_source_.size(); ++source) {
      if (put_by_source_[source] != nullptr && far(ack_script_) && last_request_ + patience < now)
        deliver({put_by_source_[source], now, false}, now), put_by_source_[source] = nullptr;
      if (by_source_[source] == nullptr || !far(read_script_) || last_request_ + patience > now) continue;
      if (deliver({by_source_[source], now, true}, now) && done_) by_source_[source] = nullptr;
      break;
    }
  }
  static constexpr std::uint64_t patience = 400;

  Cycle next(Cycle now) const {
    Cycle next = put_ != nullptr ? put_ends_ : Cycle::never();
    next = std::min(next, get_ends_);
    if ((scripted_reads_ || scripted_acks_) && forgotten()) next = now + 1;
    if (!reads_.empty() && !scripted_reads_ && refused_until_ != Cycle::never())
      next = std::min(next, std::max(now + 1, reads_.front().from));
    if (!read_script_.empty()) next = std::min(next, std::max(now + 1, Cycle{read_script_.front().cycle}));
    if (!ack_script_.empty()) next = std::min(next, std::max(now + 1, Cycle{ack_script_.front().cycle}));
    return next;
  }

  bool forgotten() const {
    const auto any = [](const auto& payloads) {
      return std::any_of(payloads.begin(), payloads.end(), [](const auto* payload) { return payload != nullptr; });
    };
    return any(by_source_) || any(put_by_source_);
  }

  sim::ClockDomain& domain_;
  unsigned latency_;
  Cycle last_request_{};
  unsigned reader_every_ = 1;
  std::deque<Response> reads_;
  Cycle refused_until_{0};
  bool done_ = false;
  tlm::tlm_generic_payload* put_ = nullptr;
  Cycle put_ends_ = Cycle::never();
  Cycle get_ends_ = Cycle::never();
  bool scripted_reads_ = false, scripted_acks_ = false;
  std::deque<Scripted> read_script_, ack_script_;
  std::array<tlm::tlm_generic_payload*, 256> by_source_{}, put_by_source_{};
};

/// Issues commands in given cycles, takes completions: execute ones come from outside and go first, then loads, stores.
class BenchStation : public sc_core::sc_module, public sim::Clocked {
 public:
  struct Issue {
    std::uint64_t cycle;
    isa::Command command;
    sim::RobId id;
  };

  BenchStation(const sc_core::sc_module_name& name, sim::ClockDomain& domain, Dma& dma, Recorder& recorder)
      : sc_module(name), domain_(domain), dma_(dma), recorder_(recorder) {
    domain.enrol(*this, sim::level::reservation_station);
    dma.load_controller.completions().connect(*this, dma.load_controller);
    dma.store_controller.completions().connect(*this, dma.store_controller);
  }

  void issue(Issue issue) { issues_.push_back(issue); }
  /// The completion wire is taken by the execute controller in this cycle.
  void execute_completes(std::uint64_t cycle) { execute_done_.push_back(cycle); }

  std::string block_name() const override { return name(); }
  Cycle step(Cycle now) override {
    while (!issues_.empty() && issues_.front().cycle <= now.count()) {
      IssuePort& port =
          issues_.front().command.is_store() ? dma_.store_controller.commands() : dma_.load_controller.commands();
      if (!port.can_push(now)) {
        ++late_issues;
        break;
      }
      if (issues_.front().cycle < now.count()) ++late_issues;
      port.push(now, {issues_.front().command, issues_.front().id, true});
      issues_.pop_front();
    }
    while (!execute_done_.empty() && execute_done_.front() < now.count()) execute_done_.pop_front();
    const bool execute = !execute_done_.empty() && execute_done_.front() == now.count();
    if (!execute && !complete(dma_.load_controller.completions(), now))
      complete(dma_.store_controller.completions(), now);
    return next(now);
  }

  unsigned late_issues = 0;

 private:
  bool complete(CompletionPort& port, Cycle now) {
    if (!port.offered(now)) return false;
    recorder_.add(now, "done", {port.take(now).raw});
    return true;
  }
  Cycle next(Cycle now) const {
    const bool waiting =
        dma_.load_controller.completions().offered(now) || dma_.store_controller.completions().offered(now);
    if (waiting) return now + 1;
    return issues_.empty() ? Cycle::never() : std::max(now + 1, Cycle{issues_.front().cycle});
  }

  sim::ClockDomain& domain_;
  Dma& dma_;
  Recorder& recorder_;
  std::deque<Issue> issues_;
  std::deque<std::uint64_t> execute_done_;
};

/// The DMA paths with their local memory; a memory has to be bound to the sockets of reader and writer.
struct DmaStand {
  explicit DmaStand(const config::GemminiParams& parameters = config::GemminiParams(), bool values = false,
                    sim::StepOrder order = sim::StepOrder::Normal)
      : params(parameters),
        domain("clock", sc_core::sc_time(1, sc_core::SC_NS), order),
        arithmetic(Arithmetic::make(params.element_types())),
        memory("local_memory", params, *arithmetic, values, probes),
        dma("dma", domain, params, config::TlbParams(), memory, probes),
        station("station", domain, dma, recorder) {
    probes.attach(recorder);
  }

  void load(std::uint64_t cycle, const isa::Command& command, unsigned entry = 0) {
    station.issue({cycle, command, sim::RobId{static_cast<std::uint8_t>(entry)}});
  }
  void store(std::uint64_t cycle, const isa::Command& command, unsigned entry = 0) {
    station.issue({cycle, command, sim::RobId{static_cast<std::uint8_t>(0x20 + entry)}});
  }
  /// Runs until everything sleeps.
  void run() { sc_core::sc_start(); }

  config::GemminiParams params;
  sim::ClockDomain domain;
  sim::Probes probes;
  Recorder recorder;
  std::unique_ptr<const Arithmetic> arithmetic;
  LocalMemory memory;
  Dma dma;
  BenchStation station;
};

/// ... and the ideal or scripted memory.
struct DmaBench : DmaStand {
  explicit DmaBench(const config::GemminiParams& parameters = config::GemminiParams(), unsigned latency = 10,
                    bool values = false, sim::StepOrder order = sim::StepOrder::Normal)
      : DmaStand(parameters, values, order), dram("dram", domain, latency) {
    dma.stream_reader.socket.bind(dram.reader);
    dma.stream_writer.socket.bind(dram.writer);
  }
  BenchMemory dram;
};

}  // namespace castor::gemmini::test

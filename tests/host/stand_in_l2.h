// What an L1 meets at its port: grants after a given time, probes from a given cycle on; notes every message.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/tilelink.h"

namespace castor::host::test {

class StandInL2 : public sim::ClockedModule, public tlm::tlm_fw_transport_if<> {
 public:
  struct Event {
    std::uint64_t cycle;
    std::string what;
    std::uint64_t line;
    friend bool operator==(const Event& a, const Event& b) {
      return a.cycle == b.cycle && a.what == b.what && a.line == b.line;
    }
    friend std::ostream& operator<<(std::ostream& out, const Event& event) {
      return out << event.cycle << " " << event.what << " " << std::hex << event.line << std::dec;
    }
  };

  StandInL2(const sc_core::sc_module_name& name, sim::ClockDomain& domain)
      : ClockedModule(name, domain, sim::level::system_bus), socket("socket"), domain_(domain) {
    socket.bind(*this);
  }

  tlm::tlm_target_socket<> socket;
  unsigned grant_after = 6, release_ack_after = 9;  // from the first beat of the request to that of the answer
  sim::Cap granted = sim::Cap::toT;
  std::vector<Event> events;

  /// Offers a probe in every cycle from `cycle` on until it is taken.
  void probe(std::uint64_t cycle, std::uint64_t line, sim::Cap cap) { probes_.push_back({cycle, line, cap}); }

  Cycle step(Cycle now) override {
    for (auto due = due_.begin(); due != due_.end() && due->first <= now.count(); due = due_.erase(due)) due->second();
    if (!probes_.empty() && probes_.front().cycle <= now.count()) offer_probe(now);
    return next(now);
  }

 private:
  struct Probe {
    std::uint64_t cycle, line;
    sim::Cap cap;
  };

  Cycle next(Cycle now) const {
    Cycle next = due_.empty() ? Cycle::never() : Cycle{due_.begin()->first};
    if (!probes_.empty()) next = std::min(next, std::max(now + 1, Cycle{probes_.front().cycle}));
    return next;
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    const Cycle now = domain_.now();
    if (phase == sim::GRANT_ACK) return note(now, "GrantAck", payload), tlm::TLM_UPDATED;
    const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    note(now, name_of(tilelink), payload);
    if (tilelink.message == sim::Message::Access || tilelink.message == sim::Message::AcquireBlock)
      answer(payload, now + grant_after, tilelink.grow == sim::Grow::BtoT ? 1 : 4);
    if (tilelink.message == sim::Message::ReleaseData) answer(payload, now + release_ack_after, 1);
    if (tilelink.request_beats == 1) {
      if (tilelink.message == sim::Message::ProbeAck) payload.release();
      return phase = tlm::END_REQ, tlm::TLM_UPDATED;
    }
    at(now + (tilelink.request_beats - 1), [this, &payload] {
      call(payload, tlm::END_REQ);
      if (sim::tilelink(payload).message == sim::Message::ProbeAckData) payload.release();
    });
    return tlm::TLM_ACCEPTED;
  }
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  static std::string name_of(const sim::TileLinkExtension& tilelink) {
    static const char* const grows[] = {"NtoB", "NtoT", "BtoT"};
    static const char* const shrinks[] = {"TtoB", "TtoN", "BtoN", "TtoT", "BtoB", "NtoN"};
    const std::string shrink = shrinks[static_cast<unsigned>(tilelink.shrink)];
    switch (tilelink.message) {
      case sim::Message::Access:
        return "Get";
      case sim::Message::AcquireBlock:
        return std::string("Acquire ") + grows[static_cast<unsigned>(tilelink.grow)];
      case sim::Message::ReleaseData:
        return "ReleaseData " + shrink;
      case sim::Message::ProbeAck:
        return "ProbeAck " + shrink;
      case sim::Message::ProbeAckData:
        return "ProbeAckData " + shrink;
      default:
        return "unexpected";
    }
  }
  void note(Cycle now, std::string what, const tlm::tlm_generic_payload& payload) {
    events.push_back({now.count(), std::move(what), payload.get_address()});
  }

  void answer(tlm::tlm_generic_payload& payload, Cycle first, std::uint16_t beats) {
    sim::tilelink(payload).response_beats = beats;
    sim::tilelink(payload).cap = granted;
    for (std::uint16_t beat = 0; beat < beats; ++beat)
      at(first + beat, [this, &payload, beat] {
        sim::tilelink(payload).beats_delivered = beat;
        call(payload, tlm::BEGIN_RESP);
      });
  }
  tlm::tlm_sync_enum call(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
    sc_core::sc_time delay;
    return socket->nb_transport_bw(payload, phase, delay);
  }
  void offer_probe(Cycle now) {
    if (offered_ == nullptr) {
      offered_ = &pool_.take();
      offered_->set_address(probes_.front().line);
      sim::tilelink(*offered_).message = sim::Message::Probe;
      sim::tilelink(*offered_).cap = probes_.front().cap;
    }
    if (call(*offered_, sim::BEGIN_PROBE) == tlm::TLM_ACCEPTED) return;
    note(now, "Probe taken", *offered_);
    offered_ = nullptr;
    probes_.pop_front();
  }
  void at(Cycle cycle, std::function<void()> what) {
    due_.emplace(cycle.count(), std::move(what));
    wake(cycle);
    wake(domain_.now() + 1);  // so that it asks for the earliest of all
  }

  sim::ClockDomain& domain_;
  sim::TransactionPool pool_;
  std::multimap<std::uint64_t, std::function<void()>> due_;
  std::deque<Probe> probes_;
  tlm::tlm_generic_payload* offered_ = nullptr;
};

}  // namespace castor::host::test

// A port of the system bus with everything behind it: initiators' buffers, their crossbar, the buffers up to the banks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "castor/memory/arbiter.h"
#include "castor/memory/system_bus.h"
#include "castor/sim/queue.h"

namespace castor::memory {

using BeatQueue = sim::Queue<BusBeat>;

/// One initiator's TLBuffer and the TLM side of it.
class BusInitiator : public tlm::tlm_fw_transport_if<> {
 public:
  BusInitiator(SystemBus& bus, BusMaster& master, const std::string& name, std::uint16_t port, unsigned extra_latency);

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) override { transport_dbg(payload); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;

  /// The remaining beats of a Put leave one a cycle; END_REQ when the next message may begin in now + 1.
  bool step_put(Cycle now);
  /// Offers a D beat; false if the initiator has no room: it will say when.
  bool offer(const ResponseBeat& beat);
  /// Offers the D beat at the head of the buffer.
  bool deliver(Cycle now);

  std::uint16_t port() const { return port_; }

  tlm::tlm_target_socket<> socket;
  sim::Counter bytes_read, bytes_written, l2_hits, l2_misses;
  BeatQueue requests;
  BeatQueue responses;

 private:
  tlm::tlm_sync_enum begin(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  tlm::tlm_sync_enum begin_cached(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  tlm::tlm_sync_enum take_again();

  /// What the statistics want to know of a D beat.
  struct Delivery {
    bool read, answers_lookup, hit;
  };
  static Delivery delivery_of(const ResponseBeat& beat);
  void count(const Delivery& delivery);
  bool room_next_cycle() const { return requests.size() < requests.depth(); }

  SystemBus& bus_;
  BusMaster& master_;
  std::uint16_t port_;
  tlm::tlm_generic_payload* request_ = nullptr;  // between BEGIN_REQ and END_REQ
  sim::TileLinkExtension* tilelink_ = nullptr;   // its
  std::uint16_t next_beat_ = 0;
  bool refused_ = false;
};

/// D beats on their way from the banks to the initiators: registered buffers, a crossbar, the initiators' buffers.
///
/// While every initiator takes its beats, nothing can stop or reorder them: a beat that enters in t is offered in
/// t + stages, and the path only remembers when (the express). The first refusal puts every beat where it would stand
/// in its buffers, and the buffers then move one by one until all are empty. Both give the same cycles.
class ResponsePath {
 public:
  ResponsePath(SystemBus& bus, unsigned stages);

  void attach(std::vector<std::unique_ptr<BusInitiator>>& initiators) { initiators_ = &initiators; }
  bool can_push(Cycle now) const { return express_ || entrance_->can_push(now); }
  void push(Cycle now, const ResponseBeat& beat);
  bool step(Cycle now);
  bool empty() const { return express_ ? count_ == 0 : in_buffers_ == 0; }
  /// The buffer that the banks fill: the only initiator's own if there is no other.
  void set_entrance();

 private:
  struct Traveller {
    ResponseBeat beat;
    Cycle entered;
  };
  static constexpr unsigned ring = 128;  // more than any path has stages

  bool step_express(Cycle now);
  bool step_buffers(Cycle now);
  bool cross(Cycle now);
  void leave_express(Cycle now);
  void place(Cycle now, const Traveller& traveller);

  SystemBus& bus_;
  std::vector<std::unique_ptr<BusInitiator>>* initiators_ = nullptr;
  std::vector<std::unique_ptr<BeatQueue>> buffers_;  // from the banks to the crossbar
  BeatQueue* entrance_ = nullptr;
  unsigned stages_;
  bool express_;
  bool may_express_;
  unsigned first_ = 0, count_ = 0;
  Traveller travellers_[ring];
  unsigned in_buffers_ = 0;
};

class BusMaster {
 public:
  BusMaster(SystemBus& bus, const SystemBus::Shape& shape, unsigned index, unsigned extra_latency);
  ~BusMaster();

  /// One cycle of both ways; true if anything moved.
  bool step(Cycle now);
  /// The buffer that the banks see.
  BeatQueue& head() { return requests_.empty() ? initiators[0]->requests : *requests_.back(); }
  const BeatQueue& head() const { return const_cast<BusMaster*>(this)->head(); }

  /// Gives the port the channels B, C and E: the only initiator caches, under this bit of the directory.
  BusClient& add_client(unsigned index);
  BusClient* client() { return client_.get(); }
  const BusClient* client() const { return client_.get(); }

  std::string name;
  std::vector<std::unique_ptr<BusInitiator>> initiators;
  ResponsePath responses;

  /// Requests may move in the next cycle: one has come, or a bank has taken one.
  void requests_due(Cycle next) {
    requests_until_ = next;
    bus_.wake(next);
  }

  // Among the banks.
  RoundRobinArbiter from_banks;
  Cycle accepted_at = Cycle::never();  // one beat a cycle leaves for the banks
  Cycle picked_at = Cycle::never();
  int picked_bank = RoundRobinArbiter::none;

 private:
  bool step_requests(Cycle now);
  bool cross_requests(Cycle now);

  SystemBus& bus_;
  std::vector<std::unique_ptr<BeatQueue>> requests_;  // crossbar to system bus
  RoundRobinArbiter crossbar_;
  std::unique_ptr<BusClient> client_;
  Cycle requests_until_{};  // nothing moves after, unless something happens
};

}  // namespace castor::memory

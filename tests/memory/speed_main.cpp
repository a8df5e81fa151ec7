// memory_speed: nanoseconds a 64-byte request costs, for L2 hits and for misses.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "castor/memory/memory_system.h"
#include "castor/sim/levels.h"

namespace {

using namespace castor;

/// Sixteen requests in flight, the next as soon as one is over.
class Streamer : public sim::ClockedModule, public tlm::tlm_bw_transport_if<> {
 public:
  Streamer(const sc_core::sc_module_name& name, sim::ClockDomain& domain, std::uint64_t span, std::uint64_t count)
      : ClockedModule(name, domain, sim::level::stream_reader),
        socket("socket"),
        domain_(domain),
        span_(span),
        left_(count) {
    socket.bind(*this);
  }
  Cycle step(Cycle now) override {
    if (left_ == 0 || busy_ || open_ == 16 || now < free_from_) return Cycle::never();
    tlm::tlm_generic_payload& payload = pool_.take();
    sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    tilelink.log2_size = 6;
    tilelink.response_beats = 4;
    payload.set_read();
    payload.set_address(0x80000000 + (left_ * 64) % span_);
    payload.set_data_ptr(bytes_[open_]);
    payload.set_data_length(64);
    --left_;
    ++open_;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    busy_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
    return now + 1;
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    wake(domain_.now() + 1);
    if (phase == tlm::END_REQ) {
      busy_ = false;
      free_from_ = domain_.now() + 1;
      return tlm::TLM_ACCEPTED;
    }
    phase = tlm::END_RESP;
    if (sim::tilelink(payload).beats_delivered < 3) return tlm::TLM_UPDATED;
    payload.release();
    if (--open_ == 0 && left_ == 0) domain_.finish();
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  tlm::tlm_initiator_socket<> socket;

 private:
  sim::ClockDomain& domain_;
  sim::TransactionPool pool_;
  std::uint64_t span_, left_;
  unsigned open_ = 0;
  bool busy_ = false;
  Cycle free_from_{};
  std::uint8_t bytes_[16][64] = {};
};

}  // namespace

int main(int argc, char** argv) {
  const bool misses = argc > 1 && std::strcmp(argv[1], "misses") == 0;
  const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000000;
  config::SocConfig config;
  config.l2.warm_reset.set(true);
  sim::ClockDomain domain("clock", sc_core::sc_time(1, sc_core::SC_NS));
  sim::Probes probes;
  memory::MemorySystem memory("memory", domain, config, probes);
  Streamer reader("reader", domain, misses ? 64ULL << 20 : 64 << 10, count);
  const unsigned port = memory.bus().add_accelerator(0);
  reader.socket.bind(memory.bus().socket(port, 0));
  Streamer writer("writer", domain, 64, 0);
  writer.socket.bind(memory.bus().socket(port, 1));
  const std::clock_t start = std::clock();  // processor time
  sc_core::sc_start();
  const double spent = 1e9 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%.1f ns a request, %.2f cycles a request, %.1f ns a cycle\n", spent / count,
              static_cast<double>(domain.now().count()) / count, spent / domain.now().count());
}

// The shared inclusive cache. RTL twin: InclusiveCacheParameters (sifive inclusive cache, Parameters.scala,
// Configs.scala).
#pragma once

#include "castor/config/param.h"

namespace castor::config {

class L2Params : public Group {
 public:
  L2Params() : Group("l2", summary) {}
  explicit L2Params(Group* parent, const char* key = "l2") : Group(parent, key, summary) {}

  // clang-format off
  Param<Bytes> capacity{this, "capacity", 512_KiB, range(1_KiB, 1_GiB), "all banks together"};
  Param<unsigned> ways{this, "ways", 8, unit::ways, range(2, 64), "associativity"};
  Param<unsigned> banks{this, "banks", 1, unit::banks, power_of_two(1, 64),
      "banks, chosen by the lowest address bits above a block"};
  Param<Bytes> block_bytes{this, "block_bytes", 64_B, power_of_two(16_B, 256_B),
      "cache block; must equal bus.block_bytes"};
  Param<unsigned> mshrs{this, "mshrs", 10, unit::entries, range(2, 30),
      "requests of a bank that may be under way, misses included"};
  Param<unsigned> reserved_mshrs{this, "reserved_mshrs", 2, unit::entries, range(2, 2),
      "further ones, for probes and for releases"};
  Param<unsigned> secondary_requests{this, "secondary_requests", 28, unit::entries, range(1, 1024),
      "requests that wait behind one of the same set, in order"};
  Param<unsigned> put_lists{this, "put_lists", 40, unit::entries, range(1, 1024),
      "multi-beat writes whose data is being collected"};
  Param<unsigned> put_beats{this, "put_beats", 40, unit::beats, range(4, 4096), "beats of write data in waiting"};
  Param<unsigned> release_lists{this, "release_lists", 2, unit::entries, range(1, 64),
      "write-backs of a core whose data is being collected"};
  Param<unsigned> hit_latency{this, "hit_latency", 4, unit::cycles, range(4, 64),
      "request accepted to first beat of data, on a hit"};
  Param<unsigned> outer_buffer{this, "outer_buffer", 1, unit::cycles, range(0, 16),
      "registers towards the memory bus, in each direction"};
  Param<Bytes> write_bytes{this, "write_bytes", 8_B, power_of_two(1_B, 64_B), "width of one SRAM of the data store"};
  Param<unsigned> port_factor{this, "port_factor", 4, unit::none, range(2, 16),
      "SRAMs of the data store = widest beat * port_factor / write_bytes"};
  Param<std::uint64_t> lfsr_seed{this, "lfsr_seed", 1, range(1, 65535),
      "reset value of the 16-bit register that picks victims"};
  Param<bool> warm_reset{this, "warm_reset", false, "skip the directory wipe after reset (one cycle a set)"};
  // clang-format on

  std::uint64_t sets() const {
    return capacity().count() / (std::uint64_t{ways} * banks * block_bytes().count());
  }  ///< of one bank

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "shared inclusive cache";
};

}  // namespace castor::config

// What lies at a physical address: memory, a device, or nothing.
//
// RTL twin: the address decoders of system bus and peripheral buses. Memory is handed out as host pointers, page by
// page; devices are reached through TLM-2.0 b_transport. What nobody answers to is an access fault. Words of memory may
// be watched (tohost): their page is no longer handed out, and every write to it passes here.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "castor/common/types.h"
#include "castor/sim/module.h"

namespace castor::host {

class AddressMap : public sim::Module {
 public:
  static constexpr std::uint64_t page_bytes = 4096;

  explicit AddressMap(const sc_core::sc_module_name& name) : Module(name) {}

  // Before the simulation starts. Overlaps are a broken promise of the caller.
  void add_memory(PhysAddr base, Bytes size, std::uint8_t* bytes);
  void add_device(const std::string& name, PhysAddr base, Bytes size, tlm::tlm_target_socket<>& device);
  /// Calls `seen` after each write that touches one of the eight bytes at `word`, which must be memory.
  void watch(PhysAddr word, std::function<void()> seen);

  /// The bytes of a page that is plain memory, nothing of it watched; else nullptr. The answer never changes while the
  /// simulation runs.
  std::uint8_t* plain_page(PhysAddr page);
  /// An aligned access of 1, 2, 4 or 8 bytes; false: nobody answers, or the device refuses.
  bool read(PhysAddr address, unsigned bytes, std::uint64_t& value);
  bool write(PhysAddr address, unsigned bytes, std::uint64_t value);

  /// Whether there is anything at the address. A device may still refuse.
  bool answers(PhysAddr address) const;
  /// Whether caches may hold the address.
  bool is_memory(PhysAddr address) const { return find_memory(address, 1) != nullptr; }

 private:
  /// A port must lie in a module that is being built, hence one for each device.
  struct Link : sim::Module {
    using Module::Module;
    tlm_utils::simple_initiator_socket<Link> socket{"socket"};
  };
  struct Memory {
    PhysAddr base;
    Bytes size;
    std::uint8_t* bytes;
  };
  struct Window {
    PhysAddr base;
    Bytes size;
    std::unique_ptr<Link> link;
  };
  struct Watch {
    PhysAddr word;
    std::function<void()> seen;
  };

  const Memory* find_memory(PhysAddr address, std::uint64_t count) const;
  std::uint8_t* memory_at(PhysAddr address, std::uint64_t count) const;
  bool is_watched(PhysAddr page) const;
  void tell_watchers(PhysAddr address, unsigned bytes);
  void require_free(PhysAddr base, Bytes size) const;
  bool transport(tlm::tlm_command command, PhysAddr address, unsigned bytes, std::uint64_t& value);

  std::vector<Memory> memories_;
  std::vector<Window> windows_;
  std::vector<Watch> watches_;
};

}  // namespace castor::host

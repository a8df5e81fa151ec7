// What the harts of a machine find around them and share: their program in memory, the devices, the way out.
//
//   RiscvHost (one a core) -> Platform: memory, Periphery, Htif
//
// All harts run one program, each from the reset vector on; it tells them apart by mhartid. Where there are several,
// each executes its instructions in their own cycles, and a store takes the other harts' reservations of its address.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

#include "castor/config/soc_config.h"
#include "castor/functional/elf_image.h"
#include "castor/host/htif.h"
#include "castor/host/periphery.h"
#include "castor/sim/module.h"

namespace castor::host {

/// The machine's memory as a host sees it: all at once, or by its bytes.
struct MainMemory {
  functional::Memory& memory;
  PhysAddr base;
  Bytes size;
  std::uint8_t* bytes;
};

class Platform : public sim::Module {
 public:
  /// A hart, as the others see it.
  class Member {
   public:
    virtual ~Member() = default;
    virtual void program_ended(std::int64_t code) = 0;
    virtual void written_by_other(PhysAddr address) = 0;
  };

  /// Loads the program. It, the memory and the console must outlive the platform. Errors: UserError if it does not fit
  /// memory.
  Platform(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
           const MainMemory& memory, const functional::ElfImage& program, std::ostream& console);

  void join(Member& member) { members_.push_back(&member); }
  /// Whether harts must keep to the order of each other's accesses.
  bool has_several_harts() const { return harts_ > 1; }
  /// A hart has written; nothing to do if it is alone.
  void written(const Member& by, PhysAddr address);

  const functional::ElfImage& program() const { return program_; }
  Periphery& periphery() { return periphery_; }
  const Periphery& periphery() const { return periphery_; }

 private:
  void connect_htif(const MainMemory& memory, std::ostream& console);
  void end(std::int64_t code);

  const functional::ElfImage& program_;
  unsigned harts_;
  Periphery periphery_;
  std::unique_ptr<Htif> htif_;
  std::vector<Member*> members_;
};

}  // namespace castor::host

#include "castor/host/platform.h"

#include <optional>
#include <sstream>

#include "castor/common/error.h"

namespace castor::host {
namespace {

std::string hex(std::uint64_t value) {
  std::ostringstream text;
  text << "0x" << std::hex << value;
  return text.str();
}

}  // namespace

Platform::Platform(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
                   const MainMemory& memory, const functional::ElfImage& program, std::ostream& console)
    : Module(name),
      program_(program),
      harts_(static_cast<unsigned>(config.cores())),
      periphery_("periphery", domain, config, {harts_, program.entry(), console}) {
  program.require_within(memory.base, memory.size);
  program.load(memory.memory);
  periphery_.addresses().add_memory(memory.base, memory.size, memory.bytes);
  connect_htif(memory, console);
}

void Platform::connect_htif(const MainMemory& memory, std::ostream& console) {
  if (!program_.tohost()) return;
  const auto look = [this] { htif_->look(); };
  for (const std::optional<PhysAddr>& word : {program_.tohost(), program_.fromhost()}) {
    if (!word) continue;
    if (!periphery_.addresses().is_memory(*word))
      throw UserError(program_.name() + ": tohost or fromhost at " + hex(word->value()) +
                      " lies outside memory; allowed: in memory");
    periphery_.addresses().watch(*word, look);
  }
  htif_ = std::make_unique<Htif>(memory.memory, *program_.tohost(), program_.fromhost(), console);
  htif_->when_exit([this](std::int64_t code) { end(code); });
}

void Platform::end(std::int64_t code) {
  for (Member* member : members_) member->program_ended(code);
}

void Platform::written(const Member& by, PhysAddr address) {
  if (!has_several_harts()) return;
  for (Member* member : members_)
    if (member != &by) member->written_by_other(address);
}

}  // namespace castor::host

#include "oracle_rocc.h"

#include <cstring>

#include "castor/sw/include/rocc.h"

namespace castor::sw {
namespace {

OracleRocc* attached = nullptr;

}  // namespace

void HostMemory::read(PhysAddr address, void* bytes, std::size_t count) const {
  std::memcpy(bytes, reinterpret_cast<const void*>(address.value()), count);
}
void HostMemory::write(PhysAddr address, const void* bytes, std::size_t count) {
  std::memcpy(reinterpret_cast<void*>(address.value()), bytes, count);
}

OracleRocc::OracleRocc(const config::GemminiParams& gemmini, bool execute)
    : oracle_(functional::OracleParams(gemmini), memory_), execute_(execute) {
  attached = this;
}
OracleRocc::~OracleRocc() { attached = nullptr; }

void OracleRocc::issue(const isa::Command& command) {
  commands.push_back(command);
  if (execute_) oracle_.execute(command);
}

void OracleRocc::fence() {
  if (execute_) oracle_.drain();
}

extern "C" std::uint64_t gemmini_rocc_issue(unsigned funct, std::uint64_t rs1, std::uint64_t rs2) {
  attached->issue({static_cast<std::uint8_t>(funct), rs1, rs2});
  return 0;
}
extern "C" void gemmini_rocc_fence(void) { attached->fence(); }

}  // namespace castor::sw

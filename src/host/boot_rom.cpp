#include "castor/host/boot_rom.h"

#include <array>
#include <cstring>

#include "castor/common/error.h"

namespace castor::host {

namespace {

/// From the first address of the ROM; the entry's address follows at entry_offset.
constexpr std::array<std::uint32_t, 6> reset_program = {
    0x00000297,  // auipc t0, 0
    0x02028593,  // addi  a1, t0, tree_offset
    0xf1402573,  // csrr  a0, mhartid
    0x0182b283,  // ld    t0, entry_offset(t0)
    0x00028067,  // jr    t0
    0x00000013,  // nop
};
constexpr std::uint64_t entry_offset = 0x18;
static_assert(sizeof(reset_program) == entry_offset);
static_assert(entry_offset + sizeof(std::uint64_t) == BootRom::tree_offset);

}  // namespace

BootRom::BootRom(Bytes size, VirtAddr entry, const std::vector<std::uint8_t>& device_tree) : contents_(size.count()) {
  CASTOR_ASSERT(tree_offset + device_tree.size() <= contents_.size());
  const std::uint64_t target = entry.value();
  std::memcpy(contents_.data(), reset_program.data(), sizeof(reset_program));
  std::memcpy(contents_.data() + entry_offset, &target, sizeof(target));
  std::memcpy(contents_.data() + tree_offset, device_tree.data(), device_tree.size());
}

bool BootRom::read(Cycle, std::uint64_t offset, unsigned bytes, std::uint64_t& value) {
  value = 0;
  if (offset < contents_.size()) std::memcpy(&value, contents_.data() + offset, bytes);
  return true;
}

}  // namespace castor::host

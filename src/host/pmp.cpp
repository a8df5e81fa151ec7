#include "castor/host/pmp.h"

namespace castor::host {

namespace {
constexpr std::uint8_t read_bit = 1, write_bit = 2;
constexpr std::uint64_t address_mask = (1ULL << 54) - 1;

constexpr std::uint8_t permission_bit(Access access) {
  return access == Access::Load ? read_bit : access == Access::Store ? write_bit : 4;
}
}  // namespace

void Pmp::set_config(unsigned region, std::uint8_t config) {
  if (regions_[region].locked()) return;
  if (!(config & read_bit)) config &= ~write_bit;
  regions_[region].config = config & 0x9f;
  compute_ranges();
}

void Pmp::set_address(unsigned region, std::uint64_t address) {
  const bool top_of_locked_range =
      region + 1 < regions && regions_[region + 1].locked() && regions_[region + 1].mode() == TopOfRange;
  if (regions_[region].locked() || top_of_locked_range) return;
  regions_[region].address = address & address_mask;
  compute_ranges();
}

void Pmp::compute_ranges() {
  for (unsigned region = 0; region < regions; ++region) ranges_[region] = range_of(region);
}

Pmp::Range Pmp::range_of(unsigned region) const {
  const std::uint64_t address = regions_[region].address;
  switch (regions_[region].mode()) {
    case Off:
      break;
    case TopOfRange: {
      const std::uint64_t begin = region == 0 ? 0 : regions_[region - 1].address << 2;
      return begin < address << 2 ? Range{begin, address << 2} : Range{};
    }
    case NaturallyAligned4:
      return {address << 2, (address << 2) + 4};
    case NaturallyAlignedPowerOfTwo: {
      const std::uint64_t inside = address ^ (address + 1);  // n ones at the end, and the zero above: 2^(n+3) bytes
      return {(address & ~inside) << 2, ((address | inside) + 1) << 2};
    }
  }
  return {};
}

bool Pmp::allows(const Region& region, Access access, Privilege privilege) const {
  if (privilege == Privilege::Machine && !region.locked()) return true;
  return region.config & permission_bit(access);
}

bool Pmp::permits(PhysAddr address, std::uint64_t bytes, Access access, Privilege privilege) const {
  const std::uint64_t first = address.value(), last = first + bytes - 1;
  for (unsigned region = 0; region < regions; ++region) {
    const Range& range = ranges_[region];
    if (last < range.begin || first >= range.end) continue;
    const bool holds_all = first >= range.begin && last < range.end;
    return holds_all && allows(regions_[region], access, privilege);
  }
  return privilege == Privilege::Machine;
}

bool Pmp::uniform(PhysAddr address, std::uint64_t bytes) const {
  const std::uint64_t first = address.value(), behind = first + bytes;
  const auto cuts = [&](std::uint64_t boundary) { return first < boundary && boundary < behind; };
  for (const Range& range : ranges_)
    if (cuts(range.begin) || cuts(range.end)) return false;
  return true;
}

}  // namespace castor::host

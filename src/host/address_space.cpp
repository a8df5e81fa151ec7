#include "castor/host/address_space.h"

namespace castor::host {

namespace {

Exception page_fault(Access access) {
  return access == Access::Load    ? Exception::LoadPageFault
         : access == Access::Store ? Exception::StorePageFault
                                   : Exception::FetchPageFault;
}
Exception access_fault(Access access) {
  return access == Access::Load    ? Exception::LoadAccess
         : access == Access::Store ? Exception::StoreAccess
                                   : Exception::FetchAccess;
}
Exception misaligned_address(Access access) {
  return access == Access::Load ? Exception::MisalignedLoad : Exception::MisalignedStore;
}

PhysAddr page_of(PhysAddr address) { return PhysAddr{address.value() & ~(AddressSpace::page_bytes - 1)}; }
std::uint64_t offset_of(PhysAddr address) { return address.value() & (AddressSpace::page_bytes - 1); }

}  // namespace

AddressSpace::AddressSpace(const CsrFile& csrs, HartMemory& memory, bool misaligned)
    : csrs_(csrs), memory_(memory), misaligned_(misaligned) {
  follow_privilege();
}

void AddressSpace::forget_translations() {
  for (Table& table : tables_) table.fill(Entry{});
}

PhysAddr AddressSpace::walk(std::uint64_t address, Access access, Privilege privilege) {
  PageTableWalk walk(csrs_.page_table(), VirtAddr{address});
  while (walk.wants_entry()) {
    const PhysAddr entry = walk.entry_address();
    const bool readable = csrs_.pmp().permits(entry, sizeof(std::uint64_t), Access::Load, Privilege::Supervisor);
    if (!readable) throw ExceptionRaised{access_fault(access), address};
    walk.take(read(entry, sizeof(std::uint64_t), access, address));
  }
  if (walk.fault() || !permits(walk.leaf(), access, privilege, csrs_.translation_status()))
    throw ExceptionRaised{page_fault(access), address};
  return walk.physical();
}

PhysAddr AddressSpace::translate(std::uint64_t address, unsigned bytes, Access access, Privilege privilege) {
  const bool translated = csrs_.translates() && privilege != Privilege::Machine;
  const PhysAddr physical = translated ? walk(address, access, privilege) : PhysAddr{address};
  if (!csrs_.pmp().permits(physical, bytes, access, privilege)) throw ExceptionRaised{access_fault(access), address};
  return physical;
}

std::uint64_t AddressSpace::read(PhysAddr physical, unsigned bytes, Access access, std::uint64_t address) {
  std::uint64_t value = 0;
  if (const std::uint8_t* page = memory_.plain_page(page_of(physical)))
    std::memcpy(&value, page + offset_of(physical), bytes);
  else if (!memory_.read(physical, bytes, value))
    throw ExceptionRaised{access_fault(access), address};
  return value;
}

void AddressSpace::write(PhysAddr physical, unsigned bytes, std::uint64_t value, std::uint64_t address) {
  if (std::uint8_t* page = memory_.plain_page(page_of(physical)))
    std::memcpy(page + offset_of(physical), &value, bytes);
  else if (!memory_.write(physical, bytes, value))
    throw ExceptionRaised{Exception::StoreAccess, address};
}

void AddressSpace::remember(std::uint64_t address, PhysAddr physical, Access access) {
  const PhysAddr page = page_of(physical);
  std::uint8_t* host = memory_.plain_page(page);
  if (host == nullptr || !csrs_.pmp().uniform(page, page_bytes)) return;
  const std::uint64_t tag = address & ~(page_bytes - 1);
  Entry& entry = entry_of(address);
  if (entry.readable != tag && entry.writable != tag) entry = Entry{};
  (access == Access::Load ? entry.readable : entry.writable) = tag;
  entry.to_host = host - tag;
  entry.to_physical = page.value() - tag;
}

PhysAddr AddressSpace::aligned(std::uint64_t address, unsigned bytes, Access access) {
  const PhysAddr physical = translate(address, bytes, access, csrs_.data_privilege());
  if (address % bytes != 0) throw ExceptionRaised{misaligned_address(access), address};
  access_ = {physical, static_cast<std::uint8_t>(bytes), VirtAddr{address}};
  return physical;
}

PhysAddr AddressSpace::reservable(std::uint64_t address, unsigned bytes, Access access) {
  const PhysAddr physical = aligned(address, bytes, access);
  if (memory_.plain_page(page_of(physical)) == nullptr) throw ExceptionRaised{access_fault(access), address};
  return physical;
}

std::uint64_t AddressSpace::load_slowly(std::uint64_t address, unsigned bytes) {
  if (misaligned_ && address % bytes != 0) return load_by_bytes(address, bytes);
  const PhysAddr physical = aligned(address, bytes, Access::Load);
  remember(address, physical, Access::Load);
  return read(physical, bytes, Access::Load, address);
}

void AddressSpace::store_slowly(std::uint64_t address, unsigned bytes, std::uint64_t value) {
  if (misaligned_ && address % bytes != 0) return store_by_bytes(address, bytes, value);
  const PhysAddr physical = aligned(address, bytes, Access::Store);
  remember(address, physical, Access::Store);
  write(physical, bytes, value, address);
}

std::uint64_t AddressSpace::load_by_bytes(std::uint64_t address, unsigned bytes) {
  std::uint64_t value = 0;
  for (unsigned byte = 0; byte < bytes; ++byte) value |= load_slowly(address + byte, 1) << (8 * byte);
  access_ = {translate(address, 1, Access::Load, csrs_.data_privilege()), static_cast<std::uint8_t>(bytes),
             VirtAddr{address}};
  return value;
}

void AddressSpace::store_by_bytes(std::uint64_t address, unsigned bytes, std::uint64_t value) {
  const PhysAddr first = translate(address, 1, Access::Store, csrs_.data_privilege());
  translate(address + bytes - 1, 1, Access::Store, csrs_.data_privilege());  // all or nothing
  for (unsigned byte = 0; byte < bytes; ++byte) store_slowly(address + byte, 1, value >> (8 * byte) & 0xff);
  access_ = {first, static_cast<std::uint8_t>(bytes), VirtAddr{address}};
}

PhysAddr AddressSpace::fetch_address(std::uint64_t address) {
  return translate(address, 2, Access::Fetch, csrs_.privilege());
}

std::uint16_t AddressSpace::fetch_half(PhysAddr physical, std::uint64_t address) {
  return static_cast<std::uint16_t>(read(physical, 2, Access::Fetch, address));
}

}  // namespace castor::host

// Memory as the instructions of a hart address it: translation (Sv39), protection (PMP), alignment, and the access.
//
// Faults, highest priority first: page fault, access fault, misaligned address (rocket-chip RocketCore.scala,
// write-back). Plain pages are accessed through tables of host pointers, one for each privilege: an untimed short cut
// that software sees as a TLB (it holds what sfence.vma has not removed). The TLBs of a core's timing are its own.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "castor/host/csr_file.h"
#include "castor/host/hart_ports.h"
#include "castor/host/page_table_walk.h"

namespace castor::host {

/// The last access to memory, for core timing.
struct MemoryAccess {
  PhysAddr address;
  std::uint8_t bytes = 0;
  VirtAddr vaddr{};
};

class AddressSpace {
 public:
  static constexpr std::uint64_t page_bytes = 4096;

  /// `misaligned`: loads and stores may be misaligned; else they trap.
  AddressSpace(const CsrFile& csrs, HartMemory& memory, bool misaligned);

  template <class Word>
  Word load(std::uint64_t address) {
    const Entry& entry = entry_of(address);
    if (entry.readable != tag<Word>(address)) return static_cast<Word>(load_slowly(address, sizeof(Word)));
    access_ = {PhysAddr{address + entry.to_physical}, sizeof(Word), VirtAddr{address}};
    Word value;
    std::memcpy(&value, entry.to_host + address, sizeof(Word));
    return value;
  }

  template <class Word>
  void store(std::uint64_t address, Word value) {
    const Entry& entry = entry_of(address);
    if (entry.writable != tag<Word>(address)) return store_slowly(address, sizeof(Word), value);
    access_ = {PhysAddr{address + entry.to_physical}, sizeof(Word), VirtAddr{address}};
    std::memcpy(entry.to_host + address, &value, sizeof(Word));
  }

  /// Replaces the word at `address` by function(word) and returns the old one.
  template <class Word, class Function>
  Word exchange(std::uint64_t address, Function function) {
    const PhysAddr physical = aligned(address, sizeof(Word), Access::Store);
    const auto old = static_cast<Word>(read(physical, sizeof(Word), Access::Store, address));
    write(physical, sizeof(Word), function(old), address);
    return old;
  }

  /// lr: only plain memory can be reserved.
  template <class Word>
  Word load_reserved(std::uint64_t address) {
    reservation_ = reservable(address, sizeof(Word), Access::Load);
    return static_cast<Word>(read(reservation_, sizeof(Word), Access::Load, address));
  }
  /// sc: whether it stored.
  template <class Word>
  bool store_conditional(std::uint64_t address, Word value) {
    const PhysAddr physical = reservable(address, sizeof(Word), Access::Store);
    const bool reserved = holds_reservation(physical);
    if (reserved) write(physical, sizeof(Word), value, address);
    drop_reservation();
    return reserved;
  }
  void drop_reservation() { reservation_ = no_reservation; }
  bool holds_reservation(PhysAddr address) const {
    return reservation_.value() / reservation_bytes == address.value() / reservation_bytes;
  }

  /// Where an instruction lies; raises.
  PhysAddr fetch_address(std::uint64_t address);
  /// 16 bits of an instruction there.
  std::uint16_t fetch_half(PhysAddr physical, std::uint64_t address);
  /// Whether a page of instructions can be looked at once for all.
  bool fetch_uniform(PhysAddr page) const { return csrs_.pmp().uniform(page, page_bytes); }
  std::uint8_t* plain_page(PhysAddr page) { return memory_.plain_page(page); }

  const MemoryAccess& access() const { return access_; }

  /// sfence.vma, or whatever else may change a translation.
  void forget_translations();
  /// The data privilege may be another.
  void follow_privilege() { entries_ = tables_[static_cast<unsigned>(csrs_.data_privilege())].data(); }

 private:
  static constexpr std::size_t table_entries = 256;
  static constexpr std::uint64_t reservation_bytes = 64;  // a cache block
  static constexpr PhysAddr no_reservation{~0ULL};
  static constexpr std::uint64_t never = ~0ULL;  // no aligned page number

  /// A page that may be read or written without a look at tables.
  struct Entry {
    std::uint64_t readable = never;
    std::uint64_t writable = never;
    std::uint8_t* to_host = nullptr;  ///< plus the address
    std::uint64_t to_physical = 0;    ///< plus the address
  };
  using Table = std::array<Entry, table_entries>;

  /// The page of an address, spoilt if it is misaligned.
  template <class Word>
  static constexpr std::uint64_t tag(std::uint64_t address) {
    return address & (~(page_bytes - 1) | (sizeof(Word) - 1));
  }
  Entry& entry_of(std::uint64_t address) { return entries_[address / page_bytes % table_entries]; }

  std::uint64_t load_slowly(std::uint64_t address, unsigned bytes);
  void store_slowly(std::uint64_t address, unsigned bytes, std::uint64_t value);
  std::uint64_t load_by_bytes(std::uint64_t address, unsigned bytes);
  void store_by_bytes(std::uint64_t address, unsigned bytes, std::uint64_t value);
  /// Raises unless aligned, once translation and protection have had their say.
  PhysAddr aligned(std::uint64_t address, unsigned bytes, Access access);
  PhysAddr reservable(std::uint64_t address, unsigned bytes, Access access);
  PhysAddr translate(std::uint64_t address, unsigned bytes, Access access, Privilege privilege);
  PhysAddr walk(std::uint64_t address, Access access, Privilege privilege);
  std::uint64_t read(PhysAddr physical, unsigned bytes, Access access, std::uint64_t address);
  void write(PhysAddr physical, unsigned bytes, std::uint64_t value, std::uint64_t address);
  void remember(std::uint64_t address, PhysAddr physical, Access access);

  const CsrFile& csrs_;
  HartMemory& memory_;
  bool misaligned_;
  std::array<Table, 4> tables_;  // by privilege
  Entry* entries_ = nullptr;     // of the data privilege
  MemoryAccess access_;
  PhysAddr reservation_ = no_reservation;
};

}  // namespace castor::host

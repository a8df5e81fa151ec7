// The bytes of physical memory: one flat region, mapped lazily by the operating system.
//
// Caches and DRAM models keep tags and timing only; every byte of the machine lives here and moves when the L2's data
// store is accessed (SourceD). No RTL twin; untimed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "castor/common/types.h"
#include "castor/config/soc_params.h"
#include "castor/functional/memory.h"

namespace castor::memory {

class BackingStore final : public functional::Memory {
 public:
  explicit BackingStore(const config::SocParams& params) : BackingStore(params.dram_base, params.dram_size) {}
  BackingStore(PhysAddr base, Bytes size);
  ~BackingStore() override;
  BackingStore(const BackingStore&) = delete;
  BackingStore& operator=(const BackingStore&) = delete;

  PhysAddr base() const { return base_; }
  Bytes size() const { return size_; }
  bool contains(PhysAddr address, std::size_t count) const {
    const std::uint64_t offset = address.value() - base_.value();
    return offset < size_.count() && count <= size_.count() - offset;
  }

  /// Outside the region: UserError.
  void read(PhysAddr address, void* bytes, std::size_t count) const override;
  void write(PhysAddr address, const void* bytes, std::size_t count) override;

  /// The bytes of an address that the region contains.
  std::uint8_t* at(PhysAddr address) { return bytes_ + (address.value() - base_.value()); }
  const std::uint8_t* at(PhysAddr address) const { return bytes_ + (address.value() - base_.value()); }

  /// Throws a UserError unless the region contains [address, address + count); `who` tells what wanted it.
  void require(PhysAddr address, std::size_t count, const char* who) const {
    if (!contains(address, count)) refuse(address, count, who);
  }

 private:
  [[noreturn]] void refuse(PhysAddr address, std::size_t count, const char* who) const;

  PhysAddr base_;
  Bytes size_;
  std::uint8_t* bytes_;
};

}  // namespace castor::memory

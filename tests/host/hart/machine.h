// A hart with plain memory and one device register, for tests.
#pragma once

#include <cstring>
#include <functional>
#include <vector>

#include "castor/host/hart.h"

namespace castor::host::test {

class FlatMemory : public HartMemory {
 public:
  static constexpr std::uint64_t page_bytes = 4096;
  static constexpr PhysAddr device{0x10000000};  // of 64 bits, beside memory

  explicit FlatMemory(std::size_t bytes = 16 << 20, PhysAddr base = PhysAddr{0x80000000})
      : base_(base), bytes_(bytes) {}

  std::uint8_t* plain_page(PhysAddr page) override {
    const std::uint64_t offset = page.value() - base_.value();
    return offset < bytes_.size() ? bytes_.data() + offset : nullptr;
  }
  bool read(PhysAddr address, unsigned bytes, std::uint64_t& value) override {
    if (!is_device(address, bytes)) return false;
    value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(&device_value) + (address - device), bytes);
    ++device_reads;
    return true;
  }
  bool write(PhysAddr address, unsigned bytes, std::uint64_t value) override {
    if (!is_device(address, bytes)) return false;
    std::memcpy(reinterpret_cast<char*>(&device_value) + (address - device), &value, bytes);
    ++device_writes;
    if (on_write) on_write();
    return true;
  }

  template <class Word>
  Word get(std::uint64_t address) const {
    Word value;
    std::memcpy(&value, bytes_.data() + (address - base_.value()), sizeof(Word));
    return value;
  }
  template <class Word>
  void put(std::uint64_t address, Word value) {
    std::memcpy(bytes_.data() + (address - base_.value()), &value, sizeof(Word));
  }
  void put(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
    if (!bytes.empty()) std::memcpy(bytes_.data() + (address - base_.value()), bytes.data(), bytes.size());
  }

  std::uint64_t device_value = 0;
  unsigned device_reads = 0, device_writes = 0;
  std::function<void()> on_write;

 private:
  static bool is_device(PhysAddr address, unsigned bytes) { return address - device + bytes <= 8; }

  PhysAddr base_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace castor::host::test

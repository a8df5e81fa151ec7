// Bytes of simulated physical memory, as the oracle, the host operators, loaders and checkers see them: no time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include "castor/common/types.h"

namespace castor::functional {

class Memory {
 public:
  virtual ~Memory() = default;
  virtual void read(PhysAddr address, void* bytes, std::size_t count) const = 0;
  virtual void write(PhysAddr address, const void* bytes, std::size_t count) = 0;

  template <class T>
  T get(PhysAddr address) const {
    T value;
    read(address, &value, sizeof(T));
    return value;
  }
  template <class T>
  void put(PhysAddr address, T value) {
    write(address, &value, sizeof(T));
  }
};

/// Pages appear when first written; memory never written reads as zero.
class SparseMemory : public Memory {
 public:
  static constexpr std::size_t page_bytes = std::size_t{64} * 1024;

  SparseMemory() = default;
  SparseMemory(const SparseMemory& other);
  SparseMemory& operator=(const SparseMemory& other);

  void read(PhysAddr address, void* bytes, std::size_t count) const override;
  void write(PhysAddr address, const void* bytes, std::size_t count) override;
  std::size_t pages() const { return pages_.size(); }

 private:
  using Page = std::unique_ptr<std::uint8_t[]>;
  const std::uint8_t* find_page(std::uint64_t number) const;
  std::uint8_t* touch_page(std::uint64_t number);

  std::unordered_map<std::uint64_t, Page> pages_;
  mutable std::uint64_t last_number_ = ~0ULL;  ///< one-entry lookup cache
  mutable std::uint8_t* last_page_ = nullptr;
};

}  // namespace castor::functional

// Instructions that have been fetched, kept in decoded form by physical address until fence.i.
//
// As an instruction cache it may be older than memory: a store into code is seen once fence.i has been executed.
// Untimed; the instruction cache of a core's timing is its own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "castor/common/types.h"
#include "castor/host/instruction.h"

namespace castor::host {

/// A page of 4 KiB; instructions begin at every second byte. A slot without a body has not been decoded.
class DecodedPage {
 public:
  static constexpr std::uint64_t bytes = 4096;

  Instruction& at(std::uint64_t address) { return slots_[address % bytes / 2]; }

 private:
  friend class DecodedCode;
  std::array<Instruction, bytes / 2> slots_{};
  std::uint64_t version_ = 0;
};

class DecodedCode {
 public:
  /// The page that holds an address; without what was decoded before the last forget().
  DecodedPage& page(PhysAddr address);
  /// fence.i; also when the meaning of words changes (misa).
  void forget() { ++version_; }

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<DecodedPage>> pages_;
  std::uint64_t version_ = 0;
};

}  // namespace castor::host

// The 32-bit local address of Gemmini: flags, the garbage bit and a row number of scratchpad or accumulator.
// RTL twin: LocalAddr.scala.
#pragma once

#include <cstdint>
#include <ostream>

#include "castor/common/bits.h"
#include "castor/common/types.h"

namespace castor {

/// Shape of the two local memories; it fixes where the bits of a local address lie.
struct LocalLayout {
  std::uint32_t dim = 16;             ///< elements of a row
  std::uint32_t sp_banks = 4;         ///< banks of the scratchpad
  std::uint32_t sp_bank_rows = 4096;  ///< rows of one scratchpad bank
  std::uint32_t acc_banks = 2;        ///< banks of the accumulator
  std::uint32_t acc_bank_rows = 512;  ///< rows of one accumulator bank

  constexpr std::uint32_t sp_rows() const { return sp_banks * sp_bank_rows; }
  constexpr std::uint32_t acc_rows() const { return acc_banks * acc_bank_rows; }
  constexpr unsigned sp_addr_bits() const { return log2_ceil(sp_rows()); }
  constexpr unsigned acc_addr_bits() const { return log2_ceil(acc_rows()); }

  /// Width W of the row number; the garbage bit sits at bit W.
  constexpr unsigned data_bits() const { return sp_addr_bits() > acc_addr_bits() ? sp_addr_bits() : acc_addr_bits(); }
  constexpr std::uint32_t data_mask() const { return (1U << data_bits()) - 1; }
};

/// One local address, as software writes it.
class LocalAddr {
 public:
  constexpr LocalAddr() = default;
  explicit constexpr LocalAddr(std::uint32_t raw) : raw_(raw) {}

  static constexpr LocalAddr garbage() { return LocalAddr{0xFFFFFFFFU}; }
  static constexpr LocalAddr sp(std::uint32_t row) { return LocalAddr{row}; }
  static constexpr LocalAddr acc(std::uint32_t row, bool accumulate = false, bool read_full = false) {
    return LocalAddr{(1U << 31) | (accumulate ? 1U << 30 : 0U) | (read_full ? 1U << 29 : 0U) | row};
  }

  constexpr std::uint32_t raw() const { return raw_; }
  constexpr bool is_acc() const { return bit(raw_, 31); }
  constexpr bool accumulate() const { return bit(raw_, 30); }
  constexpr bool read_full() const { return bit(raw_, 29); }
  constexpr unsigned norm_cmd() const { return static_cast<unsigned>(bits(raw_, 28, 26)); }

  /// The hardware's test: three flags, the garbage bit and an all-ones row number; padding and norm_cmd do not count.
  constexpr bool is_garbage(const LocalLayout& layout) const {
    const std::uint32_t needed = (7U << 29) | (1U << layout.data_bits()) | layout.data_mask();
    return (raw_ & needed) == needed;
  }

  /// The row number field, W bits.
  constexpr std::uint32_t data(const LocalLayout& layout) const { return raw_ & layout.data_mask(); }

  /// The row inside the memory the address names (scratchpad or accumulator); upper bits of the field are ignored.
  constexpr std::uint32_t row(const LocalLayout& layout) const {
    return data(layout) & ((1U << (is_acc() ? layout.acc_addr_bits() : layout.sp_addr_bits())) - 1);
  }
  constexpr BankId bank(const LocalLayout& layout) const {
    return BankId{row(layout) / (is_acc() ? layout.acc_bank_rows : layout.sp_bank_rows)};
  }
  constexpr std::uint32_t bank_row(const LocalLayout& layout) const {
    return row(layout) % (is_acc() ? layout.acc_bank_rows : layout.sp_bank_rows);
  }

  /// `rows` further (or back, when negative): wraps modulo 2^W inside the row number, flags and padding stay.
  constexpr LocalAddr with_offset(std::int64_t rows, const LocalLayout& layout) const {
    return with_data(static_cast<std::uint32_t>(raw_ + static_cast<std::uint64_t>(rows)), layout);
  }
  constexpr LocalAddr with_data(std::uint32_t row, const LocalLayout& layout) const {
    return LocalAddr{(raw_ & ~layout.data_mask()) | (row & layout.data_mask())};
  }
  constexpr LocalAddr with_accumulate(bool on) const { return with_flag(30, on); }
  constexpr LocalAddr with_read_full(bool on) const { return with_flag(29, on); }
  constexpr LocalAddr with_norm_cmd(unsigned cmd) const { return LocalAddr{(raw_ & ~(7U << 26)) | ((cmd & 7U) << 26)}; }

  friend constexpr bool operator==(LocalAddr a, LocalAddr b) { return a.raw_ == b.raw_; }
  friend constexpr bool operator!=(LocalAddr a, LocalAddr b) { return a.raw_ != b.raw_; }
  friend std::ostream& operator<<(std::ostream& out, LocalAddr a) {
    const auto flags = out.flags();
    out << "0x" << std::hex << a.raw_;
    out.flags(flags);
    return out;
  }

 private:
  constexpr LocalAddr with_flag(unsigned position, bool on) const {
    return LocalAddr{on ? raw_ | (1U << position) : raw_ & ~(1U << position)};
  }

  std::uint32_t raw_ = 0;
};

}  // namespace castor

#include "castor/host/clint.h"

#include <algorithm>

namespace castor::host {

namespace {

constexpr std::uint64_t msip_bytes = 4;
constexpr std::uint64_t mtimecmp_base = 0x4000, mtimecmp_bytes = 8;
constexpr std::uint64_t mtime_base = 0xbff8;

bool is_mtime(std::uint64_t offset) { return offset == mtime_base || offset == mtime_base + 4; }

/// The half of a 64-bit register that the word at `offset` is.
unsigned shift_of(std::uint64_t offset) { return offset % 8 == 0 ? 0 : 32; }

std::uint64_t with_half(std::uint64_t old, std::uint64_t offset, std::uint32_t value, std::uint32_t mask) {
  const unsigned shift = shift_of(offset);
  return (old & ~(std::uint64_t{mask} << shift)) | (std::uint64_t{value & mask} << shift);
}

}  // namespace

bool Clint::has_msip(std::uint64_t offset) const { return offset < harts_.size() * msip_bytes; }

bool Clint::has_mtimecmp(std::uint64_t offset) const {
  return offset >= mtimecmp_base && offset - mtimecmp_base < harts_.size() * mtimecmp_bytes;
}

std::uint32_t Clint::read_word(Cycle now, std::uint64_t offset) {
  if (has_msip(offset)) return harts_[offset / msip_bytes].software.level() ? 1 : 0;
  if (has_mtimecmp(offset)) {
    const Hart& hart = harts_[(offset - mtimecmp_base) / mtimecmp_bytes];
    return static_cast<std::uint32_t>(hart.mtimecmp >> shift_of(offset));
  }
  return is_mtime(offset) ? static_cast<std::uint32_t>(mtime(now) >> shift_of(offset)) : 0;
}

void Clint::write_word(Cycle now, std::uint64_t offset, std::uint32_t value, std::uint32_t mask) {
  if (has_msip(offset) && (mask & 1) != 0) harts_[offset / msip_bytes].software.drive((value & 1) != 0);
  if (has_mtimecmp(offset)) {
    std::uint64_t& mtimecmp = harts_[(offset - mtimecmp_base) / mtimecmp_bytes].mtimecmp;
    mtimecmp = with_half(mtimecmp, offset, value, mask);
  }
  if (is_mtime(offset)) set_mtime(now, with_half(mtime(now), offset, value, mask));
}

Cycle Clint::next_change(Cycle now) const {
  const std::uint64_t time = mtime(now), ticks = now.count() / divider_;
  Cycle next = Cycle::never();
  for (const Hart& hart : harts_) {
    if (time >= hart.mtimecmp) continue;
    const std::uint64_t tick = ticks + (hart.mtimecmp - time);
    const bool in_reach = tick >= ticks && tick <= Cycle::never().count() / divider_;
    if (in_reach) next = std::min(next, Cycle{tick * divider_});
  }
  return next;
}

void Clint::settle(Cycle now) {
  for (Hart& hart : harts_) hart.timer.drive(mtime(now) >= hart.mtimecmp);
}

}  // namespace castor::host

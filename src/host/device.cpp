#include "castor/host/device.h"

namespace castor::host {

namespace {

constexpr unsigned word_bytes = 4;

/// Ones in the lowest `bytes` bytes, of at most a word.
std::uint32_t low_bytes(unsigned bytes) { return bytes >= word_bytes ? ~0U : (1U << (8 * bytes)) - 1; }

}  // namespace

bool WordDevice::read(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t& value) {
  const unsigned first = offset % word_bytes;
  value = read_word(now, offset - first) >> (8 * first) & low_bytes(bytes);
  if (bytes > word_bytes) value |= std::uint64_t{read_word(now, offset + word_bytes)} << 32;
  settle(now);
  return true;
}

bool WordDevice::write(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t value) {
  const unsigned first = offset % word_bytes;
  const auto low = static_cast<std::uint32_t>(value);
  write_word(now, offset - first, low << (8 * first), low_bytes(bytes) << (8 * first));
  if (bytes > word_bytes) write_word(now, offset + word_bytes, static_cast<std::uint32_t>(value >> 32), ~0U);
  settle(now);
  return true;
}

}  // namespace castor::host

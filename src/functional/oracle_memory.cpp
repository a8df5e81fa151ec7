#include <algorithm>

#include "castor/common/error.h"
#include "oracle_units.h"

namespace castor::functional {

namespace {
constexpr std::uint64_t page_bytes = 4096;

template <class Visit>
void for_each_page(VirtAddr address, std::size_t count, Visit visit) {
  for (std::size_t done = 0; done < count;) {
    const VirtAddr at = address + done;
    const std::size_t chunk = std::min<std::size_t>(count - done, page_bytes - at.value() % page_bytes);
    visit(at, done, chunk);
    done += chunk;
  }
}
}  // namespace

void Oracle::VirtualMemory::read(VirtAddr address, std::uint8_t* bytes, std::size_t count) const {
  if (!translate_) return memory_.read(PhysAddr{address.value()}, bytes, count);
  for_each_page(address, count, [&](VirtAddr at, std::size_t done, std::size_t chunk) {
    memory_.read(translate_(at), bytes + done, chunk);
  });
}

void Oracle::VirtualMemory::write(VirtAddr address, const std::uint8_t* bytes, std::size_t count) {
  if (!translate_) return memory_.write(PhysAddr{address.value()}, bytes, count);
  for_each_page(address, count, [&](VirtAddr at, std::size_t done, std::size_t chunk) {
    memory_.write(translate_(at), bytes + done, chunk);
  });
}

Oracle::LocalMemory::LocalMemory(const OracleParams& params, const Arithmetic& arithmetic)
    : params_(params), arithmetic_(arithmetic) {
  for (const bool accumulator : {false, true})
    bytes_[accumulator].resize(std::size_t{rows(accumulator)} * row_size(accumulator));
}

std::uint32_t Oracle::LocalMemory::rows(bool accumulator) const {
  return accumulator ? params_.layout.acc_rows() : params_.layout.sp_rows();
}

std::size_t Oracle::LocalMemory::row_size(bool accumulator) const {
  return accumulator ? arithmetic_.acc_row_bytes() : arithmetic_.input_row_bytes();
}

LocalAddr Oracle::LocalMemory::at(LocalAddr base, std::int64_t offset, const char* what) const {
  const std::int64_t row = base.data(params_.layout) + offset;
  if (row >= 0 && row < rows(base.is_acc())) return base.with_offset(offset, params_.layout);
  throw UserError(std::string(what) + ": " + (base.is_acc() ? "accumulator" : "scratchpad") + " row " +
                  std::to_string(row) + " out of range; allowed: 0.." + std::to_string(rows(base.is_acc()) - 1));
}

std::uint8_t* Oracle::LocalMemory::row_bytes(bool accumulator, std::uint32_t row) {
  CASTOR_ASSERT(row < rows(accumulator));
  return bytes_[accumulator].data() + row * row_size(accumulator);
}

RowBytes Oracle::LocalMemory::read(bool accumulator, std::uint32_t row) const {
  CASTOR_ASSERT(row < rows(accumulator));
  return RowBytes(bytes_[accumulator].data() + row * row_size(accumulator), row_size(accumulator));
}

RowBytes Oracle::LocalMemory::read(LocalAddr address) const {
  return read(address.is_acc(), address.row(params_.layout));
}

void Oracle::LocalMemory::set(bool accumulator, std::uint32_t row, const RowBytes& value) {
  CASTOR_ASSERT(value.size() == row_size(accumulator));
  std::memcpy(row_bytes(accumulator, row), value.data(), value.size());
}

void Oracle::LocalMemory::write(LocalAddr address, std::uint32_t first, const std::uint8_t* bytes, std::size_t count,
                                Writes& writes) {
  const std::uint32_t row = address.row(params_.layout);
  std::memcpy(row_bytes(address.is_acc(), row) + first, bytes, count);
  writes.local.push_back({address.is_acc(), row, first, RowBytes(bytes, count)});
}

void Oracle::LocalMemory::write_accumulator(LocalAddr address, const RowBytes& acc_row, unsigned lanes,
                                            Writes& writes) {
  RowBytes value = acc_row;
  if (address.accumulate()) {
    value = read(address);
    arithmetic_.accumulate(value, acc_row);
  }
  write(address, 0, value.data(), lanes * params_.types.accumulator.bytes(), writes);
}

}  // namespace castor::functional

#include "castor/host/page_tables.h"

#include <array>
#include <numeric>
#include <random>
#include <string>
#include <utility>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/host/page_table_walk.h"

namespace castor::host {
namespace {

constexpr std::uint64_t table_bytes_each = 4096;
constexpr unsigned index_bits = 9;
constexpr unsigned entry_bytes = 8;
constexpr unsigned top_shift = 30;
constexpr std::uint64_t valid = 1;

std::uint64_t entry_for(PhysAddr page, std::uint64_t flags) { return page.value() >> 12 << 10 | flags; }

std::uint64_t touched(std::uint64_t begin, std::uint64_t bytes, unsigned log2) {
  return bytes == 0 ? 0 : ((begin + bytes - 1) >> log2) - (begin >> log2) + 1;
}

}  // namespace

PageTables::PageTables(functional::Memory& memory, PhysAddr place) : memory_(memory), root_(place), end_(place) {
  new_table();
}

PhysAddr PageTables::new_table() {
  static constexpr std::array<std::uint8_t, table_bytes_each> zeros{};
  memory_.write(end_, zeros.data(), zeros.size());
  const PhysAddr table = end_;
  end_ = end_ + table_bytes_each;
  return table;
}

PhysAddr PageTables::entry_of(VirtAddr vaddr, unsigned log2_page) {
  PhysAddr table = root_;
  for (unsigned shift = top_shift;; shift -= index_bits) {
    const PhysAddr entry = table + bits(vaddr.value(), shift + index_bits - 1, shift) * entry_bytes;
    if (shift == log2_page) return entry;
    const PageTableEntry held{memory_.get<std::uint64_t>(entry)};
    table = held.is_table() ? PhysAddr{held.page_number() << 12} : new_table();
    if (!held.is_table()) memory_.put(entry, entry_for(table, valid));
  }
}

void PageTables::map(VirtAddr vaddr, PhysAddr paddr, unsigned log2_page, std::uint64_t flags) {
  memory_.put(entry_of(vaddr, log2_page), entry_for(paddr, flags));
}

StreamPaging::StreamPaging(const config::MemoryWindow& part, VirtAddr begin, const config::PagingParams& paging,
                           functional::Memory& memory)
    : begin_(begin), page_bytes_(paging.page_bytes().count()), pages_(pages_that_fit(part.size, paging)) {
  const PhysAddr end_of_memory = part.base + part.size.count();
  PageTables tables(memory, PhysAddr{end_of_memory.value() - table_bytes(pages_)});
  const std::vector<std::uint32_t> order = frames(paging);
  for (std::uint64_t page = 0; page < pages_; ++page)
    tables.map(begin_ + page * page_bytes_, part.base + order[page] * page_bytes_, log2_ceil(page_bytes_),
               data_page_flags);
  CASTOR_ASSERT(tables.end() == end_of_memory);
  root_ = tables.root();
}

std::uint64_t StreamPaging::table_bytes(std::uint64_t pages) const {
  std::uint64_t tables = 1;
  for (unsigned log2 = top_shift; log2 > log2_ceil(page_bytes_); log2 -= index_bits)
    tables += touched(begin_.value(), pages * page_bytes_, log2);
  return tables * table_bytes_each;
}

std::uint64_t StreamPaging::pages_that_fit(Bytes part, const config::PagingParams& paging) const {
  const std::uint64_t memory = part.count();
  std::uint64_t room = (memory - table_bytes(memory / page_bytes_)) / page_bytes_;
  const std::uint64_t asked = paging.size().count() / page_bytes_;
  if (asked > room || room == 0)
    throw UserError("paging.size: " + paging.size.text() + " and its tables do not fit the core's memory (" +
                    config::write_bytes(part) + "); allowed: up to " + std::to_string(room) + " pages of " +
                    paging.page_bytes.text());
  return asked == 0 ? room : asked;
}

// Fisher and Yates, spelt out so that a seed means the same everywhere.
std::vector<std::uint32_t> StreamPaging::frames(const config::PagingParams& paging) const {
  std::vector<std::uint32_t> order(pages_);
  std::iota(order.begin(), order.end(), 0);
  if (paging.placement() == config::PagePlacement::Contiguous) return order;
  std::mt19937_64 random(paging.seed());
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random() % left]);
  return order;
}

}  // namespace castor::host

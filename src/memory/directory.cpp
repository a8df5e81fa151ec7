#include "castor/memory/directory.h"

namespace castor::memory {

namespace {
constexpr unsigned victim_bits = 10;
}

Directory::Directory(const config::L2Params& params)
    : ways_(params.ways),
      sets_(params.sets()),
      entries_(std::size_t{ways_} * sets_),
      lfsr_(static_cast<std::uint16_t>(params.lfsr_seed())) {}

DirectoryResult Directory::read(std::uint32_t set, std::uint32_t tag) {
  lfsr_.step();
  const DirectoryEntry* line = &entries_[set * ways_];
  for (std::uint32_t way = 0; way < ways_; ++way)
    if (line[way].tag == tag && line[way].state != LineState::Invalid)
      return {line[way], static_cast<std::uint8_t>(way), true};
  const std::uint8_t victim = victim_choice_ != nullptr ? victim_choice_->victim(*this, set, tag) : victim_way();
  return {line[victim], victim, false};
}

void Directory::write(std::uint32_t set, std::uint8_t way, const DirectoryEntry& entry) {
  entries_[set * ways_ + way] = entry;
  write_waits_ = written_now_ = true;
}

bool Directory::settle(bool read_in_this_cycle) {
  if (!written_now_ && !read_in_this_cycle) write_waits_ = false;
  written_now_ = false;
  return write_waits_;
}

// The last way whose share of the 10-bit range begins at or below the register's value.
std::uint8_t Directory::victim_way() const {
  const unsigned value = lfsr_.value() & ((1u << victim_bits) - 1);
  unsigned way = value * ways_ >> victim_bits;
  if (way + 1 < ways_ && ((way + 1) << victim_bits) / ways_ <= value) ++way;
  return static_cast<std::uint8_t>(way);
}

}  // namespace castor::memory

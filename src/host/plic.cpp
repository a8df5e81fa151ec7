#include "castor/host/plic.h"

#include <algorithm>

namespace castor::host {

namespace {

constexpr std::uint64_t pending_base = 0x1000, pending_end = 0x1080;
constexpr std::uint64_t enable_base = 0x2000, enable_stride = 0x80;
constexpr std::uint64_t context_base = 0x200000, context_stride = 0x1000;
constexpr std::uint64_t threshold_register = 0, claim_register = 4;
constexpr unsigned word_bits = 32;

}  // namespace

Plic::Plic(unsigned sources, unsigned harts, unsigned max_priority)
    : max_priority_(max_priority), sources_(sources + 1), contexts_(2 * harts) {
  for (Context& context : contexts_) context.enabled.resize(sources + 1);
}

void Plic::set_source(unsigned source, bool level) {
  sources_.at(source).level = level;
  settle();
}

std::uint32_t Plic::read_word(Cycle, std::uint64_t offset) {
  if (is_priority(offset)) return sources_[offset / 4].priority;
  if (offset >= pending_base && offset < pending_end) return pending_word((offset - pending_base) / 4);
  const std::uint64_t enables = (offset - enable_base) / enable_stride;
  if (offset >= enable_base && enables < contexts_.size())
    return enable_word(contexts_[enables], offset % enable_stride / 4);
  const std::uint64_t context = (offset - context_base) / context_stride;
  if (offset >= context_base && context < contexts_.size())
    return read_context(contexts_[context], offset % context_stride);
  return 0;
}

void Plic::write_word(Cycle, std::uint64_t offset, std::uint32_t value, std::uint32_t mask) {
  const std::uint64_t enables = (offset - enable_base) / enable_stride;
  const std::uint64_t context = (offset - context_base) / context_stride;
  if (is_priority(offset) && offset != 0) {
    std::uint32_t& priority = sources_[offset / 4].priority;
    priority = merged(priority, value, mask) & max_priority_;
  } else if (offset >= enable_base && enables < contexts_.size()) {
    set_enable_word(contexts_[enables], offset % enable_stride / 4, value, mask);
  } else if (offset >= context_base && context < contexts_.size()) {
    write_context(contexts_[context], offset % context_stride, value, mask);
  }
}

std::uint32_t Plic::pending_word(std::uint64_t word) const {
  std::uint32_t bits = 0;
  for (std::uint64_t source = word * word_bits; source < sources_.size() && source < (word + 1) * word_bits; ++source)
    bits |= std::uint32_t{sources_[source].pending} << (source % word_bits);
  return bits;
}

std::uint32_t Plic::enable_word(const Context& context, std::uint64_t word) const {
  std::uint32_t bits = 0;
  for (std::uint64_t source = word * word_bits; source < sources_.size() && source < (word + 1) * word_bits; ++source)
    bits |= std::uint32_t{context.enabled[source]} << (source % word_bits);
  return bits;
}

void Plic::set_enable_word(Context& context, std::uint64_t word, std::uint32_t value, std::uint32_t mask) {
  const std::uint32_t bits = merged(enable_word(context, word), value, mask);
  for (std::uint64_t source = word * word_bits; source < sources_.size() && source < (word + 1) * word_bits; ++source)
    context.enabled[source] = source != 0 && (bits >> (source % word_bits) & 1) != 0;
}

std::uint32_t Plic::read_context(Context& context, std::uint64_t reg) {
  if (reg == threshold_register) return context.threshold;
  return reg == claim_register ? claim(context) : 0;
}

void Plic::write_context(Context& context, std::uint64_t reg, std::uint32_t value, std::uint32_t mask) {
  if (reg == threshold_register) context.threshold = merged(context.threshold, value, mask) & max_priority_;
  if (reg == claim_register) complete(context, value & mask);
}

unsigned Plic::best(const Context& context) const {
  unsigned best = 0;
  for (unsigned source = 1; source < sources_.size(); ++source) {
    const bool candidate = sources_[source].pending && context.enabled[source];
    if (candidate && sources_[source].priority > sources_[best].priority) best = source;
  }
  return best;
}

unsigned Plic::claim(const Context& context) {
  const unsigned source = best(context);
  sources_[source].pending = false;
  return source;
}

void Plic::complete(const Context& context, std::uint32_t source) {
  if (source < sources_.size() && context.enabled[source]) sources_[source].in_flight = false;
}

void Plic::settle() {
  for (Source& source : sources_) {
    const bool forward = source.level && !source.in_flight && !source.pending;
    if (forward) source.in_flight = source.pending = true;
  }
  for (Context& context : contexts_) context.external.drive(sources_[best(context)].priority > context.threshold);
}

}  // namespace castor::host

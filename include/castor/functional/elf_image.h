// A RISC-V program as it lies in a file: what is to be copied where, where it begins, and the names of its places.
//
// Accepts what the chip's own loader accepts: ELF64, little-endian, RISC-V, statically linked (ET_EXEC; no interpreter,
// no dynamic section). Segments go to their physical addresses (p_paddr). A program without the symbol `tohost` is
// accepted: it just has no way to end or to print.
// Errors: UserError "PATH: what is wrong; allowed: ...", one line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "castor/common/types.h"
#include "castor/functional/memory.h"

namespace castor::functional {

class ElfImage {
 public:
  /// A stretch of memory: the file's bytes, then zeroes up to `size`.
  struct Segment {
    PhysAddr address;
    Bytes size;
    std::vector<std::uint8_t> bytes;
  };
  /// A named place in the program's code: `size` is 0 if the assembler did not say.
  struct Function {
    std::string name;
    std::uint64_t size = 0;
  };

  static ElfImage read_file(const std::string& path);
  /// `name` stands for the file in messages.
  static ElfImage parse(const std::vector<std::uint8_t>& file, const std::string& name);

  const std::string& name() const { return name_; }
  VirtAddr entry() const { return entry_; }
  const std::vector<Segment>& segments() const { return segments_; }

  /// The value of a symbol of any kind, if the program has it.
  std::optional<std::uint64_t> symbol(const std::string& symbol_name) const;
  /// The HTIF's two words.
  std::optional<PhysAddr> tohost() const { return address_of("tohost"); }
  std::optional<PhysAddr> fromhost() const { return address_of("fromhost"); }

  /// "main+0x14": the code that `pc` lies in, or follows; empty if there is none before it.
  std::string place(VirtAddr pc) const;

  /// Throws unless every segment lies within memory.
  void require_within(PhysAddr base, Bytes size) const;
  void load(Memory& memory) const;

 private:
  friend class ElfReader;
  std::optional<PhysAddr> address_of(const std::string& symbol_name) const;

  std::string name_;
  VirtAddr entry_;
  std::vector<Segment> segments_;
  std::map<std::string, std::uint64_t> symbols_;
  std::map<std::uint64_t, Function> functions_;  // by first address
};

}  // namespace castor::functional

#include "castor/functional/elf_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "castor/common/error.h"

namespace castor::functional {

namespace {

std::string hex(std::uint64_t value) {
  std::ostringstream text;
  text << "0x" << std::hex << value;
  return text.str();
}

/// The classes that e_ident can state, for messages.
const char* class_name(unsigned char elf_class) { return elf_class == ELFCLASS32 ? "32-bit" : "of an unknown class"; }

}  // namespace

/// Walks the tables of one file. Every offset is checked before it is followed.
class ElfReader {
 public:
  ElfReader(const std::vector<std::uint8_t>& file, const std::string& name) : file_(file) { image_.name_ = name; }

  ElfImage read() {
    check_identity();
    header_ = at<Elf64_Ehdr>(0, "ELF header");
    check_header();
    image_.entry_ = VirtAddr{header_.e_entry};
    read_segments();
    read_sections();
    return std::move(image_);
  }

 private:
  static constexpr const char* allowed = "; allowed: a statically linked RV64 little-endian executable";

  [[noreturn]] void refuse(const std::string& wrong) const { throw UserError(image_.name_ + ": " + wrong + allowed); }
  void require(bool legal, const std::string& wrong) const {
    if (!legal) refuse(wrong);
  }

  /// The file's bytes [offset, offset + size).
  const std::uint8_t* bytes(std::uint64_t offset, std::uint64_t size, const std::string& what) const {
    const bool inside = offset <= file_.size() && size <= file_.size() - offset;
    if (!inside)
      refuse("truncated: the " + what + " should be " + std::to_string(size) + " bytes at offset " +
             std::to_string(offset) + ", the file has " + std::to_string(file_.size()));
    return file_.data() + offset;
  }

  template <class T>
  T at(std::uint64_t offset, const std::string& what) const {
    T record;
    std::memcpy(&record, bytes(offset, sizeof(T), what), sizeof(T));
    return record;
  }

  template <class T>
  std::vector<T> table(std::uint64_t offset, std::uint64_t count, const std::string& what) const {
    const std::uint8_t* first = bytes(offset, count * sizeof(T), what);
    std::vector<T> records(count);
    if (count != 0) std::memcpy(records.data(), first, count * sizeof(T));
    return records;
  }

  void check_identity() const {
    const bool is_elf = file_.size() >= SELFMAG && std::equal(ELFMAG, ELFMAG + SELFMAG, file_.begin());
    require(is_elf, "not an ELF file");
    require(file_.size() >= EI_NIDENT, "truncated: the file has " + std::to_string(file_.size()) + " bytes");
    require(file_[EI_CLASS] == ELFCLASS64, std::string("the program is ") + class_name(file_[EI_CLASS]));
    require(file_[EI_DATA] == ELFDATA2LSB, "the program is big-endian");
  }

  void check_header() const {
    require(header_.e_machine == EM_RISCV, "the program is for machine " + std::to_string(header_.e_machine) +
                                               ", RISC-V is " + std::to_string(EM_RISCV));
    require(header_.e_type != ET_DYN, "the program is dynamically linked or position-independent (ET_DYN)");
    require(header_.e_type == ET_EXEC, "not an executable but of ELF type " + std::to_string(header_.e_type));
    require(header_.e_phnum != 0, "the program has no segments");
    require(header_.e_phentsize == sizeof(Elf64_Phdr),
            "program headers of " + std::to_string(header_.e_phentsize) + " bytes");
  }

  void read_segments() {
    for (const auto& segment : table<Elf64_Phdr>(header_.e_phoff, header_.e_phnum, "program header table")) {
      require(segment.p_type != PT_INTERP && segment.p_type != PT_DYNAMIC, "the program is dynamically linked");
      if (segment.p_type == PT_LOAD && segment.p_memsz != 0) add(segment);
    }
    require(!image_.segments_.empty(), "the program has nothing to load");
  }

  void add(const Elf64_Phdr& segment) {
    require(segment.p_filesz <= segment.p_memsz,
            "the segment at " + hex(segment.p_paddr) + " has more bytes than room");
    const std::uint8_t* first = bytes(segment.p_offset, segment.p_filesz, "segment at " + hex(segment.p_paddr));
    image_.segments_.push_back({PhysAddr{segment.p_paddr}, Bytes{segment.p_memsz}, {first, first + segment.p_filesz}});
  }

  void read_sections() {
    if (header_.e_shnum == 0) return;  // stripped of everything
    require(header_.e_shentsize == sizeof(Elf64_Shdr),
            "section headers of " + std::to_string(header_.e_shentsize) + " bytes");
    sections_ = table<Elf64_Shdr>(header_.e_shoff, header_.e_shnum, "section header table");
    for (const Elf64_Shdr& section : sections_) {
      if (section.sh_type == SHT_SYMTAB) read_symbols(section);
    }
  }

  void read_symbols(const Elf64_Shdr& section) {
    require(section.sh_link < sections_.size(), "the symbol table names no string table");
    const Elf64_Shdr& strings = sections_[section.sh_link];
    const auto* text = reinterpret_cast<const char*>(bytes(strings.sh_offset, strings.sh_size, "string table"));
    const std::uint64_t count = section.sh_size / sizeof(Elf64_Sym);
    for (const Elf64_Sym& symbol : table<Elf64_Sym>(section.sh_offset, count, "symbol table")) {
      require(symbol.st_name < strings.sh_size || symbol.st_name == 0, "a symbol's name lies outside the string table");
      if (symbol.st_name == 0 || symbol.st_shndx == SHN_UNDEF) continue;
      add(symbol, {text + symbol.st_name, strnlen(text + symbol.st_name, strings.sh_size - symbol.st_name)});
    }
  }

  void add(const Elf64_Sym& symbol, const std::string& symbol_name) {
    image_.symbols_.emplace(symbol_name, symbol.st_value);
    if (!is_code(symbol) || is_local_label(symbol_name)) return;
    ElfImage::Function& function = image_.functions_[symbol.st_value];
    const bool better = function.name.empty() || ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
    if (better) function = {symbol_name, symbol.st_size};
  }

  /// A function, or a label that an assembler program put into its code.
  bool is_code(const Elf64_Sym& symbol) const {
    const unsigned type = ELF64_ST_TYPE(symbol.st_info);
    if (type == STT_FUNC) return true;
    return type == STT_NOTYPE && symbol.st_shndx < sections_.size() &&
           (sections_[symbol.st_shndx].sh_flags & SHF_EXECINSTR) != 0;
  }

  /// Labels of the compiler, and the mapping symbols of the RISC-V psABI ($x, $d).
  static bool is_local_label(const std::string& symbol_name) {
    return symbol_name[0] == '$' || symbol_name.compare(0, 2, ".L") == 0;
  }

  const std::vector<std::uint8_t>& file_;
  ElfImage image_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Shdr> sections_;
};

ElfImage ElfImage::read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad() || !file.is_open()) throw UserError(path + ": cannot be read; allowed: a file that can be read");
  return parse(bytes, path);
}

ElfImage ElfImage::parse(const std::vector<std::uint8_t>& file, const std::string& name) {
  return ElfReader(file, name).read();
}

std::optional<std::uint64_t> ElfImage::symbol(const std::string& symbol_name) const {
  const auto found = symbols_.find(symbol_name);
  if (found == symbols_.end()) return std::nullopt;
  return found->second;
}

std::optional<PhysAddr> ElfImage::address_of(const std::string& symbol_name) const {
  const std::optional<std::uint64_t> value = symbol(symbol_name);
  if (!value) return std::nullopt;
  return PhysAddr{*value};
}

std::string ElfImage::place(VirtAddr pc) const {
  auto after = functions_.upper_bound(pc.value());
  if (after == functions_.begin()) return {};
  const auto& [first, function] = *std::prev(after);
  const std::uint64_t offset = pc.value() - first;
  if (function.size != 0 && offset >= function.size) return {};
  return offset == 0 ? function.name : function.name + "+" + hex(offset);
}

void ElfImage::require_within(PhysAddr base, Bytes size) const {
  for (const Segment& segment : segments_) {
    const std::uint64_t offset = segment.address.value() - base.value();
    if (offset < size.count() && segment.size.count() <= size.count() - offset) continue;
    throw UserError(name_ + ": the segment of " + std::to_string(segment.size.count()) + " bytes at " +
                    hex(segment.address.value()) + " lies outside memory; allowed: " + hex(base.value()) + " to " +
                    hex(base.value() + size.count() - 1));
  }
}

void ElfImage::load(Memory& memory) const {
  for (const Segment& segment : segments_) {
    memory.write(segment.address, segment.bytes.data(), segment.bytes.size());
    const std::vector<std::uint8_t> zeroes(segment.size.count() - segment.bytes.size());
    memory.write(segment.address + segment.bytes.size(), zeroes.data(), zeroes.size());
  }
}

}  // namespace castor::functional

// Small ELF files made by hand: two headers, one segment, a symbol table.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace castor::functional::test {

class ElfFile {
 public:
  static constexpr std::uint64_t base = 0x80000000;

  ElfFile() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = EM_RISCV;
    header.e_entry = base;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    segment(base, {0x13, 0, 0, 0, 0x6f, 0, 0, 0});
    symbol("");
  }

  /// A PT_LOAD segment whose memory is `zeroes` longer than its bytes.
  void segment(std::uint64_t address, std::vector<std::uint8_t> bytes, std::uint64_t zeroes = 0) {
    Elf64_Phdr entry{};
    entry.p_type = PT_LOAD;
    entry.p_vaddr = entry.p_paddr = address;
    entry.p_filesz = bytes.size();
    entry.p_memsz = bytes.size() + zeroes;
    segments.push_back(entry);
    contents.push_back(std::move(bytes));
  }

  /// Without the two instructions it begins with.
  void clear_segments() {
    segments.clear();
    contents.clear();
  }

  void symbol(const std::string& name, std::uint64_t value = 0, std::uint64_t size = 0, unsigned type = STT_NOTYPE,
              std::uint16_t section = SHN_UNDEF) {
    Elf64_Sym entry{};
    entry.st_name = name.empty() ? 0 : strings.size();
    entry.st_value = value;
    entry.st_size = size;
    entry.st_info = ELF64_ST_INFO(STB_GLOBAL, type);
    entry.st_shndx = section;
    symbols.push_back(entry);
    strings += name + '\0';
  }
  void function(const std::string& name, std::uint64_t value, std::uint64_t size) {
    symbol(name, value, size, STT_FUNC, text_section);
  }
  void label(const std::string& name, std::uint64_t value) { symbol(name, value, 0, STT_NOTYPE, text_section); }
  void object(const std::string& name, std::uint64_t value) { symbol(name, value, 8, STT_OBJECT, text_section); }

  std::vector<std::uint8_t> bytes() {
    header.e_phnum = segments.size();
    header.e_phoff = sizeof(header);
    std::vector<std::uint8_t> tail = lay_out(header.e_phoff + segments.size() * sizeof(Elf64_Phdr));
    std::vector<std::uint8_t> file;
    append(file, &header, sizeof(header));
    append(file, segments.data(), segments.size() * sizeof(Elf64_Phdr));
    file.insert(file.end(), tail.begin(), tail.end());
    return file;
  }

  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;

 private:
  static constexpr std::uint16_t text_section = 1, symbol_section = 2, string_section = 3;

  static void append(std::vector<std::uint8_t>& to, const void* from, std::size_t count) {
    const auto* first = static_cast<const std::uint8_t*>(from);
    to.insert(to.end(), first, first + count);
  }

  // The segments' bytes, symbols, strings and section headers, which begin at file offset `start`.
  std::vector<std::uint8_t> lay_out(std::uint64_t start) {
    std::vector<std::uint8_t> tail;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].p_type == PT_LOAD) segments[i].p_offset = start + tail.size();
      append(tail, contents[i].data(), contents[i].size());
    }
    std::vector<Elf64_Shdr> sections(4);
    sections[text_section].sh_type = SHT_PROGBITS;
    sections[text_section].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    sections[symbol_section].sh_type = SHT_SYMTAB;
    sections[symbol_section].sh_offset = start + tail.size();
    sections[symbol_section].sh_size = symbols.size() * sizeof(Elf64_Sym);
    sections[symbol_section].sh_link = string_section;
    append(tail, symbols.data(), sections[symbol_section].sh_size);
    sections[string_section].sh_type = SHT_STRTAB;
    sections[string_section].sh_offset = start + tail.size();
    sections[string_section].sh_size = strings.size();
    append(tail, strings.data(), strings.size());
    header.e_shoff = start + tail.size();
    header.e_shnum = sections.size();
    append(tail, sections.data(), sections.size() * sizeof(Elf64_Shdr));
    return tail;
  }

  std::vector<std::vector<std::uint8_t>> contents;
  std::vector<Elf64_Sym> symbols;
  std::string strings;
};

}  // namespace castor::functional::test

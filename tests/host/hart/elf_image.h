// As much of ELF as the test programs need: the loadable segments of a static RV64 program, and its symbols.
#pragma once

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace castor::host::test {

struct ElfImage {
  struct Segment {
    std::uint64_t address;
    std::vector<std::uint8_t> bytes;  // with the zeros behind the file's part
  };
  std::uint64_t entry = 0;
  std::vector<Segment> segments;
  std::map<std::string, std::uint64_t> symbols;

  explicit ElfImage(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    file_.assign(std::istreambuf_iterator<char>(file), {});
    const auto header = at<Elf64_Ehdr>(0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) throw std::runtime_error(path + " is no ELF file");
    entry = header.e_entry;
    for (int i = 0; i < header.e_phnum; ++i) add_segment(at<Elf64_Phdr>(header.e_phoff + i * header.e_phentsize));
    for (int i = 0; i < header.e_shnum; ++i) {
      const auto section = at<Elf64_Shdr>(header.e_shoff + i * header.e_shentsize);
      if (section.sh_type == SHT_SYMTAB) add_symbols(header, section);
    }
  }

 private:
  template <class T>
  T at(std::uint64_t offset) const {
    T value;
    if (offset + sizeof(T) > file_.size()) throw std::runtime_error("truncated ELF file");
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }
  void add_segment(const Elf64_Phdr& program) {
    if (program.p_type != PT_LOAD) return;
    std::vector<std::uint8_t> bytes(program.p_memsz);
    std::memcpy(bytes.data(), file_.data() + program.p_offset, program.p_filesz);
    segments.push_back({program.p_paddr, std::move(bytes)});
  }
  void add_symbols(const Elf64_Ehdr& header, const Elf64_Shdr& table) {
    const auto strings = at<Elf64_Shdr>(header.e_shoff + table.sh_link * header.e_shentsize);
    for (std::uint64_t offset = 0; offset < table.sh_size; offset += table.sh_entsize) {
      const auto symbol = at<Elf64_Sym>(table.sh_offset + offset);
      symbols[file_.data() + strings.sh_offset + symbol.st_name] = symbol.st_value;
    }
  }

  std::vector<char> file_;
};

}  // namespace castor::host::test

#include "linux_program.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "../hart/machine.h"

namespace castor::host::test {

namespace {

constexpr unsigned a0 = 10, a1 = 11, a2 = 12, a7 = 17, t0 = 5;
constexpr std::uint64_t write_call = 64, exit_call = 93;
constexpr std::uint64_t page = 4096;

std::vector<std::uint64_t> words_of(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::uint64_t> words(bytes.size() / sizeof(std::uint64_t));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), words.size() * sizeof(std::uint64_t));
  return words;
}

// As much of Linux as the programs need; the hart stays in machine mode.
class Machine {
 public:
  Machine(const std::vector<std::uint8_t>& code, const std::vector<std::uint64_t>& data)
      : memory_(LinuxProgram::end - LinuxProgram::origin, PhysAddr{LinuxProgram::origin}), hart_(0, {}, {memory_}) {
    memory_.put(LinuxProgram::origin, code);
    for (std::size_t i = 0; i < data.size(); ++i) memory_.put(LinuxProgram::data + 8 * i, data[i]);
    memory_.put(handler, encode("wfi", {}));
    switch_floating_point_on();
  }

  std::uint64_t instructions() const { return hart_.retired(); }

  std::vector<std::uint8_t> run(LinuxProgram::Drive drive) {
    hart_.set_pc(LinuxProgram::origin);
    while (!exited_) {
      while (!hart_.asleep()) drive == LinuxProgram::Drive::Run ? run_on() : step();
      answer(hart_.last_trap());
    }
    return written_;
  }

 private:
  static constexpr std::uint64_t handler = LinuxProgram::end - page;

  void run_on() { hart_.run(1000000); }
  void step() {
    if (const Instruction* next = hart_.fetch()) hart_.execute(*next);
  }

  void switch_floating_point_on() {
    constexpr unsigned mstatus = 0x300, mtvec = 0x305;
    Assembler prelude(handler + 16);
    prelude.li(t0, handler);
    prelude("csrrw", {0, t0, mtvec});
    prelude.li(t0, 3 << 13);
    prelude("csrrs", {0, t0, mstatus})("addi", {t0, 0, 0})("wfi", {});
    memory_.put(handler + 16, prelude.code());
    hart_.set_pc(handler + 16);
    hart_.run(100);
  }

  void answer(const Trap& trap) {
    if (trap.cause != static_cast<std::uint64_t>(Exception::MachineEcall)) {
      char text[120];
      std::snprintf(text, sizeof text, "the hart trapped: %s at 0x%lx, value 0x%lx",
                    name_of(static_cast<Exception>(trap.cause)), trap.pc, trap.value);
      throw std::runtime_error(text);
    }
    exited_ = hart_.read_register(x(a7)) == exit_call;
    if (!exited_) write(hart_.read_register(x(a1)), hart_.read_register(x(a2)));
    hart_.set_pc(trap.pc + 4);
  }
  void write(std::uint64_t address, std::uint64_t bytes) {
    for (std::uint64_t i = 0; i < bytes; ++i) written_.push_back(memory_.get<std::uint8_t>(address + i));
    hart_.write_register(x(a0), bytes);
  }

  FlatMemory memory_;
  Hart hart_;
  bool exited_ = false;
  std::vector<std::uint8_t> written_;
};

template <class T>
void append(std::vector<char>& bytes, const T& value) {
  const char* begin = reinterpret_cast<const char*>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof(T));
}

Elf64_Phdr segment(std::uint64_t address, std::uint64_t offset, std::uint64_t in_file, std::uint64_t in_memory) {
  Elf64_Phdr header{};
  header.p_type = PT_LOAD;
  header.p_flags = PF_R | PF_W | PF_X;
  header.p_vaddr = header.p_paddr = address;
  header.p_offset = offset;
  header.p_filesz = in_file;
  header.p_memsz = in_memory;
  header.p_align = page;
  return header;
}

Elf64_Ehdr file_header(std::uint16_t segments) {
  constexpr std::uint32_t compressed_and_double_abi = 0x1 | 0x4;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_RISCV;
  header.e_version = EV_CURRENT;
  header.e_entry = LinuxProgram::origin;
  header.e_phoff = sizeof header;
  header.e_flags = compressed_and_double_abi;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = segments;
  return header;
}

// A file that goes away.
class TemporaryFile {
 public:
  TemporaryFile() {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/castor-qemu-XXXXXX";
    const int descriptor = mkstemp(path_.data());
    if (descriptor < 0) throw std::runtime_error("cannot write " + path_);
    close(descriptor);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

LinuxProgram::LinuxProgram() { code.li(out, output); }

std::uint64_t LinuxProgram::put(const std::vector<std::uint64_t>& words) {
  const std::uint64_t address = data + 8 * data_.size();
  data_.insert(data_.end(), words.begin(), words.end());
  if (data + 8 * data_.size() > output) throw std::runtime_error("too much data");
  return address;
}

void LinuxProgram::emit(unsigned rs) { code("sd", {out, rs, 0})("addi", {out, out, 8}); }
void LinuxProgram::emit_float(unsigned rs) { code("fsd", {out, rs, 0})("addi", {out, out, 8}); }

void LinuxProgram::write_output() {
  code.li(a0, 1);
  code.li(a1, output);
  code("sub", {a2, out, a1});
  code.li(a7, write_call);
  code("ecall", {});
  code.li(out, output);
}

void LinuxProgram::finish() {
  write_output();
  code.li(a0, 0);
  code.li(a7, exit_call);
  code("ecall", {});
  if (origin + code.code().size() > data) throw std::runtime_error("too much code");
}

LinuxProgram::Run LinuxProgram::run_on_hart(Drive drive) const {
  Machine machine(code.code(), data_);
  const auto written = machine.run(drive);
  return {words_of(written), machine.instructions()};
}

void LinuxProgram::write_elf(const std::string& path) const {
  const std::vector<std::uint8_t>& text = code.code();
  const std::uint64_t text_offset = page, data_offset = round_up(page + text.size(), page);
  std::vector<char> file;
  append(file, file_header(2));
  append(file, segment(origin, text_offset, text.size(), text.size()));
  append(file, segment(data, data_offset, 8 * data_.size(), end - data));
  file.resize(text_offset);
  file.insert(file.end(), text.begin(), text.end());
  file.resize(data_offset);
  for (const std::uint64_t word : data_) append(file, word);
  std::ofstream(path, std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
  chmod(path.c_str(), 0700);
}

LinuxProgram::Run LinuxProgram::run_on_qemu() const {
  const TemporaryFile file;
  write_elf(file.path());
  FILE* pipe = popen(("qemu-riscv64 " + file.path()).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start qemu-riscv64");
  std::vector<std::uint8_t> bytes;
  std::uint8_t chunk[65536];
  while (const std::size_t count = fread(chunk, 1, sizeof chunk, pipe)) bytes.insert(bytes.end(), chunk, chunk + count);
  const int status = pclose(pipe);
  if (status != 0) throw std::runtime_error("qemu-riscv64 ended with status " + std::to_string(status));
  return {words_of(bytes), 0};
}

bool LinuxProgram::qemu_is_there() { return std::system("qemu-riscv64 --version >/dev/null 2>&1") == 0; }

}  // namespace castor::host::test

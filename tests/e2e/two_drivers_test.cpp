// Same commands, two drivers: a network as a command stream, and as a RISC-V program that issues the same commands.
// What the host computes in between is data of the program, copied to its place when its time has come.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>

#include "../host/assembly.h"
#include "castor/compiler/compiler.h"
#include "castor/functional/host_ops.h"
#include "castor/functional/oracle.h"
#include "castor/soc/soc.h"
#include "program.h"

namespace castor::e2e {
namespace {

using namespace host::test;  // NOLINT: the words of a program

/// Where the program lies, out of the way of the network.
constexpr std::uint64_t code = 0x8c000000, operands = 0x8d000000, results = 0x8e000000, htif = 0x8f000000;

/// A memory that remembers which words were written.
class WatchedMemory : public functional::SparseMemory {
 public:
  void write(PhysAddr address, const void* bytes, std::size_t count) override {
    for (std::uint64_t word = address.value() / 8; 8 * word < address.value() + count; ++word) words.insert(word);
    SparseMemory::write(address, bytes, count);
  }
  std::set<std::uint64_t> words;
};

std::uint32_t custom3(const isa::Command& command) {
  return static_cast<std::uint32_t>(command.funct) << 25 | t1 << 20 | t0 << 15 | 3 << 12 | 0x7b;
}

std::uint32_t branch_if_not_zero(unsigned reg, int words) {
  const auto offset = static_cast<std::uint32_t>(4 * words);
  return (offset >> 12 & 1) << 31 | (offset >> 5 & 63) << 25 | reg << 15 | 1 << 12 | (offset >> 1 & 15) << 8 |
         (offset >> 11 & 1) << 7 | 0x63;
}

Words load_address(unsigned reg, std::uint64_t address) {
  return {lui(reg, static_cast<std::uint32_t>(address)), slli(reg, reg, 32), srli(reg, reg, 32)};
}

template <class Word>
std::vector<std::uint8_t> bytes_of(const std::vector<Word>& words) {
  std::vector<std::uint8_t> bytes(words.size() * sizeof(Word));
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

/// Writes a stream as a program, item by item, beside an oracle that runs it.
class ProgramWriter {
 public:
  ProgramWriter(const isa::Stream& stream, const config::GemminiParams& params)
      : oracle_(functional::OracleParams(params), memory_) {
    functional::load_images(stream, ".", memory_);
    add(load_address(s0, operands));
    for (const isa::StreamItem& item : stream.items) {
      if (const auto* command = std::get_if<isa::Command>(&item)) issue(*command);
      if (std::holds_alternative<isa::Fence>(item)) add({fence});
      if (const auto* op = std::get_if<isa::HostOp>(&item)) copy_result(*op);
    }
    add({fence});
    add(load_address(s1, htif));
    add({addi(t2, zero, 1), sd(t2, s1, 0), loop});
  }

  functional::ElfImage program() const {
    ElfFile file;
    file.clear_segments();
    file.header.e_entry = code;
    file.segment(code, bytes_of(words_));
    file.segment(operands, bytes_of(operands_));
    file.segment(results, bytes_of(results_));
    file.segment(htif, std::vector<std::uint8_t>(128));
    file.object("tohost", htif);
    file.object("fromhost", htif + 64);
    return functional::ElfImage::parse(file.bytes(), "two_drivers.elf");
  }

 private:
  void add(const Words& words) { words_.insert(words_.end(), words.begin(), words.end()); }
  void next_operand(unsigned reg, std::uint64_t value) {
    operands_.push_back(value);
    add({ld(reg, s0), addi(s0, s0, 8)});
  }

  void issue(const isa::Command& command) {
    next_operand(t0, command.rs1);
    next_operand(t1, command.rs2);
    add({custom3(command)});
    oracle_.execute(command);
  }

  void copy_result(const isa::HostOp& op) {
    memory_.words.clear();
    functional::run_host_op(op, memory_);
    if (memory_.words.empty()) return;
    const std::uint64_t first = *memory_.words.begin(), count = *memory_.words.rbegin() + 1 - first;
    next_operand(t0, results + 8 * results_.size());
    next_operand(t1, 8 * first);
    next_operand(t2, count);
    add({ld(s1, t0), sd(s1, t1, 0), addi(t0, t0, 8), addi(t1, t1, 8), addi(t2, t2, -1), branch_if_not_zero(t2, -5)});
    for (std::uint64_t word = first; word < first + count; ++word)
      results_.push_back(memory_.get<std::uint64_t>(PhysAddr{8 * word}));
  }

  WatchedMemory memory_;
  functional::Oracle oracle_;
  Words words_;
  std::vector<std::uint64_t> operands_, results_;
};

/// Notes every command at the accelerator's port, as text.
struct CommandNotes : sim::Observer {
  explicit CommandNotes(std::ostream& to) : text(to) {}
  void command(Cycle, const isa::Command& command) override {
    text << unsigned{command.funct} << ' ' << command.rs1 << ' ' << command.rs2 << '\n';
  }
  std::ostream& text;
};

std::size_t size_of(const isa::NamedTensor& tensor) {
  std::size_t size = tensor.type == "int8" || tensor.type == "uint8" ? 1 : 4;
  for (const std::int64_t extent : tensor.shape) size *= static_cast<std::size_t>(extent);
  return size;
}

// The commands that came to the accelerator, then the bytes of the network's outputs. In a process of its own: SystemC
// has one kernel a process.
std::string story_of(const isa::Stream& stream, const config::SocConfig& config, const soc::SocOptions& options) {
  const std::string path = directory() + "/story";
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream story(path, std::ios::binary);
    soc::Soc machine("soc", config, options);
    functional::load_images(stream, ".", machine.memory().bytes());
    if (machine.tile().stream_host) machine.tile().stream_host->load(stream);
    CommandNotes notes(story);
    machine.probes().attach(notes);
    story << (machine.run() == sim::StopReason::Finished ? "finished\n" : "stuck\n");
    for (const isa::NamedTensor& output : stream.outputs) {
      std::string bytes(size_of(output), '\0');
      machine.memory().bytes().read(output.address, bytes.data(), bytes.size());
      story << bytes;
    }
    story.close();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TwoDrivers, BringANetworksCommandsAndValuesToTheAcceleratorAlike) {
  const config::SocConfig config = config::SocConfig::load(source("configs/rtl-default.yaml"));
  const isa::Stream stream = compiler::compile(data("small-int8.onnx"), config).stream;
  const functional::ElfImage program = ProgramWriter(stream, config.gemmini).program();
  const std::string by_stream = story_of(stream, config, {soc::Driver::CommandStream});
  std::ostream nowhere(nullptr);
  soc::SocOptions hart{soc::Driver::Riscv};
  hart.program = &program;
  hart.console = &nowhere;
  const std::string by_hart = story_of(stream, config, hart);
  EXPECT_GT(std::count(by_stream.begin(), by_stream.end(), '\n'), 100) << "commands";
  EXPECT_NE(by_stream.find("finished\n"), std::string::npos);
  EXPECT_TRUE(by_stream == by_hart) << "commands or outputs differ";
}

}  // namespace
}  // namespace castor::e2e

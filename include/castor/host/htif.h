// The host-target interface: how a bare-metal program ends, prints and calls its host through two words of memory.
//
// Protocol (riscv-isa-sim's front-end server; used by riscv-tests and the Gemmini C tests). `tohost` holds device
// (bits 63:56), command (55:48) and payload (47:0); the host clears it, and answers through `fromhost` when that is
// zero.
//   device 0, odd payload              the program ends with exit code payload >> 1
//   device 0, even payload             a system call: payload points to eight words (number, arguments); the result
//                                      replaces the number, then fromhost = 1. write(64) to descriptors 1 and 2,
//                                      exit(93)
//   device 1, command 1                prints the payload's low byte
//   device 1, command 0                waits for a character: fromhost answers with 0x100 | character
// A word of ones in the upper 16 bits is a negative exit code.
// RTL twin: none (the simulation's own SimTSI/SimDTM plays this part); a call takes no time.
// Errors: UserError on an unknown device, command or system call, or a buffer outside memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <istream>
#include <optional>
#include <ostream>

#include "castor/common/types.h"
#include "castor/functional/memory.h"

namespace castor::host {

class Htif {
 public:
  /// Without `fromhost` the program gets no answers; without a keyboard nothing is ever typed.
  Htif(functional::Memory& memory, PhysAddr tohost, std::optional<PhysAddr> fromhost, std::ostream& console,
       std::istream* keyboard = nullptr);

  /// Called with the exit code of a program that ends.
  void when_exit(std::function<void(std::int64_t code)> exit) { exit_ = std::move(exit); }

  /// To be called after the program has written to either word.
  void look();

 private:
  enum class Device : std::uint8_t { System = 0, Console = 1 };
  struct Request {
    explicit Request(std::uint64_t word) : word(word) {}
    unsigned device() const { return word >> 56; }
    unsigned command() const { return word >> 48 & 0xff; }
    std::uint64_t payload() const { return word << 16 >> 16; }
    bool is_negative_exit() const { return word >> 48 == 0xffff && (word & 1) != 0; }
    /// The word that answers it.
    std::uint64_t answer(std::uint64_t payload) const { return (word >> 48 << 48) | (payload << 16 >> 16); }
    std::uint64_t word;
  };
  using CallWords = std::array<std::uint64_t, 8>;

  void serve(const Request& request);
  void serve_system(const Request& request);
  void serve_console(const Request& request);
  std::uint64_t call(const CallWords& words);
  std::uint64_t write(std::uint64_t descriptor, PhysAddr buffer, std::uint64_t count);
  void answer();

  functional::Memory& memory_;
  PhysAddr tohost_;
  std::optional<PhysAddr> fromhost_;
  std::ostream& console_;
  std::istream* keyboard_;
  std::function<void(std::int64_t)> exit_;
  std::deque<std::uint64_t> answers_;  // that wait until fromhost is zero
};

}  // namespace castor::host

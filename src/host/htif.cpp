#include "castor/host/htif.h"

#include <algorithm>
#include <string>
#include <utility>

#include "castor/common/error.h"

namespace castor::host {

namespace {

constexpr unsigned console_read = 0, console_write = 1;
constexpr std::uint64_t console_valid = 0x100;
constexpr std::uint64_t call_served = 1;

// Numbers of Linux on RISC-V.
constexpr std::uint64_t call_write = 64, call_exit = 93;
constexpr std::uint64_t standard_output = 1, standard_error = 2;
constexpr std::uint64_t bad_descriptor = -9;  // -EBADF

[[noreturn]] void refuse(const std::string& what, std::uint64_t number, const std::string& allowed) {
  throw UserError("the program asks its host (tohost) for " + what + " " + std::to_string(number) +
                  "; allowed: " + allowed);
}

}  // namespace

Htif::Htif(functional::Memory& memory, PhysAddr tohost, std::optional<PhysAddr> fromhost, std::ostream& console,
           std::istream* keyboard)
    : memory_(memory), tohost_(tohost), fromhost_(fromhost), console_(console), keyboard_(keyboard) {}

void Htif::look() {
  const Request request{memory_.get<std::uint64_t>(tohost_)};
  if (request.word != 0) {
    memory_.put<std::uint64_t>(tohost_, 0);
    serve(request);
  }
  answer();
}

void Htif::serve(const Request& request) {
  if (request.is_negative_exit()) return exit_(static_cast<std::int64_t>(request.word) >> 1);
  switch (static_cast<Device>(request.device())) {
    case Device::System:
      return serve_system(request);
    case Device::Console:
      return serve_console(request);
  }
  refuse("device", request.device(), "0 (exit and system calls), 1 (console)");
}

void Htif::serve_system(const Request& request) {
  if (request.command() != 0) refuse("command of device 0, number", request.command(), "0");
  if ((request.payload() & 1) != 0) return exit_(static_cast<std::int64_t>(request.payload() >> 1));
  const PhysAddr words{request.payload()};
  const std::uint64_t result = call(memory_.get<CallWords>(words));
  memory_.put(words, result);
  answers_.push_back(request.answer(call_served));
}

void Htif::serve_console(const Request& request) {
  if (request.command() == console_write) {
    console_.put(static_cast<char>(request.payload()));
    console_.flush();
  } else if (request.command() == console_read) {
    const int character = keyboard_ == nullptr ? std::istream::traits_type::eof() : keyboard_->get();
    if (character == std::istream::traits_type::eof()) return;  // the program waits for ever, as at an idle terminal
    answers_.push_back(request.answer(console_valid | static_cast<std::uint64_t>(character)));
  } else {
    refuse("command of device 1, number", request.command(), "0 (read), 1 (write)");
  }
}

std::uint64_t Htif::call(const CallWords& words) {
  const std::uint64_t number = words[0];
  if (number == call_write) return write(words[1], PhysAddr{words[2]}, words[3]);
  if (number == call_exit) return exit_(static_cast<std::int64_t>(words[1])), 0;
  refuse("system call", number, "64 (write), 93 (exit)");
}

std::uint64_t Htif::write(std::uint64_t descriptor, PhysAddr buffer, std::uint64_t count) {
  if (descriptor != standard_output && descriptor != standard_error) return bad_descriptor;
  std::array<char, 4096> chunk;
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t bytes = std::min<std::uint64_t>(count - done, chunk.size());
    memory_.read(buffer + done, chunk.data(), bytes);
    console_.write(chunk.data(), static_cast<std::streamsize>(bytes));
    done += bytes;
  }
  console_.flush();
  return count;
}

void Htif::answer() {
  if (!fromhost_ || answers_.empty() || memory_.get<std::uint64_t>(*fromhost_) != 0) return;
  memory_.put(*fromhost_, answers_.front());
  answers_.pop_front();
}

}  // namespace castor::host

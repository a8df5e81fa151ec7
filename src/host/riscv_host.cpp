#include "castor/host/riscv_host.h"

#include <algorithm>
#include <sstream>

#include "castor/common/error.h"

namespace castor::host {

namespace {

/// How far the hart may run ahead of the domain: enough to hide the cost of a step, too little to delay a ^C.
constexpr std::uint64_t longest_run = 10000;

std::string hex(std::uint64_t value) {
  std::ostringstream text;
  text << "0x" << std::hex << value;
  return text.str();
}

}  // namespace

RiscvHost::RiscvHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
                     sim::RoccPort& port, const MainMemory& memory, const functional::ElfImage& program,
                     std::ostream& console)
    : ClockedModule(name, domain, sim::level::host),
      port_(port),
      fence_cycles_(config.host.issue.fence),
      opcode_(static_cast<unsigned>(config.gemmini.opcodes())),
      program_(program),
      periphery_("periphery", domain, config, {1, program.entry(), console}),
      hart_(0, config.host.hart, {*this, this, this}) {
  program.require_within(memory.base, memory.size);
  program.load(memory.memory);
  periphery_.addresses().add_memory(memory.base, memory.size, memory.bytes);
  connect_htif(memory, program, console);
  connect_interrupt(periphery_.clint().software(0), Interrupt::MachineSoftware);
  connect_interrupt(periphery_.clint().timer(0), Interrupt::MachineTimer);
  connect_interrupt(periphery_.plic().external(Plic::machine_context(0)), Interrupt::MachineExternal);
  connect_interrupt(periphery_.plic().external(Plic::supervisor_context(0)), Interrupt::SupervisorExternal);
  port_.attach_host(*this);
  hart_.set_pc(periphery_.reset_vector().value());
}

void RiscvHost::connect_htif(const MainMemory& memory, const functional::ElfImage& program, std::ostream& console) {
  if (!program.tohost()) return;
  const auto look = [this] { htif_->look(); };
  for (const std::optional<PhysAddr>& word : {program.tohost(), program.fromhost()}) {
    if (!word) continue;
    if (!periphery_.addresses().is_memory(*word))
      throw UserError(program.name() + ": tohost or fromhost at " + hex(word->value()) +
                      " lies outside memory; allowed: in memory");
    periphery_.addresses().watch(*word, look);
  }
  htif_ = std::make_unique<Htif>(memory.memory, *program.tohost(), program.fromhost(), console);
  htif_->when_exit([this](std::int64_t code) {
    exit_code_ = code;
    ending_ = Ending::Exited;
    hart_.stop();
  });
}

void RiscvHost::connect_interrupt(InterruptWire& wire, Interrupt interrupt) {
  wire.connect([this, interrupt](bool level) {
    hart_.set_line(interrupt, level);
    if (!stepping_) wake(domain().now());
  });
}

Cycle RiscvHost::step(Cycle now) {
  if (now < caught_up_) return caught_up_;  // woken while the domain catches up
  begin_ = now;
  executed_before_ = executed();
  stats_.cycles.add(activity_, now - accounted_);
  accounted_ = now;
  if (ending_ != Ending::None) return end();
  stepping_ = true;
  activity_ = Activity::Executing;
  watch_accelerator();
  const bool idle = accelerator_settled(now);
  if (receive_response(now)) idle ? execute_ahead(now) : execute_one(now);
  stepping_ = false;
  return account(now);
}

void RiscvHost::watch_accelerator() {
  if (port_.interrupt() == accelerator_interrupts_) return;
  accelerator_interrupts_ = port_.interrupt();
  hart_.set_line(Interrupt::Rocc, accelerator_interrupts_);
}

/// Whether what the accelerator wrote can be seen. The L2 acknowledges a message with its first beat; the last one
/// lands while the core's fence travels from decode to its end.
bool RiscvHost::accelerator_settled(Cycle now) {
  if (port_.busy(now))
    settled_at_ = Cycle::never();
  else if (settled_at_ == Cycle::never())
    settled_at_ = now + fence_cycles_;
  return now >= settled_at_;
}

/// True if the hart waits for no response, or no longer.
bool RiscvHost::receive_response(Cycle now) {
  if (!awaits_response_) return true;
  sim::RoccResponse response;
  if (port_.take_response(now, response)) {
    hart_.write_register(x(response.rd), response.value);
    awaits_response_ = false;
  } else {
    activity_ = Activity::Response;
  }
  return !awaits_response_;
}

void RiscvHost::execute_ahead(Cycle now) {
  const Cycle interrupt = periphery_.clint().next_change(now);
  try {
    hart_.run(std::min(longest_run, interrupt - now));
  } catch (const NotYet&) {
  }
  look_for_loss();
}

void RiscvHost::execute_one(Cycle now) {
  try {
    const Instruction* next = hart_.fetch();
    if (next == nullptr) return;
    if (orders_memory(*next) && now < settled_at_) {
      activity_ = Activity::Fence;
      return;
    }
    hart_.execute(*next);
  } catch (const NotYet&) {
  }
  look_for_loss();
}

bool RiscvHost::orders_memory(const Instruction& instruction) {
  switch (instruction.timing) {
    case TimingClass::Fence:
    case TimingClass::FenceI:
      return true;
    case TimingClass::Amo:
    case TimingClass::LoadReserved:
    case TimingClass::StoreConditional:
      return instruction.acquires() || instruction.releases();
    default:
      return false;
  }
}

/// When to step again: where the hart has come to, or when woken.
Cycle RiscvHost::account(Cycle now) {
  stats_.instructions += hart_.retired() - stats_.instructions.value();
  stats_.traps += hart_.traps() - stats_.traps.value();
  if (ahead() != 0) return caught_up_ = now + ahead();
  if (ending_ != Ending::None) return end();
  if (hart_.asleep()) activity_ = Activity::Asleep;
  return activity_ == Activity::Fence ? settled_at_ : Cycle::never();
}

Cycle RiscvHost::end() {
  if (!ended_) done_();
  ended_ = true;
  return Cycle::never();
}

void RiscvHost::look_for_loss() {
  const bool lost = hart_.lost() || trap_loop_.found(executed(), hart_.traps(), hart_.last_trap());
  if (lost) ending_ = Ending::Lost;
}

bool TrapLoop::found(std::uint64_t executed, std::uint64_t traps, const Trap& last) {
  if (executed - begin_ < window) return false;
  const bool nested = last.from == Privilege::Machine && !last.is_interrupt() && last.pc == pc_;
  const bool full = nested && (traps - traps_before_) * longest_handler >= executed - begin_;
  full_windows_ = full ? full_windows_ + 1 : 0;
  begin_ = executed;
  traps_before_ = traps;
  pc_ = last.pc;
  return full_windows_ == patience;
}

// --- the hart's ports
// -------------------------------------------------------------------------------------------------

/// Before an access to what others see too. Where nobody answers there is nothing to wait for.
void RiscvHost::catch_up(PhysAddr address) const {
  if (ahead() != 0 && periphery_.addresses().answers(address)) throw NotYet{};
}

bool RiscvHost::read(PhysAddr address, unsigned bytes, std::uint64_t& value) {
  catch_up(address);
  return periphery_.addresses().read(address, bytes, value);
}

bool RiscvHost::write(PhysAddr address, unsigned bytes, std::uint64_t value) {
  catch_up(address);
  return periphery_.addresses().write(address, bytes, value);
}

bool RiscvHost::serves(unsigned opcode) const { return opcode == opcode_; }

void RiscvHost::issue(const RoccInstruction& instruction) {
  if (ahead() != 0) throw NotYet{};
  if (!port_.can_accept(begin_)) {
    activity_ = Activity::PortFull;
    throw NotYet{};
  }
  const isa::Command command{instruction.funct7, instruction.rs1, instruction.rs2};
  port_.send(begin_, {command, instruction.xd, instruction.rd});
  ++stats_.commands;
  awaits_response_ = instruction.xd;
  hart_.stop();  // from now on the accelerator is busy
}

// --- for messages
// -----------------------------------------------------------------------------------------------------

std::string RiscvHost::place_of(std::uint64_t pc) const {
  const std::string symbol = program_.place(VirtAddr{pc});
  return "pc " + hex(pc) + (symbol.empty() ? "" : " (" + symbol + ")");
}

std::string RiscvHost::last_exception() const {
  const Trap& trap = hart_.last_trap();
  if (hart_.traps() == 0 || trap.is_interrupt()) return {};
  return name_of(static_cast<Exception>(trap.cause)) + (" (" + hex(trap.value)) + ") at " + place_of(trap.pc);
}

std::string RiscvHost::waiting_for() const {
  switch (ending_ == Ending::None ? activity_ : Activity::count_) {
    case Activity::Executing:
      return "the program to end, at " + place();
    case Activity::PortFull:
      return "room at the RoCC port, at " + place();
    case Activity::Response:
      return "the accelerator's response, at " + place();
    case Activity::Fence:
      return "the accelerator to become idle (fence), at " + place();
    case Activity::Asleep:
      return "an interrupt (wfi), at " + place();
    default:
      return {};
  }
}

}  // namespace castor::host

#include "castor/host/riscv_host.h"

#include <algorithm>
#include <sstream>

#include "castor/common/bits.h"
#include "castor/common/error.h"

namespace castor::host {

namespace {

/// How far a hart may run ahead of the domain: enough to hide the cost of a step, too little to delay a ^C.
constexpr std::uint64_t far_ahead = 10000;

/// LazyRoCC.scala: a response passes a queue before the core sees it.
constexpr std::uint64_t response_queue = 1;

sim::TranslationStatus status_of(const RoccInstruction& instruction) {
  constexpr std::uint64_t sum = 1ULL << 18, mxr = 1ULL << 19;
  return {instruction.privilege == Privilege::Machine, instruction.privilege == Privilege::User,
          (instruction.mstatus & sum) != 0, (instruction.mstatus & mxr) != 0};
}

std::string hex(std::uint64_t value) {
  std::ostringstream text;
  text << "0x" << std::hex << value;
  return text.str();
}

}  // namespace

RiscvHost::RiscvHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
                     sim::RoccPort& port, Platform& platform, Caches caches, unsigned core)
    : ClockedModule(name, domain, sim::level::host + static_cast<sim::Level>(core)),
      port_(port),
      fence_cycles_(config.host.issue.fence),
      opcode_(static_cast<unsigned>(config.gemmini.opcodes())),
      platform_(platform),
      hart_(core, config.host.hart, {*this, this, this}) {
  Periphery& periphery = platform.periphery();
  connect_interrupt(periphery.clint().software(core), Interrupt::MachineSoftware);
  connect_interrupt(periphery.clint().timer(core), Interrupt::MachineTimer);
  connect_interrupt(periphery.plic().external(Plic::machine_context(core)), Interrupt::MachineExternal);
  connect_interrupt(periphery.plic().external(Plic::supervisor_context(core)), Interrupt::SupervisorExternal);
  platform.join(*this);
  port_.attach_host(*this);
  const auto answered = [this] { wake(this->domain().now() + 1); };
  if (caches.rocket != nullptr) timing_ = std::make_unique<RocketTiming>(config.host, *caches.rocket, answered);
  if (caches.boom != nullptr) boom_ = std::make_unique<BoomTiming>(config.host, *caches.boom, answered);
  hart_.set_pc(periphery.reset_vector().value());
}

void RiscvHost::program_ended(std::int64_t code) {
  exit_code_ = code;
  ending_ = Ending::Exited;
  hart_.stop();
  if (!stepping_) wake(domain().now() + 1);
}

void RiscvHost::connect_interrupt(InterruptWire& wire, Interrupt interrupt) {
  wire.connect([this, interrupt](bool level) {
    hart_.set_line(interrupt, level);
    if (!stepping_) wake(domain().now());
  });
}

Cycle RiscvHost::step(Cycle now) {
  if (now < caught_up_ && !timed()) return caught_up_;  // woken while the domain catches up
  begin_ = now;
  executed_before_ = executed();
  stats_.cycles.add(activity_, now - accounted_);
  accounted_ = now;
  if (ending_ != Ending::None) return end();
  if (waits_for_faulting_accelerator()) {
    accelerator_fault_ = port_.fault();
    ending_ = Ending::Lost;
    return end();
  }
  stepping_ = true;
  activity_ = Activity::Executing;
  watch_accelerator();
  const bool idle = accelerator_settled(now);
  resume_at_ = Cycle::never();
  if (boom_) send_command(now);
  if (receive_response(now)) {
    if (timed())
      execute_timed(now, idle);
    else
      idle && !on_fence_ ? execute_ahead(now) : execute_one(now);
  }
  if (boom_) wait_for_command(now);
  stepping_ = false;
  return account(now);
}

std::optional<PhysAddr> RiscvHost::root_table() const {
  if (!hart_.csrs().translates()) return std::nullopt;
  return hart_.csrs().page_table();
}

void RiscvHost::when_fenced(std::function<void(Cycle)> action) {
  hart_.when_translations_fenced([this, action = std::move(action)] { action(domain().now()); });
}

// The accelerator goes on only after a flush; the hart waits for it and would not see its interrupt.
bool RiscvHost::waits_for_faulting_accelerator() const {
  const bool waits = activity_ == Activity::Fence || activity_ == Activity::PortFull || activity_ == Activity::Response;
  if (!waits || !port_.interrupt()) return false;
  constexpr unsigned mie = 3;  // of mstatus
  const CsrFile& csrs = hart_.csrs();
  const bool held_back = csrs.privilege() == Privilege::Machine && !bit(csrs.mstatus(), mie);
  return held_back || !bit(csrs.interrupts_enabled(), static_cast<unsigned>(Interrupt::Rocc));
}

void RiscvHost::watch_accelerator() {
  if (port_.interrupt() == accelerator_interrupts_) return;
  accelerator_interrupts_ = port_.interrupt();
  hart_.set_line(Interrupt::Rocc, accelerator_interrupts_);
}

/// Whether what the accelerator wrote can be seen. The L2 acknowledges a message with its first beat; the last one
/// lands while the core's fence travels from decode to its end.
bool RiscvHost::accelerator_settled(Cycle now) {
  if (port_.busy(now) || !commands_.empty())
    idle_since_ = settled_at_ = Cycle::never();
  else if (idle_since_ == Cycle::never())
    settled_at_ = (idle_since_ = now) + fence_cycles_;
  return now >= settled_at_;
}

/// True if the hart waits for no response, or no longer.
bool RiscvHost::receive_response(Cycle now) {
  if (!awaits_response_) return true;
  sim::RoccResponse response;
  if (port_.take_response(now, response)) {
    hart_.write_register(x(response.rd), response.value);
    if (timing_) timing_->respond(x(response.rd), now + response_queue);
    if (boom_) boom_->respond(x(response.rd), now + response_queue);
    awaits_response_ = false;
  } else {
    activity_ = Activity::Response;
  }
  return !awaits_response_;
}

std::uint64_t RiscvHost::longest_run(Cycle now) { return std::min(far_ahead, clint().next_change(now) - now); }

/// To the other harts.
void RiscvHost::tell_of_store(const Instruction& instruction) {
  if (platform_.has_several_harts() && instruction.stores()) platform_.written(*this, hart_.access().address);
}

void RiscvHost::execute_ahead(Cycle now) {
  if (platform_.has_several_harts()) return execute_one(now);
  try {
    hart_.run(longest_run(now));
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
    if (on_fence_) note_fence(*next);
    if (hart_.execute(*next) != Outcome::Trapped) tell_of_store(*next);
  } catch (const NotYet&) {
  }
  look_for_loss();
}

/// Told with the instruction after the fence, if the accelerator was given no command meanwhile.
void RiscvHost::note_fence(const Instruction& instruction) {
  if (fenced_ && idle_since_ != Cycle::never()) on_fence_(domain().now());
  fenced_ = instruction.timing == TimingClass::Fence;
}

// --- with core timing
// -------------------------------------------------------------------------------------------------

void RiscvHost::execute_timed(Cycle now, bool idle) {
  if (boom_) return execute_until(*boom_, now, idle);
  if (timing_->waits()) {
    activity_ = timing_->waits_for_data() ? Activity::Data : Activity::Fetch;
    return;
  }
  if (port_blocks(now)) return;
  execute_until(*timing_, now, idle);
  stats_.replays += timing_->replays() - stats_.replays.value();
}

/// Executes what is due by now or, while nothing else happens in the machine, some way ahead.
template <class Timing>
void RiscvHost::execute_until(Timing& timing, Cycle now, bool idle) {
  Cycle horizon = idle && !platform_.has_several_harts() ? now + longest_run(now) : now;
  while (execute_next(timing, now, horizon))
    if (idle_since_ == Cycle::never()) horizon = now;
  look_for_loss();
  stats_.mispredictions += timing.mispredictions() - stats_.mispredictions.value();
}

/// A RoCC instruction was replayed and waits in decode.
bool RiscvHost::port_blocks(Cycle now) {
  if (!port_blocked_) return false;
  if (port_.can_accept(now)) {
    port_blocked_ = false;
    timing_->port_ready(now);
  } else {
    activity_ = Activity::PortFull;
  }
  return port_blocked_;
}

/// False if the hart has to wait: until resume_at_, or until it is woken.
template <class Timing>
bool RiscvHost::execute_next(Timing& timing, Cycle now, Cycle horizon) {
  const bool slept = hart_.asleep();
  const Instruction* next = fetch_next();
  if (slept && !hart_.asleep()) timing.wake(now);
  if (next == nullptr) return resume_at_ == Cycle::never() && follow_trap(timing);
  const Instruction& instruction = *next;
  std::optional<std::uint64_t> leaves = timing.schedule(instruction, hart_.pc(), hart_.fetch_address());
  if (!leaves) {
    activity_ = timing.waits_for_data() ? Activity::Data : Activity::Fetch;
    return false;
  }
  if (instruction.timing == TimingClass::Fence && !passes_fence(now, *leaves)) return false;
  executed_at_ = Timing::executes(*leaves);
  if (executed_at_ > horizon) {
    resume_at_ = executed_at_;
    return false;
  }
  return execute_at(timing, instruction, *leaves);
}

/// Instructions of a device are read when the domain has caught up.
const Instruction* RiscvHost::fetch_next() {
  try {
    return hart_.fetch();
  } catch (const NotYet&) {
    resume_at_ = executed_at_;
    return nullptr;
  }
}

/// The hart has taken a trap in place of an instruction, or sleeps.
template <class Timing>
bool RiscvHost::follow_trap(Timing& timing) {
  if (hart_.asleep()) return false;
  timing.interrupt();
  look_for_loss();
  return ending_ == Ending::None;
}

/// A fence in decode. Moves it to the cycle in which nothing is on its way to or in the accelerator.
bool RiscvHost::passes_fence(Cycle now, std::uint64_t& leaves) {
  if (last_command_ != Cycle::never()) leaves = std::max(leaves, last_command_.count() + 1);
  if (idle_since_ != Cycle::never()) {
    leaves = std::max(leaves, idle_since_.count());
    return true;
  }
  activity_ = Activity::Fence;
  if (Cycle{leaves} > now) resume_at_ = Cycle{leaves};
  return false;
}

template <class Timing>
bool RiscvHost::execute_at(Timing& timing, const Instruction& instruction, std::uint64_t leaves) {
  if (on_fence_) note_fence(instruction);
  Executed executed{hart_.pc(), 0, hart_.get(instruction.rs1), hart_.get(instruction.rs2), {}, false};
  if (instruction.timing == TimingClass::Rocc) executed_at_ = std::max(executed_at_, begin_);
  if (instruction.timing == TimingClass::StoreConditional && !timing.reserved(leaves)) hart_.lose_reservation();
  const std::optional<Outcome> outcome = try_to_execute(instruction, leaves);
  if (!outcome) return false;
  if (*outcome == Outcome::Trapped) {
    timing.trap(leaves);
    look_for_loss();
    return ending_ == Ending::None;
  }
  executed.next = hart_.pc();
  tell_of_store(instruction);
  if (accesses_memory(instruction)) {
    executed.access = hart_.access();
    executed.cached = addresses().is_memory(executed.access.address);
  }
  return retire(timing, instruction, executed) && ending_ == Ending::None && !awaits_response_;
}

/// Nothing if it comes too early or its command finds the port full: it comes again.
std::optional<Outcome> RiscvHost::try_to_execute(const Instruction& instruction, std::uint64_t leaves) {
  try {
    return hart_.execute(instruction);
  } catch (const NotYet&) {
    if (executed_at_ > begin_)
      resume_at_ = executed_at_;
    else if (port_blocked_)
      timing_->replay(instruction, hart_.pc(), hart_.fetch_address(), leaves);
    return std::nullopt;
  }
}

/// False if it waits for its data.
bool RiscvHost::retire(RocketTiming& timing, const Instruction& instruction, const Executed& executed) {
  timing.retire(instruction, executed_at_.count() - RocketPipeline::to_wb, executed);
  if (timing.waits_for_data()) activity_ = Activity::Data;
  return !timing.waits();
}

bool RiscvHost::retire(BoomTiming& timing, const Instruction& instruction, const Executed& executed) {
  timing.retire(instruction, executed_at_.count(), executed);
  return true;
}

/// The oldest command whose turn has come, if the port has room.
void RiscvHost::send_command(Cycle now) {
  const std::optional<std::uint64_t> due = boom_->command_due();
  if (!due || Cycle{*due} > now || !port_.can_accept(now)) return;
  const sim::RoccCommand command = commands_.front();
  commands_.pop_front();
  send(command);
  boom_->command_sent(now, command.wants_response);
}

/// The port wakes the host when there is room.
void RiscvHost::wait_for_command(Cycle now) {
  const std::optional<std::uint64_t> due = boom_->command_due();
  if (!due) return;
  if (Cycle{*due} > now)
    resume_at_ = std::min(resume_at_, Cycle{*due});
  else if (resume_at_ == Cycle::never() && !port_.can_accept(now))
    activity_ = Activity::PortFull;
}

// -------------------------------------------------------------------------------------------------

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
  if (timed()) return account_timed(now);
  if (ahead() != 0) return caught_up_ = now + ahead();
  if (ending_ != Ending::None) return end();
  if (hart_.asleep()) activity_ = Activity::Asleep;
  return activity_ == Activity::Fence ? settled_at_ : Cycle::never();
}

Cycle RiscvHost::account_timed(Cycle now) {
  if (ending_ != Ending::None) return executed_at_ > now ? executed_at_ : end();
  if (hart_.asleep()) activity_ = Activity::Asleep;
  return resume_at_;
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
  if (ahead() != 0 && addresses().answers(address)) throw NotYet{};
}

bool RiscvHost::read(PhysAddr address, unsigned bytes, std::uint64_t& value) {
  catch_up(address);
  return addresses().read(address, bytes, value);
}

bool RiscvHost::write(PhysAddr address, unsigned bytes, std::uint64_t value) {
  catch_up(address);
  return addresses().write(address, bytes, value);
}

bool RiscvHost::serves(unsigned opcode) const { return opcode == opcode_; }

void RiscvHost::issue(const RoccInstruction& instruction) {
  if (ahead() != 0) throw NotYet{};
  if (!boom_ && !port_.can_accept(begin_)) {
    activity_ = Activity::PortFull;
    port_blocked_ = true;
    throw NotYet{};
  }
  const isa::Command command{instruction.funct7, instruction.rs1, instruction.rs2};
  const sim::RoccCommand with_rd{command, instruction.xd, instruction.rd, status_of(instruction)};
  boom_ ? commands_.push_back(with_rd) : send(with_rd);
  awaits_response_ = instruction.xd;
  if (timed()) idle_since_ = settled_at_ = Cycle::never();
  hart_.stop();  // from now on the accelerator is busy
}

void RiscvHost::send(const sim::RoccCommand& command) {
  port_.send(begin_, command);
  ++stats_.commands;
  last_command_ = begin_;
}

// --- for messages
// -----------------------------------------------------------------------------------------------------

std::string RiscvHost::place_of(std::uint64_t pc) const {
  const std::string symbol = platform_.program().place(VirtAddr{pc});
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
    case Activity::Fetch:
      return "the instruction cache, at " + place();
    case Activity::Data:
      return "the data cache, before " + place();
    default:
      return {};
  }
}

}  // namespace castor::host

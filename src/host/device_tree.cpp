#include "castor/host/device_tree.h"

#include <libfdt.h>

#include <cmath>
#include <sstream>
#include <string>
#include <utility>

#include "castor/common/error.h"
#include "castor/host/trap.h"

namespace castor::host {

namespace {

constexpr const char* isa = "rv64imafdc_zicsr_zifencei";
constexpr const char* mmu_type = "riscv,sv39";

/// The addresses and sizes of the tree's nodes are two cells each.
constexpr std::uint32_t cells = 2;

using Cells = std::vector<std::uint32_t>;

/// libfdt's sequential writer, with nodes as scopes.
class TreeWriter {
 public:
  TreeWriter() : blob_(capacity) {
    need(fdt_create(blob_.data(), capacity));
    need(fdt_finish_reservemap(blob_.data()));
  }

  template <class Body>
  void node(const std::string& name, Body body) {
    need(fdt_begin_node(blob_.data(), name.c_str()));
    body();
    need(fdt_end_node(blob_.data()));
  }

  void flag(const char* name) { need(fdt_property(blob_.data(), name, nullptr, 0)); }
  void text(const char* name, const std::string& value) {
    need(fdt_property_string(blob_.data(), name, value.c_str()));
  }
  void number(const char* name, std::uint64_t value) {
    need(fdt_property_u32(blob_.data(), name, static_cast<std::uint32_t>(value)));
  }
  void numbers(const char* name, const Cells& values) {
    std::vector<fdt32_t> big_endian;
    for (const std::uint32_t value : values) big_endian.push_back(cpu_to_fdt32(value));
    need(fdt_property(blob_.data(), name, big_endian.data(), static_cast<int>(big_endian.size() * sizeof(fdt32_t))));
  }
  void window(PhysAddr base, Bytes size) {
    const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); };
    const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
    numbers("reg", {high(base.value()), low(base.value()), high(size.count()), low(size.count())});
  }

  std::vector<std::uint8_t> finish() {
    need(fdt_finish(blob_.data()));
    blob_.resize(fdt_totalsize(blob_.data()));
    return std::move(blob_);
  }

 private:
  static constexpr int capacity = 64 * 1024;

  static void need(int error) {
    if (error != 0) throw InternalError(std::string("device tree: ") + fdt_strerror(error));
  }

  std::vector<std::uint8_t> blob_;
};

std::string at(const char* name, std::uint64_t address) {
  std::ostringstream text;
  text << name << '@' << std::hex << address;
  return text.str();
}

class SocTree {
 public:
  SocTree(const config::SocConfig& config, unsigned harts) : config_(config), devices_(config.devices), harts_(harts) {}

  std::vector<std::uint8_t> write() {
    tree_.node("", [this] {
      tree_.number("#address-cells", cells);
      tree_.number("#size-cells", cells);
      tree_.text("compatible", "castor,soc");
      tree_.text("model", "castor");
      write_chosen();
      write_cpus();
      write_memory();
      write_devices();
      tree_.node("htif", [this] { tree_.text("compatible", "ucb,htif0"); });
    });
    return tree_.finish();
  }

 private:
  std::uint64_t clock_hz() const { return static_cast<std::uint64_t>(std::llround(config_.soc.clock_ghz * 1e9)); }
  std::uint32_t hart_controller(unsigned hart) const { return 1 + hart; }  // phandles
  std::uint32_t plic() const { return 1 + harts_; }

  void write_chosen() {
    tree_.node("chosen", [this] { tree_.text("stdout-path", "/soc/" + at("serial", devices_.uart_base().value())); });
  }

  void write_cpus() {
    tree_.node("cpus", [this] {
      tree_.number("#address-cells", 1);
      tree_.number("#size-cells", 0);
      tree_.number("timebase-frequency", clock_hz() / devices_.mtime_divider);
      for (unsigned hart = 0; hart < harts_; ++hart) write_cpu(hart);
    });
  }

  void write_cpu(unsigned hart) {
    tree_.node(at("cpu", hart), [this, hart] {
      tree_.text("device_type", "cpu");
      tree_.number("reg", hart);
      tree_.text("status", "okay");
      tree_.text("compatible", "riscv");
      tree_.text("riscv,isa", isa);
      tree_.text("mmu-type", mmu_type);
      tree_.number("clock-frequency", clock_hz());
      write_cache("d", config_.core(hart).host.l1d);
      write_cache("i", config_.core(hart).host.l1i);
      tree_.node("interrupt-controller", [this, hart] {
        tree_.text("compatible", "riscv,cpu-intc");
        write_controller(hart_controller(hart));
      });
    });
  }

  void write_cache(const std::string& kind, const config::L1Params& cache) {
    tree_.number((kind + "-cache-size").c_str(), cache.capacity().count());
    tree_.number((kind + "-cache-block-size").c_str(), cache.block_bytes().count());
    tree_.number((kind + "-cache-sets").c_str(), cache.sets());
    tree_.number((kind + "-tlb-size").c_str(), cache.tlb_entries);
  }

  void write_controller(std::uint32_t phandle) {
    tree_.flag("interrupt-controller");
    tree_.number("#interrupt-cells", 1);
    tree_.number("phandle", phandle);
  }

  void write_memory() {
    const config::SocParams& soc = config_.soc;
    tree_.node(at("memory", soc.dram_base().value()), [&] {
      tree_.text("device_type", "memory");
      tree_.window(soc.dram_base, soc.dram_size);
    });
  }

  void write_devices() {
    tree_.node("soc", [this] {
      tree_.text("compatible", "simple-bus");
      tree_.number("#address-cells", cells);
      tree_.number("#size-cells", cells);
      tree_.flag("ranges");
      write_rom();
      write_clint();
      write_plic();
      write_uart();
    });
  }

  void write_rom() {
    tree_.node(at("rom", devices_.boot_rom_base().value()), [this] {
      tree_.text("compatible", "sifive,rom0");
      tree_.window(devices_.boot_rom_base, config::DeviceParams::boot_rom_size);
    });
  }

  void write_clint() {
    tree_.node(at("clint", devices_.clint_base().value()), [this] {
      tree_.text("compatible", "riscv,clint0");
      tree_.window(devices_.clint_base, config::DeviceParams::clint_size);
      tree_.numbers("interrupts-extended", to_harts(Interrupt::MachineSoftware, Interrupt::MachineTimer));
    });
  }

  void write_plic() {
    tree_.node(at("interrupt-controller", devices_.plic_base().value()), [this] {
      tree_.text("compatible", "riscv,plic0");
      tree_.window(devices_.plic_base, config::DeviceParams::plic_size);
      tree_.number("#address-cells", 0);
      write_controller(plic());
      tree_.numbers("interrupts-extended", to_harts(Interrupt::MachineExternal, Interrupt::SupervisorExternal));
      tree_.number("riscv,ndev", plic_sources);
      tree_.number("riscv,max-priority", devices_.plic_max_priority);
    });
  }

  void write_uart() {
    tree_.node(at("serial", devices_.uart_base().value()), [this] {
      tree_.text("compatible", "ns16550a");
      tree_.window(devices_.uart_base, config::DeviceParams::uart_size);
      tree_.number("clock-frequency", clock_hz());
      tree_.number("interrupt-parent", plic());
      tree_.number("interrupts", uart_interrupt);
    });
  }

  /// Both interrupts at every hart's own controller.
  Cells to_harts(Interrupt first, Interrupt second) const {
    Cells values;
    for (unsigned hart = 0; hart < harts_; ++hart) {
      for (const Interrupt interrupt : {first, second})
        values.insert(values.end(), {hart_controller(hart), static_cast<std::uint32_t>(interrupt)});
    }
    return values;
  }

  const config::SocConfig& config_;
  const config::DeviceParams& devices_;
  unsigned harts_;
  TreeWriter tree_;
};

}  // namespace

std::vector<std::uint8_t> device_tree(const config::SocConfig& config, unsigned harts) {
  return SocTree(config, harts).write();
}

}  // namespace castor::host

#include "castor/host/device_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libfdt.h>

#include <string>

namespace castor::host {
namespace {

using testing::ElementsAre;

/// Reads a blob back.
class Tree {
 public:
  explicit Tree(std::vector<std::uint8_t> blob) : blob_(std::move(blob)) {
    EXPECT_EQ(fdt_check_full(blob_.data(), blob_.size()), 0);
  }
  bool has(const std::string& path) const { return fdt_path_offset(blob_.data(), path.c_str()) >= 0; }
  std::string text(const std::string& path, const char* name) const {
    int length = 0;
    const void* value = property(path, name, length);
    return value == nullptr ? "" : static_cast<const char*>(value);
  }
  std::vector<std::uint32_t> cells(const std::string& path, const char* name) const {
    int length = 0;
    const auto* value = static_cast<const fdt32_t*>(property(path, name, length));
    std::vector<std::uint32_t> values;
    for (int i = 0; i < length / 4; ++i) values.push_back(fdt32_to_cpu(value[i]));
    return values;
  }
  std::uint32_t phandle(const std::string& path) const {
    return fdt_get_phandle(blob_.data(), fdt_path_offset(blob_.data(), path.c_str()));
  }

 private:
  const void* property(const std::string& path, const char* name, int& length) const {
    const int node = fdt_path_offset(blob_.data(), path.c_str());
    EXPECT_GE(node, 0) << path;
    const void* value = fdt_getprop(blob_.data(), node, name, &length);
    EXPECT_NE(value, nullptr) << path << ' ' << name;
    return value;
  }

  std::vector<std::uint8_t> blob_;
};

Tree tree_of(const std::vector<std::string>& settings = {}, unsigned harts = 1) {
  return Tree(device_tree(config::SocConfig::load("", settings), harts));
}

TEST(DeviceTree, DescribesTheHarts) {
  const Tree tree = tree_of({"soc.clock_ghz=0.5", "devices.mtime_divider=500", "host.l1d.capacity=32KiB"});
  EXPECT_EQ(tree.text("/cpus/cpu@0", "riscv,isa").substr(0, 10), "rv64imafdc");
  EXPECT_EQ(tree.text("/cpus/cpu@0", "mmu-type"), "riscv,sv39");
  EXPECT_THAT(tree.cells("/cpus/cpu@0", "clock-frequency"), ElementsAre(500000000));
  EXPECT_THAT(tree.cells("/cpus", "timebase-frequency"), ElementsAre(1000000));
  EXPECT_THAT(tree.cells("/cpus/cpu@0", "d-cache-size"), ElementsAre(32768));
  EXPECT_FALSE(tree.has("/cpus/cpu@1"));
}

TEST(DeviceTree, DescribesMemoryWhereItIs) {
  const Tree tree = tree_of({"soc.dram_base=0x100000000", "soc.dram_size=16GiB"});
  EXPECT_THAT(tree.cells("/memory@100000000", "reg"), ElementsAre(1, 0, 4, 0));
  EXPECT_EQ(tree.text("/memory@100000000", "device_type"), "memory");
}

TEST(DeviceTree, DescribesTheDevicesWhereTheyAre) {
  const Tree tree = tree_of({"devices.uart_base=0x54000000"});
  EXPECT_THAT(tree.cells("/soc/clint@2000000", "reg"), ElementsAre(0, 0x02000000, 0, 0x10000));
  EXPECT_THAT(tree.cells("/soc/interrupt-controller@c000000", "reg"), ElementsAre(0, 0x0c000000, 0, 0x4000000));
  EXPECT_THAT(tree.cells("/soc/serial@54000000", "reg"), ElementsAre(0, 0x54000000, 0, 0x1000));
  EXPECT_EQ(tree.text("/soc/serial@54000000", "compatible"), "ns16550a");
  EXPECT_EQ(tree.text("/chosen", "stdout-path"), "/soc/serial@54000000");
  EXPECT_EQ(tree.text("/htif", "compatible"), "ucb,htif0");
}

TEST(DeviceTree, LeadsInterruptsToEveryHartsController) {
  const Tree tree = tree_of({}, 2);
  const std::uint32_t first = tree.phandle("/cpus/cpu@0/interrupt-controller");
  const std::uint32_t second = tree.phandle("/cpus/cpu@1/interrupt-controller");
  EXPECT_NE(first, second);
  EXPECT_THAT(tree.cells("/soc/clint@2000000", "interrupts-extended"),
              ElementsAre(first, 3, first, 7, second, 3, second, 7));
  EXPECT_THAT(tree.cells("/soc/interrupt-controller@c000000", "interrupts-extended"),
              ElementsAre(first, 11, first, 9, second, 11, second, 9));
}

TEST(DeviceTree, LeadsTheUartToThePlic) {
  const Tree tree = tree_of();
  EXPECT_THAT(tree.cells("/soc/serial@10020000", "interrupt-parent"),
              ElementsAre(tree.phandle("/soc/interrupt-controller@c000000")));
  EXPECT_THAT(tree.cells("/soc/serial@10020000", "interrupts"), ElementsAre(uart_interrupt));
  EXPECT_THAT(tree.cells("/soc/interrupt-controller@c000000", "riscv,ndev"), ElementsAre(plic_sources));
}

TEST(DeviceTree, FitsTheBootRomWithManyHarts) {
  const std::vector<std::uint8_t> blob = device_tree(config::SocConfig::load(""), 32);
  EXPECT_LT(blob.size(), config::DeviceParams::boot_rom_size.count() / 2);
}

}  // namespace
}  // namespace castor::host

#include "castor/config/device_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "castor/config/soc_config.h"
#include "user_error.h"

namespace castor::config {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& setting) {
  return user_error([&] { SocConfig::load("", {setting}); });
}

TEST(DeviceParams, PutEveryDeviceWhereTheRtlHasIt) {
  const SocConfig config = SocConfig::load("");
  EXPECT_EQ(config.devices.clint_base(), PhysAddr{0x02000000});
  EXPECT_EQ(config.devices.plic_base(), PhysAddr{0x0C000000});
  EXPECT_EQ(config.devices.uart_base(), PhysAddr{0x10020000});
  EXPECT_EQ(config.devices.boot_rom_base(), PhysAddr{0x10000});
}

TEST(DeviceParams, RefuseTwoDevicesInOnePlace) {
  EXPECT_THAT(refusal("devices.uart_base=0x02001000"), HasSubstr("uart_base overlaps clint_base"));
}

TEST(DeviceParams, RefuseADeviceInMemory) {
  EXPECT_THAT(refusal("devices.uart_base=0x80001000"), HasSubstr("devices.uart_base lies in memory"));
}

TEST(DeviceParams, RefuseADeviceAtAnAddressItsDecoderCannotMatch) {
  EXPECT_THAT(refusal("devices.clint_base=0x02001000"), HasSubstr("clint_base must be a multiple of 65536"));
}

TEST(DeviceParams, RefuseADividerOfZero) {
  EXPECT_THAT(refusal("devices.mtime_divider=0"), HasSubstr("mtime_divider"));
}

}  // namespace
}  // namespace castor::config

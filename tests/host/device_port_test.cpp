#include "castor/host/device_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <functional>

#include "device_bench.h"

namespace castor::host {
namespace {

using testing::ElementsAre;

/// A core that does `act` in cycle `at`, and ends the run in cycle 100.
class Core : public sim::ClockedModule {
 public:
  Core(sim::ClockDomain& domain, Cycle at, std::function<void()> act)
      : ClockedModule("core", domain, sim::level::host), at_(at), act_(std::move(act)) {}
  Cycle step(Cycle now) override {
    if (now == at_) act_();
    if (now >= Cycle{100}) domain().finish();
    return now < at_ ? at_ : Cycle{100};
  }

 private:
  Cycle at_;
  std::function<void()> act_;
};

struct Initiator : sim::Module {
  using Module::Module;
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
};

struct Bench {
  Bench() { initiator.socket.bind(port.socket); }
  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, unsigned bytes) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    initiator.socket->b_transport(payload, delay);
    return payload.get_response_status();
  }

  sim::ClockDomain domain{"clock", test::ns(1)};
  test::RememberingDevice device;
  DevicePort port{"device", domain, device};
  Initiator initiator{"initiator"};
  std::uint64_t value = 0;
  sc_core::sc_time delay;
};

TEST(DevicePort, PassesAccessesOnWithoutDelayInTheCycleOfTheDomain) {
  Bench bench;
  Core core(bench.domain, Cycle{7}, [&] {
    EXPECT_EQ(bench.access(tlm::TLM_READ_COMMAND, 8, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(bench.value, 0x55667788U);
    EXPECT_EQ(bench.access(tlm::TLM_WRITE_COMMAND, 16, 2), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(bench.device.written, 0x7788U);
  });
  sc_core::sc_start();
  EXPECT_THAT(bench.device.accesses, ElementsAre("read 8+4 @7", "write 16+2 @7"));
  EXPECT_EQ(bench.delay, sc_core::SC_ZERO_TIME);
}

TEST(DevicePort, SettlesTheDeviceInTheCycleInWhichItChanges) {
  Bench bench;
  Core core(bench.domain, Cycle{7}, [&] {
    bench.value = 42;
    bench.access(tlm::TLM_WRITE_COMMAND, 0, 8);
  });
  sc_core::sc_start();
  EXPECT_EQ(bench.device.settled.back(), 42U);
}

TEST(DevicePort, AnswersThatTheDeviceRefuses) {
  Bench bench;
  bench.device.answers = false;
  EXPECT_EQ(bench.access(tlm::TLM_READ_COMMAND, 0, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST(DevicePort, RefusesWhatNoLoadOrStoreCanBe) {
  Bench bench;
  EXPECT_EQ(bench.access(tlm::TLM_READ_COMMAND, 0, 3), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(bench.access(tlm::TLM_READ_COMMAND, 2, 4), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_TRUE(bench.device.accesses.empty());
}

}  // namespace
}  // namespace castor::host

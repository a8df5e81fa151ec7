#include "castor/host/device_port.h"

#include <cstring>

namespace castor::host {

namespace {

/// One access of a power of two of bytes up to eight, naturally aligned, without byte enables.
bool is_plain(const tlm::tlm_generic_payload& payload) {
  const unsigned bytes = payload.get_data_length();
  const bool sized = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  return sized && payload.get_address() % bytes == 0 && payload.get_byte_enable_ptr() == nullptr &&
         payload.get_streaming_width() >= bytes;
}

}  // namespace

DevicePort::DevicePort(const sc_core::sc_module_name& name, sim::ClockDomain& domain, Device& device)
    : ClockedModule(name, domain, sim::level::devices), device_(device) {
  socket.register_b_transport(this, &DevicePort::b_transport);
}

Cycle DevicePort::step(Cycle now) {
  device_.settle(now);
  return device_.next_change(now);
}

void DevicePort::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  if (!is_plain(payload)) return payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  const bool accepted = access(payload);
  payload.set_response_status(accepted ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  const Cycle next = device_.next_change(domain().now());
  if (next != Cycle::never()) wake(next);
}

bool DevicePort::access(tlm::tlm_generic_payload& payload) {
  const Cycle now = domain().now();
  const unsigned bytes = payload.get_data_length();
  std::uint64_t value = 0;
  if (payload.is_write()) {
    ++stats_.writes;
    std::memcpy(&value, payload.get_data_ptr(), bytes);
    return device_.write(now, payload.get_address(), bytes, value);
  }
  ++stats_.reads;
  const bool accepted = device_.read(now, payload.get_address(), bytes, value);
  std::memcpy(payload.get_data_ptr(), &value, bytes);
  return accepted;
}

}  // namespace castor::host

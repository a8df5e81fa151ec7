// A device that remembers its accesses, for tests of what lies in front of it.
#pragma once

#include <string>
#include <systemc>
#include <vector>

#include "castor/host/device.h"

namespace castor::host::test {

class RememberingDevice final : public Device {
 public:
  bool read(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t& value) override {
    note("read", now, offset, bytes);
    value = 0x1122334455667788;
    return answers;
  }
  bool write(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t value) override {
    note("write", now, offset, bytes);
    written = value;
    if (bytes == 8) change_at = Cycle{value};
    return answers;
  }
  Cycle next_change(Cycle now) const override { return change_at > now ? change_at : Cycle::never(); }
  void settle(Cycle now) override { settled.push_back(now.count()); }

  std::vector<std::string> accesses;  // "read 8+4 @0": offset, bytes, cycle
  std::vector<std::uint64_t> settled;
  std::uint64_t written = 0;
  bool answers = true;
  Cycle change_at{};

 private:
  void note(const char* what, Cycle now, std::uint64_t offset, unsigned bytes) {
    accesses.push_back(std::string(what) + ' ' + std::to_string(offset) + '+' + std::to_string(bytes) + " @" +
                       std::to_string(now.count()));
  }
};

inline sc_core::sc_time ns(double count) { return {count, sc_core::SC_NS}; }

}  // namespace castor::host::test

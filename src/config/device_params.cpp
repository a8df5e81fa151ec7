#include "castor/config/device_params.h"

namespace castor::config {

bool DeviceParams::Window::overlaps(PhysAddr other_base, Bytes other_size) const {
  const PhysAddr first = (*base)();
  return first < other_base + other_size.count() && other_base < first + size.count();
}

std::vector<DeviceParams::Window> DeviceParams::windows() const {
  return {{&error_base, error_size},
          {&boot_rom_base, boot_rom_size},
          {&clint_base, clint_size},
          {&plic_base, plic_size},
          {&uart_base, uart_size}};
}

void DeviceParams::check() const {
  const std::vector<Window> all = windows();
  for (auto window = all.begin(); window != all.end(); ++window) {
    require((*window->base)().value() % window->size.count() == 0, {window->base},
            std::string(window->base->key()) + " must be a multiple of " + std::to_string(window->size.count()));
    for (auto other = all.begin(); other != window; ++other) {
      require(!window->overlaps((*other->base)(), other->size), {window->base, other->base},
              std::string(window->base->key()) + " overlaps " + other->base->key());
    }
  }
}

}  // namespace castor::config

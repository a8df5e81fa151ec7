#include "castor/config/soc_params.h"

namespace castor::config {

void SocParams::check() const {
  constexpr std::uint64_t page = 4096;
  require(dram_base().value() % page == 0, {&dram_base}, "dram_base must be a multiple of 4 KiB");
  require(dram_size().count() % page == 0, {&dram_size}, "dram_size must be a multiple of 4 KiB");
  require(sram_base().value() % page == 0 && sram_size().count() % page == 0, {&sram_base, &sram_size},
          "sram_base and sram_size must be multiples of 4 KiB");
  require(dram_size().count() <= ~std::uint64_t{0} - dram_base().value() &&
              sram_size().count() <= ~std::uint64_t{0} - sram_base().value(),
          {&dram_base, &dram_size, &sram_base, &sram_size}, "memory must end below 2^64");
  const std::uint64_t sram_end = sram_base().value() + sram_size().count();
  const std::uint64_t dram_end = dram_base().value() + dram_size().count();
  require(sram_end <= dram_base().value() || dram_end <= sram_base().value(),
          {&sram_base, &sram_size, &dram_base, &dram_size}, "the SRAM and memory overlap");
}

}  // namespace castor::config

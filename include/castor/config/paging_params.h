// The address space that the loader makes for command streams (soc.virtual_memory). RISC-V programs make their own.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

enum class PagePlacement { Contiguous, Shuffled };

template <>
struct Names<PagePlacement> {
  static constexpr std::pair<PagePlacement, const char*> all[] = {{PagePlacement::Contiguous, "contiguous"},
                                                                  {PagePlacement::Shuffled, "shuffled"}};
};

class PagingParams : public Group {
 public:
  PagingParams() : Group("paging", summary) {}
  explicit PagingParams(Group* parent, const char* key = "paging") : Group(parent, key, summary) {}

  // clang-format off
  Param<Bytes> page_bytes{this, "page_bytes", 4_KiB, power_of_two(4_KiB, 1_GiB),
      "size of every page: 4 KiB, or a superpage of 2 MiB or 1 GiB"};
  Param<PagePlacement> placement{this, "placement", PagePlacement::Contiguous,
      "where pages lie in memory: contiguous: page after page from soc.dram_base on; shuffled: in an order that `seed` "
      "decides"};
  Param<unsigned> seed{this, "seed", 1, unit::none, range(0, 4294967295ULL), "of shuffled"};
  Param<Bytes> size{this, "size", 0_B, range(0_B, 1024_GiB),
      "virtual memory, from the address soc.dram_base on; 0: as much as memory holds beside the tables"};
  // clang-format on

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "pages of a command stream";
};

}  // namespace castor::config

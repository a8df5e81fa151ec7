#include "castor/config/paging_params.h"

namespace castor::config {

void PagingParams::check() const {
  require(page_bytes() == 4_KiB || page_bytes() == 2_MiB || page_bytes() == 1_GiB, {&page_bytes},
          "page_bytes must be 4 KiB, 2 MiB or 1 GiB (Sv39)");
  require(size().count() % page_bytes().count() == 0, {&size, &page_bytes}, "size must be a multiple of page_bytes");
}

}  // namespace castor::config

#include "castor/gemmini/transposer.h"

#include <utility>

namespace castor::gemmini {

Transposer::Transposer(unsigned dim, unsigned element_bytes)
    : dim_(dim), element_bytes_(element_bytes), entering_(dim), leaving_(dim) {}

RowBytes Transposer::exchange(const RowBytes& row) {
  RowBytes column;
  gather(count_, column);
  entering_[count_] = row;
  if (++count_ == dim_) {
    count_ = 0;
    std::swap(entering_, leaving_);
  }
  return column;
}

void Transposer::gather(unsigned column, RowBytes& out) const {
  bool empty = true;
  for (const RowBytes& row : leaving_) empty = empty && row.empty();
  if (empty) return;
  out = RowBytes(std::size_t{dim_} * element_bytes_);
  for (unsigned i = 0; i < dim_; ++i)
    if (!leaving_[i].empty())
      std::memcpy(out.data() + i * element_bytes_, leaving_[i].data() + column * element_bytes_, element_bytes_);
}

}  // namespace castor::gemmini

// Matrix products in floats; the sums run over k in order, so results are the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

namespace castor::compiler {

/// The right-hand matrix in panels of 16 columns, each contiguous: row after row.
class PackedMatrix {
 public:
  static constexpr std::int64_t panel_columns = 16;
  PackedMatrix(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns);
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  const float* panel(std::int64_t first_column) const { return panels_.data() + first_column * rows_; }

 private:
  std::int64_t rows_, columns_;
  std::vector<float> panels_;
};

/// c[i][j] += sum of a[i][t] * b[k0 + t][j] for t < k; i < m, all columns of b.
void gemm(std::int64_t m, std::int64_t k0, std::int64_t k, const float* a, std::int64_t lda, const PackedMatrix& b,
          float* c, std::int64_t ldc);

}  // namespace castor::compiler

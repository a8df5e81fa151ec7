#include "gemm.h"

#include <algorithm>
#include <cstring>

namespace castor::compiler {
namespace {

struct Operands {
  std::int64_t m, k0, k;
  const float* a;
  std::int64_t lda;
  const PackedMatrix& b;
  float* c;
  std::int64_t ldc;
};

/// Eight floats; without AVX the compiler takes two SSE registers, with the same results.
using Lanes [[gnu::vector_size(32)]] = float;

constexpr std::int64_t rows_at_once = 4;
constexpr std::int64_t width = PackedMatrix::panel_columns;

#define CASTOR_INLINE __attribute__((always_inline)) inline

/// Four rows by one panel: eight accumulators of eight lanes stay in registers. Rows beyond `rows` repeat the last one.
CASTOR_INLINE void block(const Operands& o, std::int64_t i, std::int64_t rows, const float* b,
                         float (&sums)[rows_at_once][width]) {
  Lanes registers[rows_at_once][2];
  std::memcpy(registers, sums, sizeof registers);
  const float* a[rows_at_once];
  for (std::int64_t r = 0; r < rows_at_once; ++r) a[r] = o.a + (i + std::min(r, rows - 1)) * o.lda;
  for (std::int64_t k = 0; k < o.k; ++k, b += width) {
    Lanes row[2];
    std::memcpy(row, b, sizeof row);
    for (std::int64_t r = 0; r < rows_at_once; ++r) {
      registers[r][0] += a[r][k] * row[0], registers[r][1] += a[r][k] * row[1];
    }
  }
  std::memcpy(sums, registers, sizeof registers);
}

CASTOR_INLINE void blocks(const Operands& o) {
  for (std::int64_t j = 0; j < o.b.columns(); j += width) {
    const std::int64_t columns = std::min(width, o.b.columns() - j);
    const float* panel = o.b.panel(j) + o.k0 * width;
    for (std::int64_t i = 0; i < o.m; i += rows_at_once) {
      const std::int64_t rows = std::min(rows_at_once, o.m - i);
      float sums[rows_at_once][width] = {};
      for (std::int64_t r = 0; r < rows; ++r)
        std::memcpy(sums[r], o.c + (i + r) * o.ldc + j, static_cast<std::size_t>(columns) * sizeof(float));
      block(o, i, rows, panel, sums);
      for (std::int64_t r = 0; r < rows; ++r)
        std::memcpy(o.c + (i + r) * o.ldc + j, sums[r], static_cast<std::size_t>(columns) * sizeof(float));
    }
  }
}

// The same additions and multiplications in the same order: AVX2 without fused multiply-add gives the same bits.
#if defined(__x86_64__)
__attribute__((target("avx2"), optimize("O3"))) void blocks_avx2(const Operands& o) { blocks(o); }
#endif
__attribute__((optimize("O3"))) void blocks_portable(const Operands& o) { blocks(o); }

}  // namespace

PackedMatrix::PackedMatrix(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns)
    : rows_(rows),
      columns_(columns),
      panels_(static_cast<std::size_t>((columns + width - 1) / width * width * rows), 0.0F) {
  for (std::int64_t j = 0; j < columns; j += width) {
    float* to = panels_.data() + j * rows;
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(values + r * stride + j, std::min(width, columns - j), to + r * width);
  }
}

void gemm(std::int64_t m, std::int64_t k0, std::int64_t k, const float* a, std::int64_t lda, const PackedMatrix& b,
          float* c, std::int64_t ldc) {
  const Operands operands{m, k0, k, a, lda, b, c, ldc};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return blocks_avx2(operands);
#endif
  blocks_portable(operands);
}

}  // namespace castor::compiler

#include "gemm.h"

#include <algorithm>
#include <cstring>

namespace castor::compiler {
namespace {

struct Operands {
  std::int64_t m, n, k;
  const float* a;
  std::int64_t lda;
  const float* b;
  std::int64_t ldb;
  float* c;
  std::int64_t ldc;
};

/// Eight floats; without AVX the compiler takes two SSE registers, with the same results.
typedef float Lanes __attribute__((vector_size(32)));

constexpr std::int64_t rows_at_once = 4;
constexpr std::int64_t columns_at_once = 16;

#define CASTOR_INLINE __attribute__((always_inline)) inline

/// A block of full size: eight accumulators of eight lanes stay in registers.
CASTOR_INLINE void full_block(const Operands& o, std::int64_t i, std::int64_t j) {
  Lanes sums[rows_at_once][2];
  for (std::int64_t r = 0; r < rows_at_once; ++r) {
    std::memcpy(sums[r], o.c + (i + r) * o.ldc + j, sizeof sums[r]);
  }
  const float* a = o.a + i * o.lda;
  for (std::int64_t k = 0; k < o.k; ++k) {
    Lanes b[2];
    std::memcpy(b, o.b + k * o.ldb + j, sizeof b);
    for (std::int64_t r = 0; r < rows_at_once; ++r) {
      const float x = a[r * o.lda + k];
      sums[r][0] += x * b[0], sums[r][1] += x * b[1];
    }
  }
  for (std::int64_t r = 0; r < rows_at_once; ++r) {
    std::memcpy(o.c + (i + r) * o.ldc + j, sums[r], sizeof sums[r]);
  }
}

CASTOR_INLINE void edge_block(const Operands& o, std::int64_t i, std::int64_t j) {
  const std::int64_t rows = std::min(rows_at_once, o.m - i), columns = std::min(columns_at_once, o.n - j);
  for (std::int64_t r = 0; r < rows; ++r) {
    float* sums = o.c + (i + r) * o.ldc + j;
    for (std::int64_t k = 0; k < o.k; ++k) {
      const float x = o.a[(i + r) * o.lda + k];
      const float* row = o.b + k * o.ldb + j;
      for (std::int64_t s = 0; s < columns; ++s) sums[s] += x * row[s];
    }
  }
}

CASTOR_INLINE void blocks(const Operands& o) {
  for (std::int64_t j = 0; j < o.n; j += columns_at_once) {
    for (std::int64_t i = 0; i < o.m; i += rows_at_once) {
      const bool full = i + rows_at_once <= o.m && j + columns_at_once <= o.n;
      full ? full_block(o, i, j) : edge_block(o, i, j);
    }
  }
}

// The same additions and multiplications in the same order: AVX2 without fused multiply-add gives the same bits.
#if defined(__x86_64__)
__attribute__((target("avx2"), optimize("O3"))) void blocks_avx2(const Operands& o) { blocks(o); }
#endif
__attribute__((optimize("O3"))) void blocks_portable(const Operands& o) { blocks(o); }

}  // namespace

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float* c,
          std::int64_t ldc) {
  const Operands operands{m, n, k, a, lda, b, ldb, c, ldc};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return blocks_avx2(operands);
#endif
  blocks_portable(operands);
}

}  // namespace castor::compiler

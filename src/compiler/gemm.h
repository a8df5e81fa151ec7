// C[m][n] += A[m][k] * B[k][n] in floats; the sums run over k in order, so results are the same on every machine.
#pragma once

#include <cstdint>

namespace castor::compiler {

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float* c,
          std::int64_t ldc);

}  // namespace castor::compiler

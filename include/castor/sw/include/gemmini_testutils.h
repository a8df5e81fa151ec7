/* What tests of single instructions need: products of one block on the core, comparison, printing, cycles. */
#ifndef GEMMINI_TESTUTILS_H
#define GEMMINI_TESTUTILS_H

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gemmini.h"

#undef abs

#ifdef BAREMETAL
#undef assert
#define assert(expr)                                                      \
  if (!(expr)) {                                                          \
    printf("Failed assertion: " #expr "\n  " __FILE__ ":%u\n", __LINE__); \
    exit(1);                                                              \
  }
#endif

/* ---- D + A * B of one block, in three widths, of operands stored as they are or transposed */

#define GEMMINI_BLOCK_MATMUL(name, D_type, C_type, a, b)                                                       \
  GEMMINI_FUNCTION void name(elem_t A[DIM][DIM], elem_t B[DIM][DIM], D_type D[DIM][DIM], C_type C[DIM][DIM]) { \
    size_t r, c, k;                                                                                            \
    for (r = 0; r < DIM; r++)                                                                                  \
      for (c = 0; c < DIM; c++) {                                                                              \
        C[r][c] = D[r][c];                                                                                     \
        for (k = 0; k < DIM; k++) C[r][c] += (a) * (b);                                                        \
      }                                                                                                        \
  }
#define GEMMINI_BLOCK_MATMULS(suffix, a, b)                        \
  GEMMINI_BLOCK_MATMUL(matmul##suffix, elem_t, full_t, a, b)       \
  GEMMINI_BLOCK_MATMUL(matmul_short##suffix, elem_t, elem_t, a, b) \
  GEMMINI_BLOCK_MATMUL(matmul_full##suffix, full_t, full_t, a, b)
GEMMINI_BLOCK_MATMULS(, A[r][k], B[k][c])
GEMMINI_BLOCK_MATMULS(_A_transposed, A[k][r], B[k][c])
GEMMINI_BLOCK_MATMULS(_B_transposed, A[r][k], B[c][k])
GEMMINI_BLOCK_MATMULS(_AB_transposed, A[k][r], B[c][k])

/* ---- element by element */

#define GEMMINI_FOR_BLOCK(r, c) \
  size_t r, c;                  \
  for (r = 0; r < DIM; r++)     \
    for (c = 0; c < DIM; c++)

GEMMINI_FUNCTION elem_t gemmini_saturated(full_t x) {
#ifdef ELEM_T_IS_FLOAT
  return (elem_t)x;
#else
  return x > elem_t_max ? elem_t_max : x < elem_t_min ? elem_t_min : (elem_t)x;
#endif
}
GEMMINI_FUNCTION void matadd(full_t sum[DIM][DIM], full_t m1[DIM][DIM], full_t m2[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) sum[r][c] = m1[r][c] + m2[r][c];
}
/* Rounded to nearest even, saturated. */
GEMMINI_FUNCTION void matshift(full_t full[DIM][DIM], elem_t out[DIM][DIM], int shift) {
  GEMMINI_FOR_BLOCK(r, c) out[r][c] = gemmini_saturated(ROUNDING_RIGHT_SHIFT(full[r][c], shift));
}
GEMMINI_FUNCTION void matscale(full_t full[DIM][DIM], elem_t out[DIM][DIM], acc_scale_t scale) {
  GEMMINI_FOR_BLOCK(r, c) out[r][c] = gemmini_saturated((full_t)ACC_SCALE(full[r][c], scale));
}
GEMMINI_FUNCTION void matrelu(elem_t in[DIM][DIM], elem_t out[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) out[r][c] = in[r][c] > 0 ? in[r][c] : 0;
}
GEMMINI_FUNCTION void transpose(elem_t in[DIM][DIM], elem_t out[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) out[c][r] = in[r][c];
}

/* ---- random numbers 0..255, the same in every run */

#ifndef __cplusplus
int rand(void) {
  static uint32_t state = 777;
  state = state * 1664525 + 1013904223;
  return state >> 24;
}
#endif
#ifdef ELEM_T_IS_FLOAT
GEMMINI_FUNCTION double gemmini_rand_ratio(void) {
  const double above = rand() % 128;
  return above / (1 + rand() % 64);
}
GEMMINI_FUNCTION double rand_double(void) {
  const double a = gemmini_rand_ratio();
  return a - gemmini_rand_ratio();
}
#endif

/* ---- comparing and printing */

#ifdef ELEM_T_IS_FLOAT
#define GEMMINI_SAME(x, y) ((x) == (y) || (elem_t_isnan(x) && elem_t_isnan(y)))
#define GEMMINI_PRINT(x) printf("%llx ", (unsigned long long)elem_t_to_elem_t_bits(x))
#define GEMMINI_PRINT_ACC(x) printf("%llx ", (unsigned long long)acc_t_to_acc_t_bits(x))
#else
#define GEMMINI_SAME(x, y) ((x) == (y))
#define GEMMINI_PRINT(x) printf("%d ", (int)(x))
#define GEMMINI_PRINT_ACC(x) printf("%d ", (int)(x))
#endif

GEMMINI_FUNCTION void printMatrix(elem_t m[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) {
    GEMMINI_PRINT(m[r][c]);
    if (c == DIM - 1) printf("\n");
  }
}
GEMMINI_FUNCTION void printMatrixAcc(acc_t m[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) {
    GEMMINI_PRINT_ACC(m[r][c]);
    if (c == DIM - 1) printf("\n");
  }
}
GEMMINI_FUNCTION int is_equal(elem_t x[DIM][DIM], elem_t y[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) {
    if (!GEMMINI_SAME(x[r][c], y[r][c])) return 0;
  }
  return 1;
}
GEMMINI_FUNCTION int is_equal_transposed(elem_t x[DIM][DIM], elem_t y[DIM][DIM]) {
  GEMMINI_FOR_BLOCK(r, c) {
    if (!GEMMINI_SAME(x[r][c], y[c][r])) return 0;
  }
  return 1;
}
/* Of matrices of any size. */
#define MAT_IS_EQUAL(dim_i, dim_j, x, y)                         \
  ({                                                             \
    int same_ = 1;                                               \
    for (size_t i_ = 0; same_ && i_ < (size_t)(dim_i); i_++)     \
      for (size_t j_ = 0; same_ && j_ < (size_t)(dim_j); j_++) { \
        if ((x)[i_][j_] != (y)[i_][j_]) same_ = 0;               \
      }                                                          \
    same_;                                                       \
  })

/* The core's cycles; a host build has none. */
GEMMINI_FUNCTION uint64_t read_cycles(void) {
  uint64_t cycles = 0;
#ifdef __riscv
  __asm__ volatile("rdcycle %0" : "=r"(cycles)::"memory");
#endif
  return cycles;
}

#endif /* GEMMINI_TESTUTILS_H */

/* C = relu(A * B + D) * scale on the accelerator, checked against the core. Sizes are no multiples of the array's. */
#include <stdio.h>
#include <string.h>

#include "gemmini.h"
#include "gemmini_testutils.h"

enum { I = 100, J = 70, K = 50 };

static elem_t A[I][K] row_align(1), B[K][J] row_align(1), C[I][J] row_align(1), gold[I][J];
static acc_t D[J] row_align_acc(1); /* one row for all rows of C */

static void fill(void) {
  for (int i = 0; i < I * K; i++) A[i / K][i % K] = rand() % 16 - 8;
  for (int i = 0; i < K * J; i++) B[i / J][i % J] = rand() % 16 - 8;
  for (int i = 0; i < J; i++) D[i] = rand() % 256 - 128;
}

static uint64_t matmul_cycles(elem_t* out, enum tiled_matmul_type_t type) {
  const uint64_t begin = read_cycles();
  tiled_matmul_auto(I, J, K, (elem_t*)A, (elem_t*)B, D, out, K, J, J, J, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY,
                    MVIN_SCALE_IDENTITY, RELU, 0.125, 0, true, false, false, false, false, 0, type);
  return read_cycles() - begin;
}

int main(void) {
  fill();
  gemmini_flush(0);
  const uint64_t accelerator = matmul_cycles((elem_t*)C, WS), core = matmul_cycles((elem_t*)gold, CPU);
  const int wrong = memcmp(C, gold, sizeof C) != 0;
  printf("matmul %dx%dx%d: accelerator %lu cycles, core %lu cycles, %s\n", I, J, K, accelerator, core,
         wrong ? "different" : "the same");
  return wrong;
}

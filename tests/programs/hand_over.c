/* Two harts, each with an accelerator of its own, as a pipeline: what the first multiplies the second multiplies again,
 * through two buffers that are used over and over. Hart 0 checks the results. */
#include <stdio.h>

#include "gemmini.h"

#define ROUNDS 6
#define BUFFERS 2

typedef elem_t block[DIM][DIM];

static block inputs[ROUNDS] row_align(1), factor row_align(1), buffers[BUFFERS] row_align(1),
    results[ROUNDS] row_align(1);
static int filled, emptied; /* buffers so far */

static void wait_for(const int* count, int least) {
  while (__atomic_load_n(count, __ATOMIC_ACQUIRE) < least) continue;
}

static void multiply(block a, block c) {
  tiled_matmul_auto(DIM, DIM, DIM, &a[0][0], &factor[0][0], NULL, &c[0][0], DIM, DIM, DIM, DIM, MVIN_SCALE_IDENTITY,
                    MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, NO_ACTIVATION, ACC_SCALE_IDENTITY, 0, false, false, false,
                    false, false, 0, WS);
  gemmini_fence();
}

static void fill(void) {
  for (int i = 0; i < DIM; i++) {
    for (int j = 0; j < DIM; j++) {
      factor[i][j] = (elem_t)((i + 2 * j) % 4 == 0);
      for (int round = 0; round < ROUNDS; round++) inputs[round][i][j] = (elem_t)((i + 3 * j + round) % 3 - 1);
    }
  }
}

static void first_stage(void) {
  fill();
  for (int round = 0; round < ROUNDS; round++) {
    wait_for(&emptied, round + 1 - BUFFERS);
    multiply(inputs[round], buffers[round % BUFFERS]);
    __atomic_add_fetch(&filled, 1, __ATOMIC_ACQ_REL);
  }
}

static void second_stage(void) {
  for (int round = 0; round < ROUNDS; round++) {
    wait_for(&filled, round + 1);
    multiply(buffers[round % BUFFERS], results[round]);
    __atomic_add_fetch(&emptied, 1, __ATOMIC_ACQ_REL);
  }
}

void thread_entry(int hart, int harts) {
  (void)harts;
  if (hart > 1) return;
  gemmini_flush(0);
  hart == 0 ? first_stage() : second_stage();
  if (hart == 0) wait_for(&emptied, ROUNDS);
}

/* The product of one row, on the core. */
static void multiply_row(const elem_t* row, elem_t* product) {
  for (int j = 0; j < DIM; j++) {
    int sum = 0;
    for (int k = 0; k < DIM; k++) sum += row[k] * factor[k][j];
    product[j] = (elem_t)(sum > elem_t_max ? elem_t_max : sum < elem_t_min ? elem_t_min : sum);
  }
}

static int differences(void) {
  int count = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < DIM; i++) {
      elem_t once[DIM], twice[DIM];
      multiply_row(inputs[round][i], once);
      multiply_row(once, twice);
      for (int j = 0; j < DIM; j++) count += results[round][i][j] != twice[j];
    }
  }
  return count;
}

int main(void) {
  const int wrong = differences();
  printf("hand over: %d of %d elements differ\n", wrong, ROUNDS * DIM * DIM);
  return wrong != 0;
}

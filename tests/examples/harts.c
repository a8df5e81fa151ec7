/* Two harts, each with an accelerator of its own: each multiplies its half of the rows, hart 0 checks the whole. */
#include <stdio.h>

#include "gemmini.h"

#ifndef HARTS
#define HARTS 2
#endif
#define ROWS (4 * DIM)
#define SHARE (ROWS / HARTS)

static elem_t a[ROWS][DIM] row_align(1), b[DIM][DIM] row_align(1), c[ROWS][DIM] row_align(1);
static int ready, finished; /* harts, counted atomically */

static void fill(void) {
  for (int r = 0; r < ROWS; r++) {
    for (int k = 0; k < DIM; k++) a[r][k] = (elem_t)((r + 3 * k) % 7 - 3);
  }
  for (int k = 0; k < DIM; k++) {
    for (int j = 0; j < DIM; j++) b[k][j] = (elem_t)((k * 5 + j) % 3 - 1);
  }
}

static void wait_for(const int* count, int harts) {
  while (__atomic_load_n(count, __ATOMIC_ACQUIRE) < harts) continue;
}

static void multiply_share(int hart) {
  const size_t first = (size_t)hart * SHARE;
  tiled_matmul_auto(SHARE, DIM, DIM, &a[first][0], &b[0][0], NULL, &c[first][0], DIM, DIM, DIM, DIM,
                    MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, NO_ACTIVATION, ACC_SCALE_IDENTITY, 0,
                    false, false, false, false, false, 0, WS);
}

static int differences(void) {
  int count = 0;
  for (int r = 0; r < ROWS; r++) {
    for (int j = 0; j < DIM; j++) {
      int sum = 0;
      for (int k = 0; k < DIM; k++) sum += a[r][k] * b[k][j];
      count += c[r][j] != (elem_t)sum;
    }
  }
  return count;
}

/* Every hart comes here. */
void thread_entry(int hart, int harts) {
  (void)harts;
  if (hart >= HARTS) return;
  if (hart == 0) {
    fill();
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
  }
  wait_for(&ready, 1);
  gemmini_flush(0);
  multiply_share(hart);
  gemmini_fence();
  __atomic_add_fetch(&finished, 1, __ATOMIC_ACQ_REL);
  if (hart == 0) wait_for(&finished, HARTS);
}

int main(void) {
  printf("harts: %d of %d elements differ\n", differences(), ROWS * DIM);
  return differences() != 0;
}

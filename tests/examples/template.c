/* The smallest program: one block through the array by single instructions. Start here. */
#include <stdio.h>

#include "gemmini.h"

static elem_t in[DIM][DIM] row_align(1), identity[DIM][DIM] row_align(1), out[DIM][DIM] row_align(1);

static void fill(void) {
  for (int r = 0; r < DIM; r++) {
    for (int c = 0; c < DIM; c++) {
      in[r][c] = (elem_t)(r - c);
      identity[r][c] = r == c;
    }
  }
}

static int differences(void) {
  int count = 0;
  for (int r = 0; r < DIM; r++) {
    for (int c = 0; c < DIM; c++) count += in[r][c] != out[r][c];
  }
  return count;
}

int main(void) {
  const uint32_t in_at = 0, identity_at = DIM, out_at = 2 * DIM; /* rows of the scratchpad */
  fill();

  gemmini_flush(0);
  gemmini_config_ex(WEIGHT_STATIONARY, NO_ACTIVATION, 0);
  gemmini_config_ld(DIM * sizeof(elem_t));
  gemmini_config_st(DIM * sizeof(elem_t));

  gemmini_mvin(in, in_at);
  gemmini_mvin(identity, identity_at);
  gemmini_preload(identity_at, out_at);
  gemmini_compute_preloaded(in_at, GARBAGE_ADDR);
  gemmini_mvout(out, out_at);
  gemmini_fence();

  printf("template: %d of %d elements differ\n", differences(), DIM * DIM);
  return differences() != 0;
}

/* Four chains of arithmetic that do not depend on each other, loads and stores among them, and a product on the
 * accelerator: an out-of-order core gains on the chains, and everything that is printed is the same on every core. */
#include <stdint.h>
#include <stdio.h>

#include "gemmini_testutils.h"

static uint64_t words[512];
static elem_t a[DIM][DIM], b[DIM][DIM], c[DIM][DIM];

static uint64_t chains(unsigned rounds) {
  uint64_t w = 1, x = 2, y = 3, z = 4;
  for (unsigned i = 0; i < rounds; i++) {
    w = (w << 1) + i;
    x = (x ^ w) + words[i % 512];
    y = (y + 7) ^ (y >> 3);
    z = z * 5 + 1;
    words[(i + 256) % 512] = y;
  }
  return w ^ x ^ y ^ z;
}

static int product(void) {
  for (int i = 0; i < DIM; i++)
    for (int j = 0; j < DIM; j++) {
      a[i][j] = (elem_t)(i + j);
      b[i][j] = (elem_t)(i == j);
    }
  tiled_matmul_auto(DIM, DIM, DIM, &a[0][0], &b[0][0], NULL, &c[0][0], DIM, DIM, DIM, DIM, MVIN_SCALE_IDENTITY,
                    MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, NO_ACTIVATION, ACC_SCALE_IDENTITY, 0, false, false, false,
                    false, false, 0, WS);
  int sum = 0;
  for (int i = 0; i < DIM; i++)
    for (int j = 0; j < DIM; j++) sum += (i + 1) * c[i][j];
  return sum;
}

int main(void) {
  printf("chains %lx\n", (unsigned long)chains(20000));
  printf("product %d\n", product());
  return 0;
}

/* A multi-layer perceptron: a chain of matrix products, each checked against the core, then timed once more without
 * checks. */
#include <stdio.h>

#include "gemmini.h"
#include "gemmini_nn.h"

enum { BATCH = 32, IN = 96, HIDDEN_1 = 128, HIDDEN_2 = 64, OUT = 10 };

static elem_t x0[BATCH][IN] row_align(1), x1[BATCH][HIDDEN_1] row_align(1), x2[BATCH][HIDDEN_2] row_align(1),
    x3[BATCH][OUT] row_align(1);
static elem_t w1[IN][HIDDEN_1] row_align(1), w2[HIDDEN_1][HIDDEN_2] row_align(1), w3[HIDDEN_2][OUT] row_align(1);

static void fill(elem_t* x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = rand() % 16 - 8;
}

static uint64_t infer(bool check) {
  const uint64_t begin = read_cycles();
  tiled_matmul_nn_auto(BATCH, HIDDEN_1, IN, x0, w1, NULL, x1, RELU, 0.0625, false, WS, check, "layer 1");
  tiled_matmul_nn_auto(BATCH, HIDDEN_2, HIDDEN_1, x1, w2, NULL, x2, RELU, 0.0625, false, WS, check, "layer 2");
  tiled_matmul_nn_auto(BATCH, OUT, HIDDEN_2, x2, w3, NULL, x3, NO_ACTIVATION, 0.0625, false, WS, check, "layer 3");
  return read_cycles() - begin;
}

static int largest(const elem_t* row) {
  int best = 0;
  for (int c = 1; c < OUT; c++) {
    if (row[c] > row[best]) best = c;
  }
  return best;
}

int main(void) {
  fill((elem_t*)x0, sizeof x0 / sizeof(elem_t)), fill((elem_t*)w1, sizeof w1 / sizeof(elem_t));
  fill((elem_t*)w2, sizeof w2 / sizeof(elem_t)), fill((elem_t*)w3, sizeof w3 / sizeof(elem_t));
  gemmini_flush(0);
  infer(true);
  printf("mlp: %lu cycles; first answers:", infer(false));
  for (int i = 0; i < 4; i++) printf(" %d", largest(x3[i]));
  printf("\n");
  return 0;
}

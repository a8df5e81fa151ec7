/* A 3x3 convolution with ReLU and a fused 2x2 max-pool, checked against the core. */
#include <stdio.h>
#include <string.h>

#include "gemmini.h"
#include "gemmini_testutils.h"

enum { BATCH = 2, IN = 14, IN_CHANNELS = 20, OUT_CHANNELS = 36, KERNEL = 3, PADDING = 1, POOL = 2 };
enum { OUT = IN + 2 * PADDING - KERNEL + 1, POOLED = OUT / POOL };

static elem_t input[BATCH][IN][IN][IN_CHANNELS], weights[KERNEL][KERNEL][IN_CHANNELS][OUT_CHANNELS];
static elem_t output[BATCH][POOLED][POOLED][OUT_CHANNELS], gold[BATCH][POOLED][POOLED][OUT_CHANNELS];
static acc_t bias[OUT_CHANNELS];

static void fill(void) {
  elem_t *in = (elem_t*)input, *w = (elem_t*)weights;
  for (size_t i = 0; i < sizeof input / sizeof *in; i++) in[i] = rand() % 16 - 8;
  for (size_t i = 0; i < sizeof weights / sizeof *w; i++) w[i] = rand() % 16 - 8;
  for (int i = 0; i < OUT_CHANNELS; i++) bias[i] = rand() % 256 - 128;
}

static uint64_t conv_cycles(elem_t* out, enum tiled_matmul_type_t type) {
  const uint64_t begin = read_cycles();
  tiled_conv_auto(BATCH, IN, IN, IN_CHANNELS, OUT_CHANNELS, OUT, OUT, 1, 1, 1, PADDING, KERNEL, false, false, false,
                  false, false, (elem_t*)input, (elem_t*)weights, bias, out, RELU, 0.0625, POOL, POOL, 0, type);
  gemmini_fence(); /* convolutions return before they are finished */
  return read_cycles() - begin;
}

int main(void) {
  fill();
  gemmini_flush(0);
  const uint64_t accelerator = conv_cycles((elem_t*)output, WS), core = conv_cycles((elem_t*)gold, CPU);
  const int wrong = memcmp(output, gold, sizeof output) != 0;
  printf("conv %dx%dx%d to %d channels: accelerator %lu cycles, core %lu cycles, %s\n", IN, IN, IN_CHANNELS,
         OUT_CHANNELS, accelerator, core, wrong ? "different" : "the same");
  return wrong;
}

/* Kernels that need the accumulator but not the array: residual addition, global average, normalisation. */
#ifndef GEMMINI_ELEMENTWISE_H
#define GEMMINI_ELEMENTWISE_H

#include "gemmini_cpu.h"
#include "gemmini_isa.h"
#include "gemmini_matmul.h"
#include "gemmini_tiling.h"

/* ---- residual addition: C = act(A * A_scale + B * B_scale) * C_scale. Returns when C is in memory. */

#ifdef GEMMINI_NO_RESADD_UNROLLER
#define GEMMINI_RESADD_UNROLLER 0

/* Moves one matrix between memory and accumulator rows from `local` on, MAX_BLOCK_LEN blocks a command. */
#define GEMMINI_RESADD_MOVE(instruction, dram, local)                                          \
  for (i = 0; i < I; i += DIM) {                                                               \
    for (j = 0; j < J; j += step) {                                                            \
      const size_t cols = j + step <= J ? step : J - j, rows = i + DIM <= I ? DIM : I - i;     \
      instruction(dram + i * stride + j, (local) + i * ((J + DIM - 1) / DIM) + j, cols, rows); \
    }                                                                                          \
  }

/* A is moved in, B on top of it, and the sum out. */
GEMMINI_FUNCTION void gemmini_resadd_part(size_t I, size_t J, const elem_t* A, const elem_t* B, elem_t* C,
                                          size_t stride, bool relu) {
  const size_t blocks = (J + DIM - 1) / DIM, step = (blocks < MAX_BLOCK_LEN ? blocks : MAX_BLOCK_LEN) * DIM;
  size_t i, j;
  (void)relu;
  GEMMINI_RESADD_MOVE(gemmini_extended_mvin, A, GEMMINI_ACC)
  GEMMINI_RESADD_MOVE(gemmini_extended_mvin2, B, GEMMINI_ACC | GEMMINI_ACCUMULATE)
  GEMMINI_RESADD_MOVE(gemmini_extended_mvout, C, GEMMINI_ACC)
}
#undef GEMMINI_RESADD_MOVE
#else
#define GEMMINI_RESADD_UNROLLER 1

GEMMINI_FUNCTION void gemmini_resadd_part(size_t I, size_t J, const elem_t* A, const elem_t* B, elem_t* C,
                                          size_t stride, bool relu) {
  const size_t blocks_I = (I + DIM - 1) / DIM, blocks_J = (J + DIM - 1) / DIM;
  gemmini_loop_ws(blocks_I, blocks_J, 0, blocks_I * DIM - I, blocks_J * DIM - J, 0, A, B, NULL, C, stride, stride, 0,
                  stride, false, false, false, false, false, relu, 0, 0, true);
}
#endif

/* With explicit tiles, in elements. */
GEMMINI_FUNCTION void tiled_resadd(const size_t I, const size_t J, const size_t stride, const size_t tile_I,
                                   const size_t tile_J, const scale_t A_scale, const scale_t B_scale,
                                   const acc_scale_t C_scale, const elem_t* A, const elem_t* B, elem_t* C, bool relu,
                                   enum tiled_matmul_type_t matadd_type) {
  size_t i, j;
  gemmini_require(matadd_type == WS, "tiled_resadd", "runs weight-stationary (WS) or on the core (CPU)");
  gemmini_extended_config_st(stride * sizeof(elem_t), relu ? RELU : NO_ACTIVATION, C_scale);
  gemmini_config_ex(WEIGHT_STATIONARY, 0, 0);
  gemmini_extended4_config_ld(stride * sizeof(elem_t), A_scale, true, DIM, 0);
  gemmini_extended4_config_ld(stride * sizeof(elem_t), B_scale, true, DIM, 1);
  for (i = 0; i < I; i += tile_I) {
    for (j = 0; j < J; j += tile_J) {
      const size_t at = i * stride + j;
      gemmini_resadd_part(i + tile_I <= I ? tile_I : I - i, j + tile_J <= J ? tile_J : J - j, A + at, B + at, C + at,
                          stride, relu);
    }
  }
  gemmini_fence();
}

/* Rows `stride` elements apart. */
GEMMINI_FUNCTION void tiled_resadd_stride_auto(const size_t I, const size_t J, const scale_t A_scale,
                                               const scale_t B_scale, const acc_scale_t C_scale, const size_t stride,
                                               const elem_t* A, const elem_t* B, elem_t* C, bool relu,
                                               enum tiled_matmul_type_t matadd_type) {
  struct gemmini_resadd_tile tile;
  if (matadd_type == CPU) {
    resadd_cpu(I, J, stride, A_scale, B_scale, C_scale, A, B, C, relu);
    return;
  }
  tile = gemmini_tile_resadd(GEMMINI_GEOMETRY, I, J, GEMMINI_RESADD_UNROLLER);
  tiled_resadd(I, J, stride, tile.i, tile.j, A_scale, B_scale, C_scale, A, B, C, relu, matadd_type);
}

GEMMINI_FUNCTION void tiled_resadd_auto(const size_t I, const size_t J, const scale_t A_scale, const scale_t B_scale,
                                        const acc_scale_t C_scale, const elem_t* A, const elem_t* B, elem_t* C,
                                        bool relu, enum tiled_matmul_type_t matadd_type) {
  tiled_resadd_stride_auto(I, J, A_scale, B_scale, C_scale, J, A, B, C, relu, matadd_type);
}

/* ---- global average: pixels are added up in the accumulator, one row of it a block of channels; the mean is the
 * scale on the way out. Returns when the last command is issued. */

GEMMINI_FUNCTION void gemmini_average_part(const elem_t* input, elem_t* output, int channels, int dim, int tile) {
  const int blocks = (tile + DIM - 1) / DIM, step = gemmini_least_int(blocks, MAX_BLOCK_LEN) * DIM;
  int channel, pixel;
  for (channel = 0; channel < tile; channel += step) {
    for (pixel = 0; pixel < dim * dim; pixel++) {
      const uint32_t local = GEMMINI_ACC | (pixel == 0 ? 0 : GEMMINI_ACCUMULATE);
      gemmini_extended_mvin(input + pixel * channels + channel, local + channel / DIM,
                            gemmini_least_int(step, tile - channel), 1);
    }
  }
  for (channel = 0; channel < tile; channel += DIM) {
    gemmini_extended_mvout(output + channel, GEMMINI_ACC + channel / DIM, gemmini_least_int(DIM, tile - channel), 1);
  }
}

/* `channel_tile_size` channels in one go. */
GEMMINI_FUNCTION void tiled_global_average(const elem_t* input, elem_t* output, int batches, int channels, int dim,
                                           int channel_tile_size) {
  int batch, channel;
  gemmini_extended4_config_ld(DIM * sizeof(elem_t), MVIN_SCALE_IDENTITY, true, 1, 0);
  gemmini_config_ex(OUTPUT_STATIONARY, NO_ACTIVATION, 0);
  gemmini_extended_config_st(0, NO_ACTIVATION, 1.0 / (dim * dim));
  for (batch = 0; batch < batches; batch++) {
    for (channel = 0; channel < channels; channel += channel_tile_size) {
      gemmini_average_part(input + (ptrdiff_t)batch * dim * dim * channels + channel,
                           output + (ptrdiff_t)batch * channels + channel, channels, dim,
                           gemmini_least_int(channel_tile_size, channels - channel));
    }
  }
}

GEMMINI_FUNCTION void tiled_global_average_auto(const elem_t* input, elem_t* output, int batches, int channels, int dim,
                                                enum tiled_matmul_type_t type) {
  if (type == CPU) {
    global_average_cpu(input, output, batches, channels, dim);
    return;
  }
  tiled_global_average(input, output, batches, channels, dim, gemmini_tile_global_average(GEMMINI_GEOMETRY, channels));
}

/* ---- layer normalisation and softmax of the rows of a matrix of sums. Returns when `out` is in memory. */

#ifdef HAS_NORMALIZATIONS
/* Norm commands of a row's last chunk and of those before it, pass by pass (layer normalisation: mean, deviation,
 * result; softmax: maximum, sum of exponentials, result). */
static const uint8_t gemmini_layernorm_passes[3][2] = {{1, 2}, {3, 4}, {0, 0}};
static const uint8_t gemmini_softmax_passes[3][2] = {{5, 5}, {6, 7}, {0, 0}};

/* One pass over a row of `J` sums at accumulator row `local`. */
GEMMINI_FUNCTION void gemmini_norm_pass(elem_t* out, uint32_t local, size_t J, const uint8_t commands[2]) {
  const size_t blocks = (J + DIM - 1) / DIM, step = (blocks < MAX_BLOCK_LEN ? blocks : MAX_BLOCK_LEN) * DIM;
  size_t j;
  for (j = 0; j < J; j += step) {
    const bool last = j + step >= J;
    gemmini_extended_mvout(out + j, (local + j) | GEMMINI_NORM_COMMAND(commands[last]), last ? J - j : step, 1);
  }
}

/* Up to DIM rows; NORM_STAT_IDS of them share the unit at a time. */
GEMMINI_FUNCTION void gemmini_norm_rows(elem_t* out, uint32_t local, size_t rows, size_t J, size_t stride, int act) {
  size_t row, id, pass;
  for (row = 0; row < rows; row += NORM_STAT_IDS) {
    for (pass = 0; pass < 3; pass++) {
      for (id = 0; id < NORM_STAT_IDS && row + id < rows; id++) {
        gemmini_config_norm(0, 0, act == SOFTMAX, 0, id, 0, 0);
        gemmini_norm_pass(out + (row + id) * stride, local + row + id, J,
                          act == SOFTMAX ? gemmini_softmax_passes[pass] : gemmini_layernorm_passes[pass]);
      }
    }
  }
}

GEMMINI_FUNCTION void gemmini_norm_part(size_t I, size_t J, const acc_t* in, elem_t* out, int act) {
  const size_t blocks = (J + DIM - 1) / DIM, most = blocks < MAX_BLOCK_LEN_ACC ? blocks : MAX_BLOCK_LEN_ACC;
  size_t i, at;
  for (i = 0; i < I; i += DIM) {
    const size_t rows = i + DIM <= I ? DIM : I - i;
    for (at = 0; at < blocks; at += most) {
      gemmini_mvin_row((const char*)(in + i * J), sizeof(acc_t), GEMMINI_ACC + i * blocks, blocks, blocks * DIM - J,
                       rows, at, most);
    }
    gemmini_norm_rows(out + i * J, (GEMMINI_ACC | GEMMINI_ACCUMULATE) + i * blocks, rows, J, J, act);
  }
}
#endif

/* With explicit tiles of whole rows. */
GEMMINI_FUNCTION void tiled_norm(const size_t I, const size_t J, const size_t tile_I, const size_t tile_J,
                                 const acc_t* in, elem_t* out, const acc_scale_t C_scale, int act,
                                 enum tiled_matmul_type_t norm_type) {
#ifdef HAS_NORMALIZATIONS
  size_t i;
  gemmini_require(tile_J >= J, "tiled_norm", "a tile holds whole rows");
  gemmini_require(norm_type == WS, "tiled_norm", "runs weight-stationary (WS) only");
  gemmini_extended_config_st(J * sizeof(elem_t), act & 3, C_scale);
  gemmini_config_ex(WEIGHT_STATIONARY, 0, 0);
  gemmini_extended4_config_ld(J * sizeof(acc_t), MVIN_SCALE_IDENTITY, false, DIM, 0);
  gemmini_extended4_config_ld(J * sizeof(acc_t), MVIN_SCALE_IDENTITY, false, DIM, 1);
  if (act == SOFTMAX) gemmini_config_bert(SOFTMAX, 0.05); /* scale of the sums: fixed by this function's arguments */
  for (i = 0; i < I; i += tile_I) {
    gemmini_norm_part(i + tile_I <= I ? tile_I : I - i, J, in + i * J, out + i * J, act);
  }
  gemmini_fence();
#else
  (void)I, (void)J, (void)tile_I, (void)tile_J, (void)in, (void)out, (void)C_scale, (void)act, (void)norm_type;
  gemmini_refuse("tiled_norm", "this hardware has no normalisations");
#endif
}

GEMMINI_FUNCTION void tiled_norm_auto(const size_t I, const size_t J, const acc_t* in, elem_t* out,
                                      const acc_scale_t C_scale, int act, enum tiled_matmul_type_t norm_type) {
  const size_t tile_I = gemmini_tile_norm(GEMMINI_GEOMETRY, I, J);
  gemmini_require(tile_I > 0, "tiled_norm", "a row does not fit the accumulator");
  tiled_norm(I, J, tile_I, J, in, out, C_scale, act, norm_type);
}

#endif /* GEMMINI_ELEMENTWISE_H */

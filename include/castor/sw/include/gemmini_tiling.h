/* How much of a kernel fits on chip at once: the one description of the tile search. The C library on the core and
 * Castor's compiler (src/compiler/tiling.cpp) both include it, so both choose the same tiles.
 *
 * Pure functions of shapes and sizes: no memory, no hardware, C and C++. Sizes of local memories in rows, matrix tiles
 * in blocks of `dim` elements, everything else in elements. The search is part of a kernel's time on the core: it is
 * inlined, so that divisions by sizes, which are constants there, become shifts, and it asks in the order of the
 * Gemmini software, what fits before what is left to cover. */
#ifndef GEMMINI_TILING_H
#define GEMMINI_TILING_H

#include <stddef.h>

/* What the search counts in. Without a sign, a division by a power of two is one shift on the core. */
#ifndef GEMMINI_EXTENT
#define GEMMINI_EXTENT size_t
#endif
typedef GEMMINI_EXTENT gemmini_extent;

#define GEMMINI_TILING_FUNCTION static inline __attribute__((always_inline, unused))

/* The machine: edge of the array, rows of scratchpad and accumulator. */
struct gemmini_geometry {
  gemmini_extent dim, sp_rows, acc_rows;
};

GEMMINI_TILING_FUNCTION gemmini_extent gemmini_ceil_div(gemmini_extent a, gemmini_extent b) {
  return a / b + (a % b != 0);
}
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_least(gemmini_extent a, gemmini_extent b) { return a < b ? a : b; }

/* ---- matrix product */

/* Blocks of one tile in the directions of C = A (i x k) * B (k x j). */
struct gemmini_matmul_tile {
  gemmini_extent i, j, k;
};
/* What tiles may take, and where the search starts. */
struct gemmini_matmul_room {
  gemmini_extent sp_rows, acc_rows, start_ij, start_k;
};

/* One of `shares` of each memory. The start is the square of results that fills the accumulator, with as much depth as
 * half of the scratchpad's share gives each operand. */
GEMMINI_TILING_FUNCTION struct gemmini_matmul_room gemmini_matmul_room(struct gemmini_geometry g,
                                                                       gemmini_extent shares) {
  struct gemmini_matmul_room room = {g.sp_rows / shares, g.acc_rows / shares, 1, 1};
  room.start_ij = (gemmini_extent)__builtin_sqrt((double)(room.acc_rows / g.dim));
  room.start_k = g.sp_rows / 2 / shares / g.dim / room.start_ij;
  return room;
}

GEMMINI_TILING_FUNCTION int gemmini_matmul_fits(struct gemmini_geometry g, struct gemmini_matmul_room room,
                                                gemmini_extent i, gemmini_extent j, gemmini_extent k) {
  return (i * k + k * j) * g.dim <= room.sp_rows && i * j * g.dim <= room.acc_rows;
}

/* `i`, `j`, `k` in elements. A double-buffered product (weight-stationary) has half of each memory; both rooms are
 * constants where the machine is. `whole_rows`: layer normalisation and softmax need all columns of a row on chip. */
GEMMINI_TILING_FUNCTION struct gemmini_matmul_tile gemmini_tile_matmul(struct gemmini_geometry g, gemmini_extent i,
                                                                       gemmini_extent j, gemmini_extent k,
                                                                       int double_buffered, int whole_rows) {
  const struct gemmini_matmul_room room = double_buffered ? gemmini_matmul_room(g, 2) : gemmini_matmul_room(g, 1);
  const gemmini_extent most_i = gemmini_ceil_div(i, g.dim), most_j = gemmini_ceil_div(j, g.dim),
                       most_k = gemmini_ceil_div(k, g.dim);
  struct gemmini_matmul_tile t = {1, most_j, 1};
  int grown = 1;
  if (!whole_rows) {
    t.i = gemmini_least(most_i, room.start_ij), t.j = gemmini_least(most_j, room.start_ij);
    t.k = gemmini_least(most_k, room.start_k);
  }
  while (grown) {
    grown = 0;
    if (gemmini_matmul_fits(g, room, t.i, t.j + 1, t.k) && t.j < most_j) ++t.j, grown = 1;
    if (gemmini_matmul_fits(g, room, t.i + 1, t.j, t.k) && t.i < most_i) ++t.i, grown = 1;
    if ((t.i + t.j) * (t.k + 1) * g.dim <= room.sp_rows && t.k < most_k) ++t.k, grown = 1;
  }
  return t;
}

/* ---- convolution */

/* What the search needs to know. Rows and columns are those after the fused pool; without a pool its size and stride
 * are 1. `downsample`: every second pixel is loaded (gemmini_conv_downsamples). */
struct gemmini_conv_shape {
  gemmini_extent batch, out_rows, out_columns, out_channels, kernel_rows, kernel_columns, in_channels;
  gemmini_extent stride, input_dilation, kernel_dilation, pool_size, pool_stride;
  int downsample, trans_weight_0132, trans_input_3120, depthwise;
};

/* The extents of one LOOP_CONV_WS, in the order in which the search looks at them. */
enum {
  GEMMINI_BATCHES,
  GEMMINI_POROWS,
  GEMMINI_POCOLS,
  GEMMINI_POCHS,
  GEMMINI_KROWS,
  GEMMINI_KCOLS,
  GEMMINI_KCHS,
  GEMMINI_CONV_EXTENTS
};
struct gemmini_conv_tile {
  gemmini_extent extent[GEMMINI_CONV_EXTENTS];
};

/* Results a pooled tile needs before pooling, in one direction. */
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_unpooled(const struct gemmini_conv_shape* s, gemmini_extent pooled) {
  return pooled * s->pool_stride + s->pool_size - 1;
}

/* Input pixels under `out` results of a kernel of `kernel` taps, in one direction. */
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_conv_inputs(const struct gemmini_conv_shape* s, gemmini_extent out,
                                                           gemmini_extent kernel) {
  const gemmini_extent dilated = kernel + (s->kernel_dilation - 1) * (kernel - 1);
  return gemmini_ceil_div(out * s->stride + dilated - 1, s->input_dilation) >> s->downsample;
}

/* Rows of scratchpad: inputs and weights. */
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_conv_sp_rows(struct gemmini_geometry g,
                                                            const struct gemmini_conv_shape* s,
                                                            const struct gemmini_conv_tile* t) {
  const gemmini_extent* e = t->extent;
  const gemmini_extent rows = gemmini_conv_inputs(s, gemmini_unpooled(s, e[GEMMINI_POROWS]), e[GEMMINI_KROWS]);
  const gemmini_extent columns = gemmini_conv_inputs(s, gemmini_unpooled(s, e[GEMMINI_POCOLS]), e[GEMMINI_KCOLS]);
  const gemmini_extent in_blocks = gemmini_ceil_div(e[GEMMINI_KCHS], g.dim),
                       out_blocks = gemmini_ceil_div(e[GEMMINI_POCHS], g.dim);
  const gemmini_extent images = s->trans_input_3120 ? gemmini_ceil_div(e[GEMMINI_BATCHES], g.dim) * e[GEMMINI_KCHS]
                                                    : in_blocks * e[GEMMINI_BATCHES];
  const gemmini_extent weights = s->trans_weight_0132 ? in_blocks * e[GEMMINI_POCHS] : out_blocks * e[GEMMINI_KCHS];
  return images * rows * columns + weights * e[GEMMINI_KROWS] * e[GEMMINI_KCOLS];
}

/* Rows of accumulator: results before pooling. */
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_conv_acc_rows(struct gemmini_geometry g,
                                                             const struct gemmini_conv_shape* s,
                                                             const struct gemmini_conv_tile* t) {
  const gemmini_extent* e = t->extent;
  return gemmini_ceil_div(e[GEMMINI_POCHS], g.dim) * e[GEMMINI_BATCHES] * gemmini_unpooled(s, e[GEMMINI_POROWS]) *
         gemmini_unpooled(s, e[GEMMINI_POCOLS]);
}

/* Loops are double-buffered: half of each memory. Out of line, for three places of the search ask. */
static __attribute__((noinline, unused)) int gemmini_conv_fits(struct gemmini_geometry g,
                                                               const struct gemmini_conv_shape* s,
                                                               struct gemmini_conv_tile t) {
  return gemmini_conv_sp_rows(g, s, &t) <= g.sp_rows / 2 && gemmini_conv_acc_rows(g, s, &t) <= g.acc_rows / 2;
}

/* The extent that gives way: the largest, the first of equals. Columns that just fill the array stay while there are
 * rows to give. */
GEMMINI_TILING_FUNCTION int gemmini_conv_largest(struct gemmini_geometry g, const struct gemmini_conv_tile* t) {
  int largest = GEMMINI_BATCHES, at;
  for (at = GEMMINI_POROWS; at < GEMMINI_CONV_EXTENTS; ++at) {
    const int spared = at == GEMMINI_POCOLS && t->extent[at] <= g.dim && t->extent[GEMMINI_POROWS] > 1;
    if (!spared && t->extent[at] > t->extent[largest]) largest = at;
  }
  return largest;
}

/* Channels go down to the next whole block, everything else by one. */
GEMMINI_TILING_FUNCTION void gemmini_conv_shrink(struct gemmini_geometry g, struct gemmini_conv_tile* t) {
  const int at = gemmini_conv_largest(g, t);
  gemmini_extent* extent = &t->extent[at];
  if (at != GEMMINI_POCHS && at != GEMMINI_KCHS) {
    --*extent;
    return;
  }
  *extent = *extent % g.dim != 0 ? *extent / g.dim * g.dim : *extent - g.dim;
  if (*extent == 0) *extent = 1;
}

GEMMINI_TILING_FUNCTION int gemmini_conv_grow(struct gemmini_geometry g, const struct gemmini_conv_shape* s,
                                              const struct gemmini_conv_tile* most, struct gemmini_conv_tile* t,
                                              int at) {
  struct gemmini_conv_tile larger = *t;
  if (++larger.extent[at] > most->extent[at] || !gemmini_conv_fits(g, s, larger)) return 0;
  *t = larger;
  return 1;
}

/* From the whole problem down until it fits; then columns as far as they go; then everything in turn until nothing can
 * grow. A depthwise convolution takes its channels one at a time. */
GEMMINI_TILING_FUNCTION struct gemmini_conv_tile gemmini_tile_conv(struct gemmini_geometry g,
                                                                   const struct gemmini_conv_shape* s) {
  const struct gemmini_conv_tile most = {{s->batch, s->out_rows, s->out_columns, s->depthwise ? 1 : s->out_channels,
                                          s->kernel_rows, s->kernel_columns, s->depthwise ? 1 : s->in_channels}};
  struct gemmini_conv_tile t = most;
  int grown = 1, at;
  while (!gemmini_conv_fits(g, s, t)) gemmini_conv_shrink(g, &t);
  while (gemmini_conv_grow(g, s, &most, &t, GEMMINI_POCOLS)) {
  }
  while (grown) {
    grown = 0;
    for (at = 0; at < GEMMINI_CONV_EXTENTS; ++at) grown |= gemmini_conv_grow(g, s, &most, &t, at);
  }
  return t;
}

/* ---- element-wise kernels */

/* Elements of one tile. */
struct gemmini_resadd_tile {
  gemmini_extent i, j;
};

/* `unroller`: a LOOP_WS with is_resadd a tile, double-buffered; else single mvins and mvouts over all of the
 * accumulator. */
GEMMINI_TILING_FUNCTION struct gemmini_resadd_tile gemmini_tile_resadd(struct gemmini_geometry g, gemmini_extent i,
                                                                       gemmini_extent j, int unroller) {
  struct gemmini_resadd_tile t = {i, j};
  const gemmini_extent room = unroller ? g.acc_rows / 2 : g.acc_rows;
  while (gemmini_ceil_div(t.i, g.dim) * g.dim * gemmini_ceil_div(t.j, g.dim) > room) {
    if (!unroller) {
      if (t.i >= t.j)
        --t.i;
      else
        --t.j;
    } else if (t.i >= t.j || t.j <= g.dim) {
      t.i /= 2;
    } else {
      t.j -= g.dim;
    }
  }
  return t;
}

/* Channels of a global average in one go: one accumulator row a block. */
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_tile_global_average(struct gemmini_geometry g, gemmini_extent channels) {
  while (gemmini_ceil_div(channels, g.dim) > g.acc_rows) --channels;
  return channels;
}

/* Rows of a normalisation in one go, 0 where not even one fits: a row of `j` elements cannot be split. */
GEMMINI_TILING_FUNCTION gemmini_extent gemmini_tile_norm(struct gemmini_geometry g, gemmini_extent i,
                                                         gemmini_extent j) {
  while (i > 0 && gemmini_ceil_div(i, g.dim) * g.dim * gemmini_ceil_div(j, g.dim) > g.acc_rows) --i;
  return i;
}

#endif /* GEMMINI_TILING_H */

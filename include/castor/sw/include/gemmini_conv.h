/* Convolutions on the accelerator: one LOOP_CONV_WS a tile, pooling fused. Tensors are NHWC, kernels and strides
 * square; weights [kernel row][kernel column][in][out], depthwise ones [channel][kernel row][kernel column]. These
 * return when the last command is issued, not when the output is in memory: gemmini_fence() waits for that. */
#ifndef GEMMINI_CONV_H
#define GEMMINI_CONV_H

#include "gemmini_cpu.h"
#include "gemmini_isa.h"
#include "gemmini_matmul.h"
#include "gemmini_tiling.h"

/* ---- the search */

/* Every second pixel of a 1x1 convolution with stride 2 is loaded, the others never leave memory. */
GEMMINI_FUNCTION bool gemmini_conv_downsamples(const struct gemmini_conv* c, bool no_pool) {
  return c->stride == 2 && c->kernel_dim == 1 && c->padding == 0 && c->in_row_dim % 2 == 0 && c->in_col_dim % 2 == 0 &&
         no_pool && c->input_dilation == 1 && !c->trans_input_3120 && !c->depthwise;
}

/* `c` as gemmini_conv_without_pool() left it. */
GEMMINI_FUNCTION struct gemmini_conv_shape gemmini_conv_shape_of(const struct gemmini_conv* c, bool downsample) {
  struct gemmini_conv_shape s;
  s.batch = c->batch_size, s.in_channels = c->in_channels, s.out_channels = c->out_channels;
  s.out_rows = gemmini_pooled(c, c->out_row_dim), s.out_columns = gemmini_pooled(c, c->out_col_dim);
  s.kernel_rows = s.kernel_columns = c->kernel_dim;
  s.stride = c->stride, s.input_dilation = c->input_dilation, s.kernel_dilation = c->kernel_dilation;
  s.pool_size = c->pool_size, s.pool_stride = c->pool_stride;
  s.downsample = downsample, s.depthwise = c->depthwise;
  s.trans_weight_0132 = c->trans_weight_0132, s.trans_input_3120 = c->trans_input_3120;
  return s;
}

/* In-channels that are summed. */
GEMMINI_FUNCTION int gemmini_conv_depth(const struct gemmini_conv* c) { return c->depthwise ? 1 : c->in_channels; }

/* ---- one tile in one direction of the image */

/* Results before pooling, first input (negative inside the padding) and how much of both is padding. */
struct gemmini_conv_span {
  int out, pool_before, pool_after, in, before, after;
};

GEMMINI_FUNCTION int gemmini_positive(int x) { return x > 0 ? x : 0; }

/* `pooled` results from `pooled_at` on, `taps` kernel taps from `tap_at` on. */
GEMMINI_FUNCTION struct gemmini_conv_span gemmini_conv_span_of(const struct gemmini_conv* c, int pooled_at, int pooled,
                                                               int tap_at, int taps, int out_dim, int in_dim) {
  const int first = pooled_at * c->pool_stride - c->pool_padding;
  const int results = pooled * c->pool_stride + c->pool_size - 1;
  const int dilated_dim = in_dim + (c->input_dilation - 1) * (in_dim - 1);
  struct gemmini_conv_span s;
  int ins;
  s.pool_before = gemmini_positive(-first), s.pool_after = gemmini_positive(first + results - out_dim);
  s.out = results - s.pool_before - s.pool_after;
  s.in = gemmini_positive(first) * c->stride + tap_at * c->kernel_dilation - c->padding;
  ins = s.out * c->stride + taps + (c->kernel_dilation - 1) * (taps - 1) - 1;
  s.before = gemmini_positive(-s.in), s.after = gemmini_positive(s.in + ins - dilated_dim);
  if (c->input_dilation == 2) { /* between two inputs: begin and end with a zero */
    s.before += s.before == 0 && s.in % 2 != 0;
    s.after += s.after == 0 && (s.in + ins) % 2 != 1;
  }
  if (s.before + s.after > ins) { /* the tile lies in the padding, or in the zero between two inputs */
    s.before = gemmini_least_int(s.before, ins);
    s.after = ins - s.before;
  }
  return s;
}

/* ---- all tiles */

/* What stays the same from tile to tile. */
struct gemmini_conv_plan {
  struct gemmini_conv_tile tile;
  int pool_out_row_dim, pool_out_col_dim;
  bool no_pool, downsample, a_kept, b_kept;
};

/* Kernel pixels side by side in one row of the array, for layers of few channels. */
GEMMINI_FUNCTION int gemmini_pixels_per_row(const struct gemmini_conv* c, bool downsample, int kcols, int kchs) {
#ifdef HAS_FIRST_LAYER_OPTIMIZATIONS
  const bool transposed = c->trans_output_1203 || c->trans_input_3120 || c->trans_weight_1203 || c->trans_weight_0132;
  if (transposed || c->wrot180 || downsample || c->input_dilation == 2 || c->kernel_dilation > 1 || kchs > DIM)
    return 1;
  return gemmini_least_int(DIM / kchs, kcols);
#else
  (void)c, (void)downsample, (void)kcols, (void)kchs;
  return 1;
#endif
}

GEMMINI_FUNCTION const elem_t* gemmini_conv_weights(const struct gemmini_conv* c, const int* at, const int* now) {
  const int row = c->wrot180 ? c->kernel_dim - at[GEMMINI_KROWS] - now[GEMMINI_KROWS] : at[GEMMINI_KROWS];
  const int column = c->wrot180 ? c->kernel_dim - at[GEMMINI_KCOLS] - now[GEMMINI_KCOLS] : at[GEMMINI_KCOLS];
  return c->weights + gemmini_weight_at(c, row, column, at[GEMMINI_KCHS], at[GEMMINI_POCHS]);
}

GEMMINI_FUNCTION const elem_t* gemmini_conv_input(const struct gemmini_conv* c, const int* at,
                                                  const struct gemmini_conv_span* rows,
                                                  const struct gemmini_conv_span* columns) {
  const int halved = c->input_dilation == 2;
  return c->input + gemmini_input_at(c, at[GEMMINI_BATCHES], (rows->in + rows->before) >> halved,
                                     (columns->in + columns->before) >> halved,
                                     c->depthwise ? at[GEMMINI_POCHS] : at[GEMMINI_KCHS]);
}

/* One tile of a convolution: where it begins and what it covers, in the order of the extents, and what that means for
 * memory. NULL: `weights` or `input` are in the scratchpad already, `bias`: results already there are added to,
 * `output`: they stay. */
struct gemmini_conv_part {
  int at[GEMMINI_CONV_EXTENTS], now[GEMMINI_CONV_EXTENTS];
  struct gemmini_conv_span rows, columns;
  const elem_t *weights, *input;
  uintptr_t bias;
  elem_t* output;
  int a_spad_id, b_spad_id, pixels_per_row;
};

/* 0 in the first tile of a kernel, and in the first of all images. */
GEMMINI_FUNCTION int gemmini_conv_kernel_at(const struct gemmini_conv_part* p) {
  return p->at[GEMMINI_KROWS] + p->at[GEMMINI_KCOLS] + p->at[GEMMINI_KCHS];
}
GEMMINI_FUNCTION int gemmini_conv_image_at(const struct gemmini_conv_part* p) {
  return p->at[GEMMINI_BATCHES] + p->at[GEMMINI_POROWS] + p->at[GEMMINI_POCOLS];
}

GEMMINI_FUNCTION void gemmini_conv_spans(const struct gemmini_conv* c, struct gemmini_conv_part* p) {
  const int *at = p->at, *now = p->now;
  p->rows = gemmini_conv_span_of(c, at[GEMMINI_POROWS], now[GEMMINI_POROWS], at[GEMMINI_KROWS], now[GEMMINI_KROWS],
                                 c->out_row_dim, c->in_row_dim);
  p->columns = gemmini_conv_span_of(c, at[GEMMINI_POCOLS], now[GEMMINI_POCOLS], at[GEMMINI_KCOLS], now[GEMMINI_KCOLS],
                                    c->out_col_dim, c->in_col_dim);
}

/* The first tile of a kernel brings the bias; a convolution without has an address there that is not NULL. */
GEMMINI_FUNCTION uintptr_t gemmini_conv_bias(const struct gemmini_conv* c, const struct gemmini_conv_part* p) {
  const uintptr_t bias = c->bias == NULL ? 1 : (uintptr_t)c->bias;
  return gemmini_conv_kernel_at(p) > 0 ? 0 : bias + sizeof(acc_t) * (uintptr_t)p->at[GEMMINI_POCHS];
}

/* The last tile of a kernel takes the results out. */
GEMMINI_FUNCTION bool gemmini_conv_is_last(const struct gemmini_conv* c, const struct gemmini_conv_part* p) {
  return p->at[GEMMINI_KROWS] + p->now[GEMMINI_KROWS] >= c->kernel_dim &&
         p->at[GEMMINI_KCOLS] + p->now[GEMMINI_KCOLS] >= c->kernel_dim &&
         p->at[GEMMINI_KCHS] + p->now[GEMMINI_KCHS] >= gemmini_conv_depth(c);
}

GEMMINI_FUNCTION void gemmini_conv_operands(const struct gemmini_conv* c, struct gemmini_conv_part* p) {
  const int* at = p->at;
  p->weights = gemmini_conv_weights(c, at, p->now);
  p->input = gemmini_conv_input(c, at, &p->rows, &p->columns);
  p->bias = gemmini_conv_bias(c, p);
  p->output = !gemmini_conv_is_last(c, p) ? NULL
                                          : c->output + gemmini_output_at(c, at[GEMMINI_BATCHES], at[GEMMINI_POROWS],
                                                                          at[GEMMINI_POCOLS], at[GEMMINI_POCHS]);
}

/* What is kept has been moved in by the first tile that needed it. */
GEMMINI_FUNCTION void gemmini_conv_keep(const struct gemmini_conv_plan* plan, struct gemmini_conv_part* p) {
  const int kernel_at = gemmini_conv_kernel_at(p), image_at = gemmini_conv_image_at(p);
  p->a_spad_id = plan->a_kept ? (kernel_at + image_at == 0 ? 1 : 2) : 0;
  p->b_spad_id = plan->b_kept ? (kernel_at + p->at[GEMMINI_POCHS] == 0 ? 1 : 2) : 0;
  if (plan->a_kept && p->at[GEMMINI_POCHS] > 0) p->input = NULL;
  if (plan->b_kept && image_at > 0) p->weights = NULL;
}

/* The stride of outputs that a loop is told. */
GEMMINI_FUNCTION int gemmini_conv_loop_out_stride(const struct gemmini_conv* c) {
#ifdef GEMMINI_LOOP_CONV_IS_SQUARE
  return c->weight_stride;
#else
  return c->out_stride;
#endif
}

GEMMINI_KERNEL void gemmini_conv_loop(const struct gemmini_conv* c, const struct gemmini_conv_plan* plan,
                                      const struct gemmini_conv_part* p) {
  const int* now = p->now;
  gemmini_loop_conv_ws(
      c->batch_size, c->in_row_dim, c->in_col_dim, c->in_channels, c->out_channels, c->out_row_dim, c->out_col_dim,
      plan->pool_out_row_dim, plan->pool_out_col_dim, c->stride, c->padding, c->kernel_dim, c->kernel_dilation,
      c->pool_size, c->pool_stride, c->pool_padding, now[GEMMINI_BATCHES], now[GEMMINI_POROWS], now[GEMMINI_POCOLS],
      now[GEMMINI_POCHS], now[GEMMINI_KROWS], now[GEMMINI_KCOLS], now[GEMMINI_KCHS], p->columns.before,
      p->columns.after, p->rows.before, p->rows.after, p->columns.pool_before, p->columns.pool_after,
      p->rows.pool_before, p->rows.pool_after, p->rows.out, p->columns.out, p->weights, p->output, p->bias, p->input,
      c->bias == NULL, plan->no_pool, plan->downsample, c->wrot180, c->input_dilation == 2, c->act,
      c->trans_output_1203, c->trans_weight_1203, c->trans_weight_0132, c->trans_input_3120, p->pixels_per_row,
      c->in_stride, c->weight_stride, gemmini_conv_loop_out_stride(c), c->depthwise, GEMMINI_SPAD_ID(p->a_spad_id),
      GEMMINI_SPAD_ID(p->b_spad_id));
}

/* `at` and `now` are given. */
GEMMINI_FUNCTION void gemmini_conv_issue(const struct gemmini_conv* c, const struct gemmini_conv_plan* plan,
                                         struct gemmini_conv_part* p) {
  gemmini_conv_spans(c, p);
  gemmini_conv_operands(c, p);
  gemmini_conv_keep(plan, p);
  p->pixels_per_row = gemmini_pixels_per_row(c, plan->downsample, p->now[GEMMINI_KCOLS], p->now[GEMMINI_KCHS]);
  gemmini_conv_loop(c, plan, p);
}

/* Sets what a tile covers in one direction and says whether there is any. */
#define GEMMINI_CONV_FOR(which, end)                                                                              \
  for (p.at[which] = 0;                                                                                           \
       p.at[which] < (end) && (p.now[which] = gemmini_least_int((end)-p.at[which], plan->tile.extent[which]), 1); \
       p.at[which] += plan->tile.extent[which])

/* Kernel innermost, so that results stay in the accumulator until they are complete. */
GEMMINI_FUNCTION void gemmini_conv_tiles(const struct gemmini_conv* c, const struct gemmini_conv_plan* plan) {
  struct gemmini_conv_part p;
  GEMMINI_CONV_FOR(GEMMINI_BATCHES, c->batch_size) {
    GEMMINI_CONV_FOR(GEMMINI_POROWS, plan->pool_out_row_dim) {
      GEMMINI_CONV_FOR(GEMMINI_POCOLS, plan->pool_out_col_dim) {
        GEMMINI_CONV_FOR(GEMMINI_POCHS, c->out_channels) {
          GEMMINI_CONV_FOR(GEMMINI_KROWS, c->kernel_dim) {
            GEMMINI_CONV_FOR(GEMMINI_KCOLS, c->kernel_dim) {
              GEMMINI_CONV_FOR(GEMMINI_KCHS, gemmini_conv_depth(c)) { gemmini_conv_issue(c, plan, &p); }
            }
          }
        }
      }
    }
  }
}
#undef GEMMINI_CONV_FOR

/* An operand of at most two tiles is moved in once: each tile has a half of the scratchpad of its own. */
GEMMINI_FUNCTION void gemmini_conv_reuse(const struct gemmini_conv* c, struct gemmini_conv_plan* plan) {
  const gemmini_extent* e = plan->tile.extent;
  const int kernels = ceil_divide_int(c->in_channels, e[GEMMINI_KCHS]) *
                      ceil_divide_int(c->kernel_dim, e[GEMMINI_KROWS]) *
                      ceil_divide_int(c->kernel_dim, e[GEMMINI_KCOLS]);
  const int images = ceil_divide_int(c->batch_size, e[GEMMINI_BATCHES]) *
                     ceil_divide_int(plan->pool_out_row_dim, e[GEMMINI_POROWS]) *
                     ceil_divide_int(plan->pool_out_col_dim, e[GEMMINI_POCOLS]);
  const bool keeps = GEMMINI_KEEPS_OPERANDS && !c->depthwise;
  plan->b_kept = keeps && kernels * ceil_divide_int(c->out_channels, e[GEMMINI_POCHS]) <= 2;
  plan->a_kept = keeps && kernels * images <= 2;
}

GEMMINI_FUNCTION void gemmini_conv_check(const struct gemmini_conv* c, const struct gemmini_conv_plan* plan) {
  static const char name[] = "tiled_conv";
  const struct gemmini_conv_shape shape = gemmini_conv_shape_of(c, plan->downsample);
  gemmini_require(
      gemmini_conv_fits(GEMMINI_GEOMETRY, &shape, plan->tile), name,
      "a tile's inputs and weights do not fit half of the scratchpad, or its results half of the accumulator");
  gemmini_require(c->kernel_dim > c->padding, name, "the padding is as large as the kernel");
  gemmini_require(c->input_dilation <= 2, name, "the accelerator dilates inputs by at most 2");
  gemmini_require(c->input_dilation == 1 || c->stride == 1, name, "dilated inputs need a stride of 1");
  gemmini_require(!c->trans_output_1203 || plan->no_pool, name, "a pooled output is not transposed");
  gemmini_require(!c->trans_input_3120 || plan->tile.extent[GEMMINI_BATCHES] >= (gemmini_extent)c->batch_size, name,
                  "transposed inputs take all images of a batch in one tile"); /* their rows lie batches apart */
  gemmini_require(!(c->trans_input_3120 && c->trans_weight_0132), name, "there is one transposer: inputs or weights");
  gemmini_require(!(c->trans_weight_1203 && c->trans_weight_0132), name, "weights come in one layout");
}

#ifdef GEMMINI_LOOP_CONV_IS_SQUARE
/* One image size, one number for in-channels and strides of inputs, one for out-channels and strides of weights and
 * outputs. Where a convolution has several, a tile shrinks until one of them serves it:
 * - images that are not square: one at a time, the size then serves the address of a row only;
 * - inputs wider than their channels: one tap at a time, the number then serves the address of a pixel only;
 * - outputs as wide as weights are not: the number serves the weights, and a tile is what one mvout stores (its rows
 * are config_st's stride apart) or one pixel that is pooled. */
GEMMINI_FUNCTION void gemmini_conv_fit_image(const struct gemmini_conv* c, gemmini_extent* extent) {
  const bool square = c->in_row_dim == c->in_col_dim && c->out_row_dim == c->out_col_dim;
  if (!square) extent[GEMMINI_BATCHES] = 1;
  gemmini_require(square || !c->trans_input_3120, "tiled_conv", "this hardware transposes square images only");
}
GEMMINI_FUNCTION void gemmini_conv_fit_inputs(struct gemmini_conv* c, gemmini_extent* extent) {
  if (c->trans_input_3120) c->in_stride = c->in_channels;
  if (c->in_stride == c->in_channels || c->depthwise || c->trans_weight_1203) return;
  gemmini_require(!c->trans_weight_0132, "tiled_conv",
                  "this hardware has one stride for inputs and transposed weights");
  extent[GEMMINI_KROWS] = extent[GEMMINI_KCOLS] = 1;
}
GEMMINI_FUNCTION void gemmini_conv_fit_outputs(struct gemmini_conv* c, gemmini_extent* extent, bool no_pool) {
  const int out_stride = c->trans_output_1203 ? c->out_channels : c->out_stride;
  if (c->trans_weight_1203 || c->trans_weight_0132) c->weight_stride = c->out_channels;
  if (c->depthwise) c->weight_stride = out_stride;
  if (c->weight_stride == out_stride) return;
  extent[GEMMINI_BATCHES] = extent[GEMMINI_POROWS] = 1;
  extent[GEMMINI_POCOLS] = gemmini_least_int(extent[GEMMINI_POCOLS], no_pool ? DIM : 1);
}
GEMMINI_KERNEL void gemmini_conv_fit_strides(struct gemmini_conv* c, struct gemmini_conv_plan* plan) {
  gemmini_conv_fit_inputs(c, plan->tile.extent);
  gemmini_conv_fit_outputs(c, plan->tile.extent, plan->no_pool);
}
GEMMINI_FUNCTION void gemmini_conv_fit_encoding(struct gemmini_conv* c, struct gemmini_conv_plan* plan) {
  gemmini_conv_fit_image(c, plan->tile.extent);
  if (c->in_stride != c->in_channels || c->weight_stride != c->out_channels || c->out_stride != c->out_channels)
    gemmini_conv_fit_strides(c, plan);
}
#else
GEMMINI_FUNCTION void gemmini_conv_fit_encoding(struct gemmini_conv* c, struct gemmini_conv_plan* plan) {
  (void)c, (void)plan;
}
#endif

GEMMINI_FUNCTION void gemmini_conv_run(struct gemmini_conv c, struct gemmini_conv_tile tile) {
  struct gemmini_conv_plan plan;
  plan.tile = tile;
  plan.no_pool = gemmini_conv_without_pool(&c);
  plan.downsample = gemmini_conv_downsamples(&c, plan.no_pool);
  gemmini_conv_fit_encoding(&c, &plan);
  gemmini_conv_check(&c, &plan);
  gemmini_extended_config_st((c.trans_output_1203 ? c.batch_size * c.out_channels : c.out_stride) * sizeof(elem_t),
                             c.act, c.scale);
  gemmini_extended3_config_ex(WEIGHT_STATIONARY, 0, 0, 0, c.input_dilation, c.stride >> plan.downsample,
                              c.trans_input_3120, c.trans_weight_0132, false);
  plan.pool_out_row_dim = gemmini_pooled(&c, c.out_row_dim), plan.pool_out_col_dim = gemmini_pooled(&c, c.out_col_dim);
  gemmini_conv_reuse(&c, &plan);
  gemmini_conv_tiles(&c, &plan);
}

GEMMINI_FUNCTION void gemmini_conv_auto(struct gemmini_conv c, enum tiled_matmul_type_t type) {
  struct gemmini_conv unpooled = c;
  const bool no_pool = gemmini_conv_without_pool(&unpooled);
  const struct gemmini_conv_shape shape =
      gemmini_conv_shape_of(&unpooled, gemmini_conv_downsamples(&unpooled, no_pool));
  if (type == CPU) {
    gemmini_conv_cpu(c);
    return;
  }
  gemmini_require(type == WS, "tiled_conv", "convolutions are weight-stationary");
  gemmini_conv_run(c, gemmini_tile_conv(GEMMINI_GEOMETRY, &shape));
}

/* ---- the library's functions */

GEMMINI_FUNCTION struct gemmini_conv_tile gemmini_conv_tile_of(size_t batches, size_t porows, size_t pocols,
                                                               size_t pochs, size_t krows, size_t kcols, size_t kchs) {
  const struct gemmini_conv_tile tile = {{batches, porows, pocols, pochs, krows, kcols, kchs}};
  return tile;
}

/* With explicit tiles. */
GEMMINI_FUNCTION void tiled_conv(int batch_size, int in_row_dim, int in_col_dim, int in_channels, int out_channels,
                                 int out_row_dim, int out_col_dim, int stride, int input_dilation, int kernel_dilation,
                                 int padding, int kernel_dim, int in_stride, int weight_stride, int out_stride,
                                 bool wrot180, bool trans_output_1203, bool trans_input_3120, bool trans_weight_1203,
                                 bool trans_weight_0132, int batches, int porows, int pocols, int pochs, int krows,
                                 int kcols, int kchs, const elem_t* input, const elem_t* weights, const acc_t* bias,
                                 elem_t* output, int act, acc_scale_t scale, int pool_size, int pool_stride,
                                 int pool_padding, enum tiled_matmul_type_t tiled_conv_type) {
  const struct gemmini_conv c = {batch_size,
                                 in_row_dim,
                                 in_col_dim,
                                 in_channels,
                                 out_channels,
                                 out_row_dim,
                                 out_col_dim,
                                 stride,
                                 input_dilation,
                                 kernel_dilation,
                                 padding,
                                 kernel_dim,
                                 in_stride,
                                 weight_stride,
                                 out_stride,
                                 wrot180,
                                 trans_output_1203,
                                 trans_input_3120,
                                 trans_weight_1203,
                                 trans_weight_0132,
                                 input,
                                 weights,
                                 bias,
                                 output,
                                 act,
                                 scale,
                                 pool_size,
                                 pool_stride,
                                 pool_padding,
                                 false};
  const struct gemmini_conv_tile tile = gemmini_conv_tile_of(batches, porows, pocols, pochs, krows, kcols, kchs);
  gemmini_require(tiled_conv_type != OS, "tiled_conv", "convolutions are weight-stationary");
  if (tiled_conv_type == CPU)
    gemmini_conv_cpu(c);
  else
    gemmini_conv_run(c, tile);
}

/* Inputs, weights and outputs inside wider tensors: strides in elements. */
GEMMINI_FUNCTION void tiled_conv_stride_auto(
    int batch_size, int in_row_dim, int in_col_dim, int in_channels, int out_channels, int out_row_dim, int out_col_dim,
    int stride, int input_dilation, int kernel_dilation, int padding, int kernel_dim, int in_stride, int weight_stride,
    int out_stride, bool wrot180, bool trans_output_1203, bool trans_input_3120, bool trans_weight_1203,
    bool trans_weight_0132, const elem_t* input, const elem_t* weights, const acc_t* bias, elem_t* output, int act,
    acc_scale_t scale, int pool_size, int pool_stride, int pool_padding, enum tiled_matmul_type_t tiled_conv_type) {
  const struct gemmini_conv c = {batch_size,
                                 in_row_dim,
                                 in_col_dim,
                                 in_channels,
                                 out_channels,
                                 out_row_dim,
                                 out_col_dim,
                                 stride,
                                 input_dilation,
                                 kernel_dilation,
                                 padding,
                                 kernel_dim,
                                 in_stride,
                                 weight_stride,
                                 out_stride,
                                 wrot180,
                                 trans_output_1203,
                                 trans_input_3120,
                                 trans_weight_1203,
                                 trans_weight_0132,
                                 input,
                                 weights,
                                 bias,
                                 output,
                                 act,
                                 scale,
                                 pool_size,
                                 pool_stride,
                                 pool_padding,
                                 false};
  gemmini_conv_auto(c, tiled_conv_type);
}

GEMMINI_FUNCTION void tiled_conv_auto(int batch_size, int in_row_dim, int in_col_dim, int in_channels, int out_channels,
                                      int out_row_dim, int out_col_dim, int stride, int input_dilation,
                                      int kernel_dilation, int padding, int kernel_dim, bool wrot180,
                                      bool trans_output_1203, bool trans_input_3120, bool trans_weight_1203,
                                      bool trans_weight_0132, const elem_t* input, const elem_t* weights,
                                      const acc_t* bias, elem_t* output, int act, acc_scale_t scale, int pool_size,
                                      int pool_stride, int pool_padding, enum tiled_matmul_type_t tiled_conv_type) {
  tiled_conv_stride_auto(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim,
                         stride, input_dilation, kernel_dilation, padding, kernel_dim, in_channels, out_channels,
                         out_channels, wrot180, trans_output_1203, trans_input_3120, trans_weight_1203,
                         trans_weight_0132, input, weights, bias, output, act, scale, pool_size, pool_stride,
                         pool_padding, tiled_conv_type);
}

/* 1x1, stride 2, no padding: a matrix product for every second row of the image, with every second pixel. */
GEMMINI_FUNCTION void tiled_conv_downsample(int batch_size, int in_row_dim, int in_col_dim, int in_channels,
                                            int out_channels, int out_row_dim, int out_col_dim, int in_stride,
                                            int weight_stride, int out_stride, const elem_t* input,
                                            const elem_t* weights, const acc_t* bias, elem_t* output, int act,
                                            acc_scale_t scale, enum tiled_matmul_type_t tiled_conv_type) {
  int b, row;
  for (b = 0; b < batch_size; b++) {
    for (row = 0; row < in_row_dim; row += 2) {
      const elem_t* A = input + ((ptrdiff_t)b * in_row_dim + row) * in_col_dim * in_stride;
      elem_t* C = output + ((ptrdiff_t)b * out_row_dim + row / 2) * out_col_dim * out_stride;
      tiled_matmul_auto(in_col_dim / 2, out_channels, in_channels, A, weights, bias, C, in_stride * 2, weight_stride,
                        out_stride, out_stride, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, act,
                        scale, 0, true, false, false, false, false, 0, tiled_conv_type);
    }
  }
}

/* Depthwise, with explicit tiles. */
GEMMINI_FUNCTION void tiled_conv_dw(int batch_size, int in_row_dim, int in_col_dim, int channels, int out_row_dim,
                                    int out_col_dim, int stride, int padding, int kernel_dim, int batches, int porows,
                                    int pocols, int krows, int kcols, const elem_t* input, const elem_t* weights,
                                    const acc_t* bias, elem_t* output, int act, acc_scale_t scale, int pool_size,
                                    int pool_stride, int pool_padding, enum tiled_matmul_type_t tiled_conv_type) {
  const struct gemmini_conv c = {
      batch_size, in_row_dim, in_col_dim, channels, channels,  out_row_dim, out_col_dim,  stride, 1,     1,     padding,
      kernel_dim, channels,   1,          channels, false,     false,       false,        false,  false, input, weights,
      bias,       output,     act,        scale,    pool_size, pool_stride, pool_padding, true};
  const struct gemmini_conv_tile tile = gemmini_conv_tile_of(batches, porows, pocols, 1, krows, kcols, 1);
  gemmini_require(tiled_conv_type != OS, "tiled_conv_dw", "convolutions are weight-stationary");
  if (tiled_conv_type == CPU)
    gemmini_conv_cpu(c);
  else
    gemmini_conv_run(c, tile);
}

GEMMINI_FUNCTION void tiled_conv_dw_auto(int batch_size, int in_row_dim, int in_col_dim, int channels, int out_row_dim,
                                         int out_col_dim, int stride, int padding, int kernel_dim, elem_t* input,
                                         elem_t* weights, acc_t* bias, elem_t* output, int act, acc_scale_t scale,
                                         int pool_size, int pool_stride, int pool_padding,
                                         enum tiled_matmul_type_t tiled_conv_type) {
  const struct gemmini_conv c = {
      batch_size, in_row_dim, in_col_dim, channels, channels,  out_row_dim, out_col_dim,  stride, 1,     1,     padding,
      kernel_dim, channels,   1,          channels, false,     false,       false,        false,  false, input, weights,
      bias,       output,     act,        scale,    pool_size, pool_stride, pool_padding, true};
  gemmini_conv_auto(c, tiled_conv_type);
}

#endif /* GEMMINI_CONV_H */

/* The kernels on the core, in plain C: what the accelerator computes, element by element. For checks, and for layers
 * that it does not take. Tensors are NHWC; weights [kernel row][kernel column][in][out]. */
#ifndef GEMMINI_CPU_H
#define GEMMINI_CPU_H

#include <stdio.h>
#include <stdlib.h>

#include "gemmini_isa.h"

/* Formats that C lacks are kept as bits, with which it cannot reckon. */
GEMMINI_FUNCTION void gemmini_require_c_type(const char* kernel) {
#ifdef ELEM_T_IS_LOWPREC_FLOAT
  printf("gemmini: %s: the core has no arithmetic for elements of this machine\n", kernel);
  exit(1);
#else
  (void)kernel;
#endif
}

/* ---- the integer functions of I-BERT (arXiv 2101.01321): constants for a scale S */

struct gemmini_igelu {
  acc_t qb, qc;
};
GEMMINI_FUNCTION struct gemmini_igelu gemmini_igelu_of(acc_scale_t S) {
  const acc_scale_t erf_scale = S / (acc_scale_t)1.41421356237;
  const struct gemmini_igelu c = {(acc_t)(-1.769 / erf_scale), (acc_t)(1.0 / (-0.2888 * (erf_scale * erf_scale)))};
  return c;
}

struct gemmini_iexp {
  acc_t qln2, qln2_inv, qb, qc;
};
GEMMINI_FUNCTION struct gemmini_iexp gemmini_iexp_of(acc_scale_t S) {
  const acc_scale_t a = 0.3585, b = 1.353, c = 0.344;
  struct gemmini_iexp e;
  e.qln2 = (acc_t)(int)(0.693147 / S);
  e.qln2_inv = (acc_t)(65536 / (int)e.qln2);
  e.qb = (acc_t)(b / S);
  e.qc = (acc_t)(c / (a * S * S));
  return e;
}

/* Floor of the square root. */
GEMMINI_FUNCTION acc_t int_sqrt(acc_t n) {
  uint64_t root = 0, bit;
  for (bit = (uint64_t)1 << 16; bit != 0; bit >>= 1) {
    if ((root | bit) * (root | bit) <= (uint64_t)n) root |= bit;
  }
  return (acc_t)root;
}

GEMMINI_FUNCTION acc_t gemmini_apply_igelu(acc_t q, acc_scale_t bert_scale) {
  const struct gemmini_igelu c = gemmini_igelu_of(bert_scale);
  const acc_t magnitude = q < 0 ? -q : q, clipped = magnitude > -c.qb ? -c.qb : magnitude;
  const acc_t poly = (clipped + c.qb) * (clipped + c.qb) + c.qc;
  return q * ((q < 0 ? -poly : poly) + c.qc);
}

/* What becomes of a sum on its way out of the accumulator. */
GEMMINI_FUNCTION elem_t scale_and_sat(acc_t x, int act, acc_scale_t scale, acc_scale_t bert_scale) {
  if (act == IGELU) x = gemmini_apply_igelu(x, bert_scale);
  x = (acc_t)ACC_SCALE(x, scale);
  if (act == RELU && x < 0) x = 0;
  return x > elem_t_max ? (elem_t)elem_t_max : x < elem_t_min ? (elem_t)elem_t_min : (elem_t)x;
}

GEMMINI_FUNCTION acc_t gemmini_scaled(elem_t x, scale_t scale) {
#ifdef HAS_MVIN_SCALE
  return scale == (scale_t)MVIN_SCALE_IDENTITY ? (acc_t)x : (acc_t)MVIN_SCALE(x, scale);
#else
  (void)scale;
  return (acc_t)x;
#endif
}
GEMMINI_FUNCTION acc_t gemmini_scaled_acc(acc_t x, scale_acc_t scale) {
#ifdef HAS_MVIN_ACC_SCALE
  return (acc_t)MVIN_SCALE_ACC(x, scale);
#else
  (void)scale;
  return x;
#endif
}

/* ---- normalising a row of sums */

/* RTL up to spring 2023 truncates here and then scales, later RTL scales and rounds once. */
GEMMINI_FUNCTION acc_t gemmini_layernorm_quotient(acc_t centred, acc_t deviation) {
#ifdef GEMMINI_NORM_SCALES_TWICE
  return (acc_t)(centred / deviation);
#else
  const double quotient = (double)centred / (double)deviation;
  return (acc_t)ROUND_NEAR_EVEN(quotient);
#endif
}

GEMMINI_FUNCTION void gemmini_layernorm_row(acc_t* row, size_t J) {
  acc_t sum = 0, squares = 0, mean, deviation;
  size_t j;
  for (j = 0; j < J; j++) sum += row[j];
  mean = sum / (acc_t)J;
  for (j = 0; j < J; j++) squares += (row[j] - mean) * (row[j] - mean);
  deviation = int_sqrt(squares / (acc_t)J);
  if (deviation == 0) deviation = 1;
  for (j = 0; j < J; j++) row[j] = gemmini_layernorm_quotient(row[j] - mean, deviation);
}

GEMMINI_FUNCTION acc_t gemmini_apply_iexp(acc_t q, const struct gemmini_iexp* c) {
  const int64_t z = (-(int64_t)q * (int64_t)c->qln2_inv) >> 16;
  const acc_t rest = q + (acc_t)z * c->qln2;
  const acc_t poly = (rest + c->qb) * (rest + c->qb) + c->qc;
  return (acc_t)((int64_t)poly >> (z < 63 ? z : 63));
}

/* Leaves exponentials in the row and returns the scale that makes their sum 127. */
GEMMINI_FUNCTION acc_scale_t gemmini_softmax_row(acc_t* row, size_t J, acc_scale_t bert_scale) {
  const struct gemmini_iexp c = gemmini_iexp_of(bert_scale);
  acc_t most = row[0], sum = 0;
  size_t j;
  for (j = 1; j < J; j++) most = row[j] > most ? row[j] : most;
  for (j = 0; j < J; j++) sum += row[j] = gemmini_apply_iexp(row[j] - most, &c);
  return (acc_scale_t)(127.f / (float)sum);
}

/* ---- matrix product; strides in elements */

#define GEMMINI_CPU_ROW 4096 /* longest row that can be normalised */

GEMMINI_FUNCTION acc_t gemmini_dot(const elem_t* a, size_t a_step, const elem_t* b, size_t b_step, size_t K,
                                   scale_t A_scale, scale_t B_scale) {
  acc_t sum = 0;
  size_t k;
  for (k = 0; k < K; k++) sum += gemmini_scaled(a[k * a_step], A_scale) * gemmini_scaled(b[k * b_step], B_scale);
  return sum;
}

GEMMINI_FUNCTION void gemmini_matmul_row_out(acc_t* row, elem_t* C, size_t J, int act, acc_scale_t scale,
                                             acc_scale_t bert_scale) {
  size_t j;
  if (act == LAYERNORM) gemmini_layernorm_row(row, J);
  if (act == SOFTMAX) scale = gemmini_softmax_row(row, J, bert_scale);
  for (j = 0; j < J; j++) C[j] = scale_and_sat(row[j], act, scale, bert_scale);
}

GEMMINI_FUNCTION void matmul_cpu(bool transA, bool transB, size_t DIM_I, size_t DIM_J, size_t DIM_K, const elem_t* A,
                                 const elem_t* B, const acc_t* D, elem_t* C, size_t stride_A, size_t stride_B,
                                 size_t stride_D, size_t stride_C, scale_t A_scale_factor, scale_t B_scale_factor,
                                 scale_acc_t D_scale_factor, int act, acc_scale_t scale, acc_scale_t bert_scale,
                                 bool repeating_bias) {
  static acc_t row[GEMMINI_CPU_ROW];
  const bool whole_rows = act == LAYERNORM || act == SOFTMAX;
  size_t i, j, from, count;
  gemmini_require_c_type("matmul_cpu");
  if (whole_rows && DIM_J > GEMMINI_CPU_ROW) {
    printf("gemmini: matmul_cpu: rows of more than %d elements are not normalised\n", GEMMINI_CPU_ROW);
    exit(1);
  }
  for (i = 0; i < DIM_I; i++) {
    for (from = 0; from < DIM_J; from += count) {
      count = DIM_J - from < GEMMINI_CPU_ROW ? DIM_J - from : GEMMINI_CPU_ROW;
      for (j = from; j < from + count; j++) {
        const acc_t bias =
            D == NULL ? 0 : gemmini_scaled_acc(D[(repeating_bias ? 0 : i) * stride_D + j], D_scale_factor);
        row[j - from] =
            bias + gemmini_dot(A + (transA ? i : i * stride_A), transA ? stride_A : 1, B + (transB ? j * stride_B : j),
                               transB ? 1 : stride_B, DIM_K, A_scale_factor, B_scale_factor);
      }
      gemmini_matmul_row_out(row, C + i * stride_C + from, count, act, scale, bert_scale);
    }
  }
}

/* ---- convolution */

/* A convolution, with all the layouts that the accelerator knows. pool_stride 0: no pool. */
struct gemmini_conv {
  int batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim;
  int stride, input_dilation, kernel_dilation, padding, kernel_dim;
  int in_stride, weight_stride, out_stride; /* elements from pixel to pixel, from in-channel to in-channel */
  bool wrot180, trans_output_1203, trans_input_3120, trans_weight_1203, trans_weight_0132;
  const elem_t *input, *weights;
  const acc_t* bias;
  elem_t* output;
  int act;
  acc_scale_t scale;
  int pool_size, pool_stride, pool_padding;
  bool depthwise; /* weights [channel][kernel row][kernel column] */
};

GEMMINI_FUNCTION int gemmini_pooled(const struct gemmini_conv* c, int dim) {
  return c->pool_stride == 0 ? dim : (dim + 2 * c->pool_padding - c->pool_size) / c->pool_stride + 1;
}

/* Without a pool: as if pooled by windows of one. */
GEMMINI_FUNCTION bool gemmini_conv_without_pool(struct gemmini_conv* c) {
  if (c->pool_stride != 0) return false;
  c->pool_size = c->pool_stride = 1, c->pool_padding = 0;
  return true;
}

/* Elements before a pixel of an image, a tap of a kernel, a result. */
GEMMINI_FUNCTION ptrdiff_t gemmini_input_at(const struct gemmini_conv* c, int b, int row, int column, int channel) {
  const ptrdiff_t pixel = (ptrdiff_t)row * c->in_col_dim + column, image = (ptrdiff_t)c->in_row_dim * c->in_col_dim;
  return c->trans_input_3120 ? (channel * image + pixel) * c->batch_size + b
                             : (b * image + pixel) * c->in_stride + channel;
}
GEMMINI_FUNCTION ptrdiff_t gemmini_weight_at(const struct gemmini_conv* c, int row, int column, int in, int out) {
  const ptrdiff_t tap = (ptrdiff_t)row * c->kernel_dim + column, taps = (ptrdiff_t)c->kernel_dim * c->kernel_dim;
  if (c->depthwise) return out * taps + tap;
  if (c->trans_weight_1203) return (in * taps + tap) * c->out_channels + out;
  if (c->trans_weight_0132) return (tap * c->out_channels + out) * c->in_channels + in;
  return (tap * c->in_channels + in) * c->weight_stride + out;
}
GEMMINI_FUNCTION ptrdiff_t gemmini_output_at(const struct gemmini_conv* c, int b, int row, int column, int channel) {
  const ptrdiff_t rows = gemmini_pooled(c, c->out_row_dim), columns = gemmini_pooled(c, c->out_col_dim);
  if (c->trans_output_1203) return ((row * columns + column) * c->batch_size + b) * c->out_channels + channel;
  return ((b * rows + row) * columns + column) * c->out_stride + channel;
}

/* The input row (or column) under a tap, or -1: outside, or between dilated inputs. */
GEMMINI_FUNCTION int gemmini_input_under(const struct gemmini_conv* c, int out, int tap, int in_dim) {
  const int dilated = out * c->stride + tap * c->kernel_dilation - c->padding;
  if (dilated < 0 || dilated % c->input_dilation != 0) return -1;
  return dilated / c->input_dilation < in_dim ? dilated / c->input_dilation : -1;
}

/* One result before pooling. */
GEMMINI_FUNCTION elem_t gemmini_conv_result(const struct gemmini_conv* c, int b, int orow, int ocol, int och) {
  const int depth = c->depthwise ? 1 : c->in_channels;
  acc_t sum = c->bias == NULL ? 0 : c->bias[och];
  int krow, kcol, kch;
  for (krow = 0; krow < c->kernel_dim; krow++) {
    const int irow = gemmini_input_under(c, orow, krow, c->in_row_dim);
    const int wrow = c->wrot180 ? c->kernel_dim - krow - 1 : krow;
    if (irow < 0) continue;
    for (kcol = 0; kcol < c->kernel_dim; kcol++) {
      const int icol = gemmini_input_under(c, ocol, kcol, c->in_col_dim);
      const int wcol = c->wrot180 ? c->kernel_dim - kcol - 1 : kcol;
      if (icol < 0) continue;
      for (kch = 0; kch < depth; kch++) {
        sum += (acc_t)c->input[gemmini_input_at(c, b, irow, icol, c->depthwise ? och : kch)] *
               (acc_t)c->weights[gemmini_weight_at(c, wrow, wcol, kch, och)];
      }
    }
  }
  return scale_and_sat(sum, c->act, c->scale, 0);
}

/* The largest of a window; what lies outside the image counts as zero. */
GEMMINI_FUNCTION elem_t gemmini_pool_result(const struct gemmini_conv* c, int b, int prow, int pcol, int och) {
  elem_t most = (elem_t)elem_t_min;
  int row, column;
  for (row = 0; row < c->pool_size; row++) {
    for (column = 0; column < c->pool_size; column++) {
      const int orow = prow * c->pool_stride + row - c->pool_padding;
      const int ocol = pcol * c->pool_stride + column - c->pool_padding;
      const bool inside = orow >= 0 && orow < c->out_row_dim && ocol >= 0 && ocol < c->out_col_dim;
      const elem_t x = inside ? gemmini_conv_result(c, b, orow, ocol, och) : 0;
      if (x > most) most = x;
    }
  }
  return most;
}

GEMMINI_FUNCTION void gemmini_conv_cpu(struct gemmini_conv c) {
  int b, row, column, channel;
  gemmini_require_c_type("conv_cpu");
  gemmini_conv_without_pool(&c);
  for (b = 0; b < c.batch_size; b++) {
    for (row = 0; row < gemmini_pooled(&c, c.out_row_dim); row++) {
      for (column = 0; column < gemmini_pooled(&c, c.out_col_dim); column++) {
        for (channel = 0; channel < c.out_channels; channel++) {
          c.output[gemmini_output_at(&c, b, row, column, channel)] = gemmini_pool_result(&c, b, row, column, channel);
        }
      }
    }
  }
}

GEMMINI_FUNCTION void conv_cpu(int batch_size, int in_row_dim, int in_col_dim, int in_channels, int out_channels,
                               int out_row_dim, int out_col_dim, int stride, int input_dilation, int kernel_dilation,
                               int padding, int kernel_dim, int in_stride, int weight_stride, int out_stride,
                               bool wrot180, bool trans_output_1203, bool trans_input_3120, bool trans_weight_1203,
                               bool trans_weight_0132, const elem_t* input, const elem_t* weights, const acc_t* bias,
                               elem_t* output, int act, acc_scale_t scale, int pool_size, int pool_stride,
                               int pool_padding) {
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
  gemmini_conv_cpu(c);
}

GEMMINI_FUNCTION void conv_dw_cpu(int batch_size, int in_row_dim, int in_col_dim, int channels, int out_row_dim,
                                  int out_col_dim, int stride, int padding, int kernel_dim, const elem_t* input,
                                  const elem_t* weights, const acc_t* bias, elem_t* output, int act, acc_scale_t scale,
                                  int pool_size, int pool_stride, int pool_padding) {
  const struct gemmini_conv c = {
      batch_size, in_row_dim, in_col_dim, channels, channels,  out_row_dim, out_col_dim,  stride, 1,     1,     padding,
      kernel_dim, channels,   1,          channels, false,     false,       false,        false,  false, input, weights,
      bias,       output,     act,        scale,    pool_size, pool_stride, pool_padding, true};
  gemmini_conv_cpu(c);
}

/* ---- element by element */

/* C = act(A * A_scale + B * B_scale) * C_scale */
GEMMINI_FUNCTION void resadd_cpu(const size_t I, const size_t J, const size_t stride, const scale_t A_scale,
                                 const scale_t B_scale, const acc_scale_t C_scale, const elem_t* A, const elem_t* B,
                                 elem_t* C, bool relu) {
  size_t i, j;
  gemmini_require_c_type("resadd_cpu");
  for (i = 0; i < I; i++) {
    for (j = 0; j < J; j++) {
      const size_t at = i * stride + j;
      const acc_t sum = gemmini_scaled(A[at], A_scale) + gemmini_scaled(B[at], B_scale);
      C[at] = scale_and_sat(sum, relu ? RELU : NO_ACTIVATION, C_scale, 0);
    }
  }
}

/* The mean over images of dim x dim pixels, half rounded up. */
GEMMINI_FUNCTION void global_average_cpu(const elem_t* input, elem_t* output, int batches, int channels, int dim) {
  const int count = dim * dim;
  int b, channel, pixel;
  gemmini_require_c_type("global_average_cpu");
  for (b = 0; b < batches; b++) {
    for (channel = 0; channel < channels; channel++) {
      acc_t sum = 0;
      for (pixel = 0; pixel < count; pixel++) sum += input[((size_t)b * count + pixel) * channels + channel];
#ifdef ELEM_T_IS_FLOAT
      output[(size_t)b * channels + channel] = (elem_t)(sum / count);
#else
      output[(size_t)b * channels + channel] = (elem_t)((sum + count / 2) / count);
#endif
    }
  }
}

#endif /* GEMMINI_CPU_H */

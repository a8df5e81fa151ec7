/* Layers of neural networks, with matrices and tensors as C arrays (C only: arrays of variable size). Functions with
 * `check` compare with the core and end the program at the first difference. */
#ifndef GEMMINI_NN_H
#define GEMMINI_NN_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gemmini.h"
#include "gemmini_testutils.h"

struct ConvParams {
  int batch_size;
  int in_row_dim;
  int in_col_dim;
  int out_row_dim;
  int out_col_dim;
  int kernel_size;
  int in_channels;
  int out_channels;
  int in_stride;
  int weight_stride;
  int out_stride;
  int stride;
  int padding;
  bool bias;
  bool depthwise;
  int n_patches;
  int patch_size;
  acc_scale_t output_scale;
  scale_t res_scale;
  int pool_size, pool_stride, pool_padding, out_dim_pooled;

  int I, J, K;
};

struct FcParams {
  int batch_size;
  int in_features;
  int out_features;
  acc_scale_t output_scale;
  bool bias;

  int I, J, K;
};

/* ---- histograms, of int8 data */

GEMMINI_FUNCTION void gemmini_histogram(const elem_t* x, size_t count) {
  int value;
  for (value = -128; value <= 127; value++) {
    int times = 0;
    size_t i;
    for (i = 0; i < count; i++) times += x[i] == value;
    if (times > 0) printf("%d: %d times\n", value, times);
  }
}
#define HIST_IMAGES(IMAGES) gemmini_histogram((const elem_t*)(IMAGES), sizeof(IMAGES) / sizeof(elem_t));
#define HIST_MATRIX(MATRIX) gemmini_histogram((const elem_t*)(MATRIX), sizeof(MATRIX) / sizeof(elem_t));

/* ---- matrix products, rows without gaps */

/* What the accelerator left in C against the core. */
GEMMINI_FUNCTION void gemmini_nn_check(size_t dim_I, size_t dim_J, size_t dim_K, const elem_t* A, const elem_t* B,
                                       const void* D, const elem_t* C, int act, acc_scale_t scale, bool repeating_bias,
                                       const char* layer_name) {
  elem_t gold[dim_I][dim_J];
  printf("%s: CPU\n", layer_name);
  matmul_cpu(false, false, dim_I, dim_J, dim_K, A, B, (const acc_t*)D, (elem_t*)gold, dim_K, dim_J, dim_J, dim_J,
             MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, act, scale, 0, repeating_bias);
  if (memcmp(gold, C, sizeof gold) != 0) {
    printf("Layer calculated incorrectly: %s\n", layer_name);
    exit(1);
  }
}

GEMMINI_FUNCTION void tiled_matmul_nn(size_t dim_I, size_t dim_J, size_t dim_K, const elem_t A[dim_I][dim_K],
                                      const elem_t B[dim_K][dim_J], const void* D, elem_t C[dim_I][dim_J], int act,
                                      acc_scale_t scale, bool repeating_bias, size_t tile_I, size_t tile_J,
                                      size_t tile_K, enum tiled_matmul_type_t tiled_matmul_type, bool check,
                                      const char* layer_name) {
  if (check) printf("%s: gemmini\n", layer_name);
  tiled_matmul(dim_I, dim_J, dim_K, (const elem_t*)A, (const elem_t*)B, D, C, dim_K, dim_J, dim_J, dim_J,
               MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, act, scale, 0, repeating_bias, tile_I,
               tile_J, tile_K, false, false, false, false, 0, tiled_matmul_type);
  if (check) {
    gemmini_nn_check(dim_I, dim_J, dim_K, (const elem_t*)A, (const elem_t*)B, D, (const elem_t*)C, act, scale,
                     repeating_bias, layer_name);
  }
}

GEMMINI_FUNCTION void tiled_matmul_nn_auto(size_t dim_I, size_t dim_J, size_t dim_K, const elem_t A[dim_I][dim_K],
                                           const elem_t B[dim_K][dim_J], const void* D, elem_t C[dim_I][dim_J], int act,
                                           acc_scale_t scale, bool repeating_bias,
                                           enum tiled_matmul_type_t tiled_matmul_type, bool check,
                                           const char* layer_name) {
  if (check) printf("%s: gemmini\n", layer_name);
  tiled_matmul_auto(dim_I, dim_J, dim_K, (const elem_t*)A, (const elem_t*)B, D, C, dim_K, dim_J, dim_J, dim_J,
                    MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, act, scale, 0, repeating_bias, false,
                    false, false, false, 0, tiled_matmul_type);
  if (check) {
    gemmini_nn_check(dim_I, dim_J, dim_K, (const elem_t*)A, (const elem_t*)B, D, (const elem_t*)C, act, scale,
                     repeating_bias, layer_name);
  }
}

/* Rows with gaps: strides in elements. */
GEMMINI_FUNCTION void tiled_matmul_nn_stride_auto(size_t dim_I, size_t dim_J, size_t dim_K, const size_t A_stride,
                                                  const size_t B_stride, const size_t C_stride, const elem_t* A,
                                                  const elem_t* B, const void* D, const elem_t* C, int act,
                                                  acc_scale_t scale, bool repeating_bias,
                                                  enum tiled_matmul_type_t tiled_matmul_type) {
  tiled_matmul_auto(dim_I, dim_J, dim_K, A, B, D, (void*)C, A_stride, B_stride, C_stride, C_stride, MVIN_SCALE_IDENTITY,
                    MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, act, scale, 0, repeating_bias, false, false, false, false,
                    0, tiled_matmul_type);
}

/* ---- depthwise convolution on the core, activated by ReLU */

GEMMINI_FUNCTION void gemmini_conv_dw(const elem_t* input, const elem_t* weight, const acc_t* bias, elem_t* output,
                                      const struct ConvParams* params) {
  const struct gemmini_conv c = {.batch_size = params->batch_size,
                                 .in_row_dim = params->in_row_dim,
                                 .in_col_dim = params->in_col_dim,
                                 .in_channels = params->in_channels,
                                 .out_channels = params->in_channels,
                                 .out_row_dim = params->out_row_dim,
                                 .out_col_dim = params->out_col_dim,
                                 .stride = params->stride,
                                 .input_dilation = 1,
                                 .kernel_dilation = 1,
                                 .padding = params->padding,
                                 .kernel_dim = params->kernel_size,
                                 .in_stride = params->in_channels,
                                 .weight_stride = 1,
                                 .out_stride = params->in_channels,
                                 .input = input,
                                 .weights = weight,
                                 .bias = params->bias ? bias : NULL,
                                 .output = output,
                                 .act = RELU,
                                 .scale = params->output_scale,
                                 .depthwise = true};
  gemmini_conv_cpu(c);
}

GEMMINI_FUNCTION void conv_dw(size_t I, size_t J, const size_t batch_size, const size_t channels,
                              const size_t in_row_dim, const size_t in_col_dim, const size_t out_row_dim,
                              const size_t out_col_dim, const size_t kernel_size,
                              const elem_t input[batch_size][in_row_dim][in_col_dim][channels],
                              const elem_t weight[channels][kernel_size][kernel_size], const acc_t* bias,
                              elem_t output[I][J], const struct ConvParams* params) {
  (void)out_row_dim, (void)out_col_dim;
  gemmini_conv_dw((const elem_t*)input, (const elem_t*)weight, bias, (elem_t*)output, params);
}

/* From the matrix of pixels that a product left. */
GEMMINI_FUNCTION void conv_dw_with_col2im(size_t prev_I, size_t prev_J, size_t I, size_t J, const size_t batch_size,
                                          const size_t channels, const size_t out_row_dim, const size_t out_col_dim,
                                          const size_t kernel_size, const elem_t input[prev_I][prev_J],
                                          const elem_t weight[channels][kernel_size][kernel_size], const acc_t* bias,
                                          elem_t output[I][J], const struct ConvParams* params) {
  (void)batch_size, (void)out_row_dim, (void)out_col_dim;
  gemmini_conv_dw((const elem_t*)input, (const elem_t*)weight, bias, (elem_t*)output, params);
}

/* ---- im2col on the core: one row a window, kernel row by kernel column by channel; padding is zero */

GEMMINI_FUNCTION void gemmini_im2col_tap(const elem_t* image, elem_t* patch, int row, int column,
                                         const struct ConvParams* params) {
  const bool inside = row >= 0 && row < params->in_row_dim && column >= 0 && column < params->in_col_dim;
  const elem_t* pixel = image + ((ptrdiff_t)row * params->in_col_dim + column) * params->in_channels;
  int channel;
  for (channel = 0; channel < params->in_channels; channel++) patch[channel] = inside ? pixel[channel] : 0;
}

GEMMINI_FUNCTION void gemmini_im2col_patch(const elem_t* image, elem_t* patch, int row, int column,
                                           const struct ConvParams* params) {
  int krow, kcol;
  for (krow = 0; krow < params->kernel_size; krow++) {
    for (kcol = 0; kcol < params->kernel_size; kcol++) {
      gemmini_im2col_tap(image, patch, row + krow, column + kcol, params);
      patch += params->in_channels;
    }
  }
}

GEMMINI_FUNCTION void gemmini_im2col(const elem_t* input, elem_t* output, size_t width,
                                     const struct ConvParams* params) {
  const int last_row = params->in_row_dim - params->kernel_size + params->padding;
  const int last_column = params->in_col_dim - params->kernel_size + params->padding;
  const size_t image = (size_t)params->in_row_dim * params->in_col_dim * params->in_channels;
  int b, row, column;
  for (b = 0; b < params->batch_size; b++) {
    for (row = -params->padding; row <= last_row; row += params->stride) {
      for (column = -params->padding; column <= last_column; column += params->stride) {
        gemmini_im2col_patch(input + b * image, output, row, column, params);
        output += width;
      }
    }
  }
}

GEMMINI_FUNCTION void im2col(size_t batch_size, size_t channels, size_t im_row_dim, size_t im_col_dim, size_t I,
                             size_t K, const elem_t input[batch_size][im_row_dim][im_col_dim][channels],
                             elem_t output[I][K], const struct ConvParams* params) {
  gemmini_im2col((const elem_t*)input, (elem_t*)output, K, params);
}
GEMMINI_FUNCTION void im2col_with_col2im(size_t prev_I, size_t prev_J, size_t next_I, size_t next_K,
                                         const elem_t input[prev_I][prev_J], elem_t output[next_I][next_K],
                                         const struct ConvParams* params) {
  gemmini_im2col((const elem_t*)input, (elem_t*)output, next_K, params);
}

/* ---- additions on the core: C = A * res_scale + B */

GEMMINI_FUNCTION void vecadd(size_t len, const elem_t* A, const elem_t* B, elem_t* C, scale_t A_shift) {
  resadd_cpu(1, len, len, A_shift, MVIN_SCALE_IDENTITY, ACC_SCALE_IDENTITY, A, B, C, false);
}
GEMMINI_FUNCTION void gemmini_resadd_nn(const elem_t* A, const elem_t* B, elem_t* C, bool relu,
                                        const struct ConvParams* params) {
  const size_t pixels = (size_t)params->batch_size * params->out_dim_pooled * params->out_dim_pooled;
  resadd_cpu(pixels, params->out_channels, params->out_channels, params->res_scale, MVIN_SCALE_IDENTITY,
             ACC_SCALE_IDENTITY, A, B, C, relu);
}
GEMMINI_FUNCTION void resadd1(const size_t batch_size, const size_t channels, const size_t im_dim,
                              const elem_t A[batch_size][im_dim][im_dim][channels],
                              const elem_t B[batch_size][im_dim][im_dim][channels],
                              elem_t C[batch_size][im_dim][im_dim][channels], bool relu,
                              const struct ConvParams* params) {
  gemmini_resadd_nn((const elem_t*)A, (const elem_t*)B, (elem_t*)C, relu, params);
}
GEMMINI_FUNCTION void resadd2(const size_t I, const size_t J, const size_t batch_size, const size_t channels,
                              const size_t im_dim, const elem_t A[I][J],
                              const elem_t B[batch_size][im_dim][im_dim][channels],
                              elem_t C[batch_size][im_dim][im_dim][channels], bool relu,
                              const struct ConvParams* params) {
  gemmini_resadd_nn((const elem_t*)A, (const elem_t*)B, (elem_t*)C, relu, params);
}
GEMMINI_FUNCTION void resadd3(const size_t I, const size_t J, const elem_t A[I][J], const elem_t B[I][J],
                              elem_t C[I][J], bool relu, const struct ConvParams* params) {
  gemmini_resadd_nn((const elem_t*)A, (const elem_t*)B, (elem_t*)C, relu, params);
}

/* ---- max-pool on the core; padding counts as zero */

GEMMINI_FUNCTION elem_t gemmini_pool_window(const elem_t* image, int row, int column, int in_row_dim, int in_col_dim,
                                            int channels, int size) {
  elem_t most = elem_t_min;
  int r, c;
  for (r = row; r < row + size; r++) {
    for (c = column; c < column + size; c++) {
      const bool inside = r >= 0 && r < in_row_dim && c >= 0 && c < in_col_dim;
      const elem_t x = inside ? image[((ptrdiff_t)r * in_col_dim + c) * channels] : 0;
      if (x > most) most = x;
    }
  }
  return most;
}

GEMMINI_FUNCTION void gemmini_pool(const elem_t* input, elem_t* output, int batch_size, int channels, int in_row_dim,
                                   int in_col_dim, int out_row_dim, int out_col_dim, const struct ConvParams* params) {
  const size_t image = (size_t)in_row_dim * in_col_dim * channels;
  int b, row, column, channel;
  for (b = 0; b < batch_size; b++) {
    for (row = 0; row < out_row_dim; row++) {
      for (column = 0; column < out_col_dim; column++) {
        for (channel = 0; channel < channels; channel++) {
          *output++ = gemmini_pool_window(input + b * image + channel, row * params->pool_stride - params->pool_padding,
                                          column * params->pool_stride - params->pool_padding, in_row_dim, in_col_dim,
                                          channels, params->pool_size);
        }
      }
    }
  }
}

GEMMINI_FUNCTION void pool(size_t batch_size, size_t channels, size_t in_row_dim, size_t in_col_dim, size_t out_row_dim,
                           size_t out_col_dim, elem_t input[batch_size][in_row_dim][in_col_dim][channels],
                           elem_t output[batch_size][out_row_dim][out_col_dim][channels],
                           const struct ConvParams* params) {
  gemmini_pool((const elem_t*)input, (elem_t*)output, batch_size, channels, in_row_dim, in_col_dim, out_row_dim,
               out_col_dim, params);
}
GEMMINI_FUNCTION void pool_with_col2im(size_t I, size_t J, size_t batch_size, size_t channels, size_t out_row_dim,
                                       size_t out_col_dim, elem_t input[I][J],
                                       elem_t output[batch_size][out_row_dim][out_col_dim][channels],
                                       const struct ConvParams* params) {
  gemmini_pool((const elem_t*)input, (elem_t*)output, batch_size, channels, params->out_row_dim, params->out_col_dim,
               out_row_dim, out_col_dim, params);
}

#endif /* GEMMINI_NN_H */

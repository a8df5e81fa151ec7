/* The convolutions' arguments have changed over the years: one size for square images (until 2023), then rows and
 * columns, then strides too. The number of arguments tells which is meant; what is written as a call takes any of them.
 * The functions themselves have today's. */
#ifndef GEMMINI_SIGNATURES_H
#define GEMMINI_SIGNATURES_H

#include "gemmini_conv.h"

#define GEMMINI_ARGUMENT_41_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19,     \
                             _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, _36, _37, \
                             _38, _39, _40, n, ...)                                                                    \
  n
#define GEMMINI_COUNT_ARGUMENTS(...)                                                                                \
  GEMMINI_ARGUMENT_41_(__VA_ARGS__, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, \
                       20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define GEMMINI_JOIN_(a, b) a##b
#define GEMMINI_JOIN(a, b) GEMMINI_JOIN_(a, b)
#define GEMMINI_BY_COUNT(name, ...) GEMMINI_JOIN(name, GEMMINI_COUNT_ARGUMENTS(__VA_ARGS__))(__VA_ARGS__)

/* ---- tiled_conv_auto: 27 arguments; square: 25 */

GEMMINI_FUNCTION void gemmini_tiled_conv_auto_25(int batch_size, int in_dim, int in_channels, int out_channels,
                                                 int out_dim, int stride, int input_dilation, int kernel_dilation,
                                                 int padding, int kernel_dim, bool wrot180, bool trans_output_1203,
                                                 bool trans_input_3120, bool trans_weight_1203, bool trans_weight_0132,
                                                 const elem_t* input, const elem_t* weights, const acc_t* bias,
                                                 elem_t* output, int act, acc_scale_t scale, int pool_size,
                                                 int pool_stride, int pool_padding, enum tiled_matmul_type_t type) {
  tiled_conv_auto(batch_size, in_dim, in_dim, in_channels, out_channels, out_dim, out_dim, stride, input_dilation,
                  kernel_dilation, padding, kernel_dim, wrot180, trans_output_1203, trans_input_3120, trans_weight_1203,
                  trans_weight_0132, input, weights, bias, output, act, scale, pool_size, pool_stride, pool_padding,
                  type);
}

/* ---- tiled_conv: 37 arguments; without strides: 34; square: 32 */

GEMMINI_FUNCTION void gemmini_tiled_conv_34(int batch_size, int in_row_dim, int in_col_dim, int in_channels,
                                            int out_channels, int out_row_dim, int out_col_dim, int stride,
                                            int input_dilation, int kernel_dilation, int padding, int kernel_dim,
                                            bool wrot180, bool trans_output_1203, bool trans_input_3120,
                                            bool trans_weight_1203, bool trans_weight_0132, int batches, int porows,
                                            int pocols, int pochs, int krows, int kcols, int kchs, const elem_t* input,
                                            const elem_t* weights, const acc_t* bias, elem_t* output, int act,
                                            acc_scale_t scale, int pool_size, int pool_stride, int pool_padding,
                                            enum tiled_matmul_type_t type) {
  tiled_conv(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim, stride,
             input_dilation, kernel_dilation, padding, kernel_dim, in_channels, out_channels, out_channels, wrot180,
             trans_output_1203, trans_input_3120, trans_weight_1203, trans_weight_0132, batches, porows, pocols, pochs,
             krows, kcols, kchs, input, weights, bias, output, act, scale, pool_size, pool_stride, pool_padding, type);
}
GEMMINI_FUNCTION void gemmini_tiled_conv_32(int batch_size, int in_dim, int in_channels, int out_channels, int out_dim,
                                            int stride, int input_dilation, int kernel_dilation, int padding,
                                            int kernel_dim, bool wrot180, bool trans_output_1203, bool trans_input_3120,
                                            bool trans_weight_1203, bool trans_weight_0132, int batches, int porows,
                                            int pocols, int pochs, int krows, int kcols, int kchs, const elem_t* input,
                                            const elem_t* weights, const acc_t* bias, elem_t* output, int act,
                                            acc_scale_t scale, int pool_size, int pool_stride, int pool_padding,
                                            enum tiled_matmul_type_t type) {
  gemmini_tiled_conv_34(batch_size, in_dim, in_dim, in_channels, out_channels, out_dim, out_dim, stride, input_dilation,
                        kernel_dilation, padding, kernel_dim, wrot180, trans_output_1203, trans_input_3120,
                        trans_weight_1203, trans_weight_0132, batches, porows, pocols, pochs, krows, kcols, kchs, input,
                        weights, bias, output, act, scale, pool_size, pool_stride, pool_padding, type);
}

/* ---- tiled_conv_downsample: 17 arguments; without strides: 14; square: 12 */

GEMMINI_FUNCTION void gemmini_tiled_conv_downsample_14(int batch_size, int in_row_dim, int in_col_dim, int in_channels,
                                                       int out_channels, int out_row_dim, int out_col_dim,
                                                       const elem_t* input, const elem_t* weights, const acc_t* bias,
                                                       elem_t* output, int act, acc_scale_t scale,
                                                       enum tiled_matmul_type_t type) {
  tiled_conv_downsample(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim,
                        in_channels, out_channels, out_channels, input, weights, bias, output, act, scale, type);
}
GEMMINI_FUNCTION void gemmini_tiled_conv_downsample_12(int batch_size, int in_dim, int in_channels, int out_channels,
                                                       int out_dim, const elem_t* input, const elem_t* weights,
                                                       const acc_t* bias, elem_t* output, int act, acc_scale_t scale,
                                                       enum tiled_matmul_type_t type) {
  gemmini_tiled_conv_downsample_14(batch_size, in_dim, in_dim, in_channels, out_channels, out_dim, out_dim, input,
                                   weights, bias, output, act, scale, type);
}

/* ---- tiled_conv_dw_auto: 19 arguments; square: 17 */

GEMMINI_FUNCTION void gemmini_tiled_conv_dw_auto_17(int batch_size, int in_dim, int channels, int out_dim, int stride,
                                                    int padding, int kernel_dim, elem_t* input, elem_t* weights,
                                                    acc_t* bias, elem_t* output, int act, acc_scale_t scale,
                                                    int pool_size, int pool_stride, int pool_padding,
                                                    enum tiled_matmul_type_t type) {
  tiled_conv_dw_auto(batch_size, in_dim, in_dim, channels, out_dim, out_dim, stride, padding, kernel_dim, input,
                     weights, bias, output, act, scale, pool_size, pool_stride, pool_padding, type);
}

/* ---- conv_cpu: 29 arguments; without strides: 26; square: 24. conv_dw_cpu: 18; square: 16 */

GEMMINI_FUNCTION void gemmini_conv_cpu_26(int batch_size, int in_row_dim, int in_col_dim, int in_channels,
                                          int out_channels, int out_row_dim, int out_col_dim, int stride,
                                          int input_dilation, int kernel_dilation, int padding, int kernel_dim,
                                          bool wrot180, bool trans_output_1203, bool trans_input_3120,
                                          bool trans_weight_1203, bool trans_weight_0132, const elem_t* input,
                                          const elem_t* weights, const acc_t* bias, elem_t* output, int act,
                                          acc_scale_t scale, int pool_size, int pool_stride, int pool_padding) {
  conv_cpu(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim, stride,
           input_dilation, kernel_dilation, padding, kernel_dim, in_channels, out_channels, out_channels, wrot180,
           trans_output_1203, trans_input_3120, trans_weight_1203, trans_weight_0132, input, weights, bias, output, act,
           scale, pool_size, pool_stride, pool_padding);
}
GEMMINI_FUNCTION void gemmini_conv_cpu_24(int batch_size, int in_dim, int in_channels, int out_channels, int out_dim,
                                          int stride, int input_dilation, int kernel_dilation, int padding,
                                          int kernel_dim, bool wrot180, bool trans_output_1203, bool trans_input_3120,
                                          bool trans_weight_1203, bool trans_weight_0132, const elem_t* input,
                                          const elem_t* weights, const acc_t* bias, elem_t* output, int act,
                                          acc_scale_t scale, int pool_size, int pool_stride, int pool_padding) {
  gemmini_conv_cpu_26(batch_size, in_dim, in_dim, in_channels, out_channels, out_dim, out_dim, stride, input_dilation,
                      kernel_dilation, padding, kernel_dim, wrot180, trans_output_1203, trans_input_3120,
                      trans_weight_1203, trans_weight_0132, input, weights, bias, output, act, scale, pool_size,
                      pool_stride, pool_padding);
}
GEMMINI_FUNCTION void gemmini_conv_dw_cpu_16(int batch_size, int in_dim, int channels, int out_dim, int stride,
                                             int padding, int kernel_dim, const elem_t* input, const elem_t* weights,
                                             const acc_t* bias, elem_t* output, int act, acc_scale_t scale,
                                             int pool_size, int pool_stride, int pool_padding) {
  conv_dw_cpu(batch_size, in_dim, in_dim, channels, out_dim, out_dim, stride, padding, kernel_dim, input, weights, bias,
              output, act, scale, pool_size, pool_stride, pool_padding);
}

#define gemmini_tiled_conv_auto_27 tiled_conv_auto
#define tiled_conv_auto(...) GEMMINI_BY_COUNT(gemmini_tiled_conv_auto_, __VA_ARGS__)
#define gemmini_tiled_conv_37 tiled_conv
#define tiled_conv(...) GEMMINI_BY_COUNT(gemmini_tiled_conv_, __VA_ARGS__)
#define gemmini_tiled_conv_downsample_17 tiled_conv_downsample
#define tiled_conv_downsample(...) GEMMINI_BY_COUNT(gemmini_tiled_conv_downsample_, __VA_ARGS__)
#define gemmini_tiled_conv_dw_auto_19 tiled_conv_dw_auto
#define tiled_conv_dw_auto(...) GEMMINI_BY_COUNT(gemmini_tiled_conv_dw_auto_, __VA_ARGS__)
#define gemmini_conv_cpu_29 conv_cpu
#define conv_cpu(...) GEMMINI_BY_COUNT(gemmini_conv_cpu_, __VA_ARGS__)
#define gemmini_conv_dw_cpu_18 conv_dw_cpu
#define conv_dw_cpu(...) GEMMINI_BY_COUNT(gemmini_conv_dw_cpu_, __VA_ARGS__)

#endif /* GEMMINI_SIGNATURES_H */

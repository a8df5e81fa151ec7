/* The tile search compiled as C, in the C library's types. */
#ifndef CASTOR_TESTS_SW_TILING_IN_C_H
#define CASTOR_TESTS_SW_TILING_IN_C_H

#ifdef __cplusplus
extern "C" {
#endif

struct tiling_machine {
  int dim, sp_rows, acc_rows;
};
struct tiling_conv {
  int batch, out_rows, out_columns, out_channels, in_channels, kernel, stride, kernel_dilation, pool_size, pool_stride,
      downsample, depthwise;
};

void tile_matmul_in_c(struct tiling_machine m, int i, int j, int k, int double_buffered, int whole_rows, int tile[3]);
void tile_conv_in_c(struct tiling_machine m, const struct tiling_conv* c, int tile[7]);
void tile_resadd_in_c(struct tiling_machine m, int i, int j, int unroller, int tile[2]);
int tile_global_average_in_c(struct tiling_machine m, int channels);

#ifdef __cplusplus
}
#endif

#endif

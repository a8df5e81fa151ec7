#include "tiling_in_c.h"

#include "castor/sw/include/gemmini_tiling.h"

static struct gemmini_geometry geometry(struct tiling_machine m) {
  const struct gemmini_geometry g = {m.dim, m.sp_rows, m.acc_rows};
  return g;
}

void tile_matmul_in_c(struct tiling_machine m, int i, int j, int k, int double_buffered, int whole_rows, int tile[3]) {
  const struct gemmini_matmul_tile t = gemmini_tile_matmul(geometry(m), i, j, k, double_buffered, whole_rows);
  tile[0] = t.i, tile[1] = t.j, tile[2] = t.k;
}

void tile_conv_in_c(struct tiling_machine m, const struct tiling_conv* c, int tile[7]) {
  const struct gemmini_conv_shape s = {
      .batch = c->batch,
      .out_rows = c->out_rows,
      .out_columns = c->out_columns,
      .out_channels = c->out_channels,
      .kernel_rows = c->kernel,
      .kernel_columns = c->kernel,
      .in_channels = c->in_channels,
      .stride = c->stride,
      .input_dilation = 1,
      .kernel_dilation = c->kernel_dilation,
      .pool_size = c->pool_size,
      .pool_stride = c->pool_stride,
      .downsample = c->downsample,
      .depthwise = c->depthwise,
  };
  const struct gemmini_conv_tile t = gemmini_tile_conv(geometry(m), &s);
  int at;
  for (at = 0; at < GEMMINI_CONV_EXTENTS; at++) tile[at] = (int)t.extent[at];
}

void tile_resadd_in_c(struct tiling_machine m, int i, int j, int unroller, int tile[2]) {
  const struct gemmini_resadd_tile t = gemmini_tile_resadd(geometry(m), i, j, unroller);
  tile[0] = t.i, tile[1] = t.j;
}

int tile_global_average_in_c(struct tiling_machine m, int channels) {
  return gemmini_tile_global_average(geometry(m), channels);
}

/* The instructions, one macro each, fields as the hardware reads them. Each macro is a statement of its own. `cols` and
 * `rows` are elements; strides of config_ld and config_st are bytes, those of the loops elements. */
#ifndef GEMMINI_ISA_H
#define GEMMINI_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "gemmini_counter.h"
#include "gemmini_params.h"
#include "rocc.h"

#define GEMMINI_FUNCTION static inline __attribute__((unused))
/* One copy in a program, however often it is called. */
#define GEMMINI_KERNEL static __attribute__((noinline, unused))

#define k_CONFIG 0
#define k_MVIN2 1
#define k_MVIN 2
#define k_MVOUT 3
#define k_COMPUTE_PRELOADED 4
#define k_COMPUTE_ACCUMULATE 5
#define k_PRELOAD 6
#define k_FLUSH 7
#define k_LOOP_WS 8
#define k_LOOP_WS_CONFIG_BOUNDS 9
#define k_LOOP_WS_CONFIG_ADDRS_AB 10
#define k_LOOP_WS_CONFIG_ADDRS_DC 11
#define k_LOOP_WS_CONFIG_STRIDES_AB 12
#define k_LOOP_WS_CONFIG_STRIDES_DC 13
#define k_MVIN3 14
#define k_LOOP_CONV_WS 15
#define k_LOOP_CONV_WS_CONFIG_1 16
#define k_LOOP_CONV_WS_CONFIG_2 17
#define k_LOOP_CONV_WS_CONFIG_3 18
#define k_LOOP_CONV_WS_CONFIG_4 19
#define k_LOOP_CONV_WS_CONFIG_5 20
#define k_LOOP_CONV_WS_CONFIG_6 21
#define k_CLKGATE_EN 22
#define k_MVOUT_SPAD 23
#define k_LOOP_WS_CONFIG_SPAD_AB 24
#define k_LOOP_WS_CONFIG_SPAD_C 25
#define k_COUNTER 126

#define CONFIG_EX 0
#define CONFIG_LD 1
#define CONFIG_ST 2
#define CONFIG_BERT 3

#define GARBAGE_ADDR ((uint32_t)(-1))
#define OUTPUT_STATIONARY 0
#define WEIGHT_STATIONARY 1

#define NO_ACTIVATION 0
#define RELU 1
#define LAYERNORM 2
#define IGELU 3
#define SOFTMAX 4

/* Local addresses: the accumulator, accumulating into it, reading it in full width. */
#define GEMMINI_ACC ((uint32_t)1 << (ADDR_LEN - 1))
#define GEMMINI_ACCUMULATE ((uint32_t)1 << (ADDR_LEN - 2))
#define GEMMINI_FULL_WIDTH ((uint32_t)1 << (ADDR_LEN - 3))
#define GEMMINI_NORM_COMMAND(command) ((uint32_t)(command) << 26)

/* ---- values as their bits */

#define GEMMINI_BITS_OF(type, bits)                \
  GEMMINI_FUNCTION bits type##_to_##bits(type x) { \
    bits b;                                        \
    memcpy(&b, &x, sizeof b);                      \
    return b;                                      \
  }                                                \
  GEMMINI_FUNCTION type bits##_to_##type(bits b) { \
    type x;                                        \
    memcpy(&x, &b, sizeof x);                      \
    return x;                                      \
  }
GEMMINI_BITS_OF(acc_scale_t, acc_scale_t_bits)
#ifdef HAS_MVIN_SCALE
GEMMINI_BITS_OF(scale_t, scale_t_bits)
#else
#define scale_t_to_scale_t_bits(x) 0
#endif
#ifdef HAS_MVIN_ACC_SCALE
GEMMINI_BITS_OF(scale_acc_t, scale_acc_t_bits)
#endif
#ifdef ELEM_T_IS_FLOAT
GEMMINI_BITS_OF(elem_t, elem_t_bits)
GEMMINI_BITS_OF(acc_t, acc_t_bits)

/* All ones in the exponent and something in the fraction. */
#define GEMMINI_IS_NAN(bits, exponent_bits, significand_bits)                                 \
  ((((uint64_t)(bits) >> ((significand_bits)-1)) & (((uint64_t)1 << (exponent_bits)) - 1)) == \
       ((uint64_t)1 << (exponent_bits)) - 1 &&                                                \
   ((uint64_t)(bits) & (((uint64_t)1 << ((significand_bits)-1)) - 1)) != 0)
GEMMINI_FUNCTION bool elem_t_isnan(elem_t x) {
  return GEMMINI_IS_NAN(elem_t_to_elem_t_bits(x), ELEM_T_EXP_BITS, ELEM_T_SIG_BITS);
}
GEMMINI_FUNCTION bool acc_t_isnan(acc_t x) {
  return GEMMINI_IS_NAN(acc_t_to_acc_t_bits(x), ACC_T_EXP_BITS, ACC_T_SIG_BITS);
}
#endif

/* ---- moves and computes */

#define GEMMINI_COMMAND(rs1, rs2, funct) ROCC_INSTRUCTION_RS1_RS2(XCUSTOM_ACC, rs1, rs2, funct)

/* An operand: {rows, cols, local address}. */
#define GEMMINI_BLOCK(address, cols, rows) \
  (((uint64_t)(rows) << (ADDR_LEN + 16)) | ((uint64_t)(cols) << ADDR_LEN) | (uint32_t)(address))

#define gemmini_extended_mvin(dram_addr, spad_addr, cols, rows) \
  GEMMINI_COMMAND(dram_addr, GEMMINI_BLOCK(spad_addr, cols, rows), k_MVIN)
#define gemmini_extended_mvin2(dram_addr, spad_addr, cols, rows) \
  GEMMINI_COMMAND(dram_addr, GEMMINI_BLOCK(spad_addr, cols, rows), k_MVIN2)
#define gemmini_extended_mvin3(dram_addr, spad_addr, cols, rows) \
  GEMMINI_COMMAND(dram_addr, GEMMINI_BLOCK(spad_addr, cols, rows), k_MVIN3)
#define gemmini_block_mvin(dram_addr, spad_addr, len) gemmini_extended_mvin(dram_addr, spad_addr, (len)*DIM, DIM)
#define gemmini_mvin(dram_addr, spad_addr) gemmini_extended_mvin(dram_addr, spad_addr, DIM, DIM)

#define gemmini_extended_mvout(dram_addr, spad_addr, cols, rows) \
  GEMMINI_COMMAND(dram_addr, GEMMINI_BLOCK(spad_addr, cols, rows), k_MVOUT)
#define gemmini_mvout(dram_addr, spad_addr) gemmini_extended_mvout(dram_addr, spad_addr, DIM, DIM)
/* To rows `dst_stride` apart of an external scratchpad (today's RTL, where built in). */
#define gemmini_extended_mvout_spad(dst_addr, dst_stride, spad_addr, cols, rows)                               \
  GEMMINI_COMMAND(((uint64_t)(dst_stride) << 32) | (uint32_t)(dst_addr), GEMMINI_BLOCK(spad_addr, cols, rows), \
                  k_MVOUT_SPAD)

#define gemmini_extended_compute_preloaded(A, BD, A_cols, A_rows, BD_cols, BD_rows) \
  GEMMINI_COMMAND(GEMMINI_BLOCK(A, A_cols, A_rows), GEMMINI_BLOCK(BD, BD_cols, BD_rows), k_COMPUTE_PRELOADED)
#define gemmini_extended_compute_accumulated(A, BD, A_cols, A_rows, BD_cols, BD_rows) \
  GEMMINI_COMMAND(GEMMINI_BLOCK(A, A_cols, A_rows), GEMMINI_BLOCK(BD, BD_cols, BD_rows), k_COMPUTE_ACCUMULATE)
#define gemmini_compute_preloaded(A, BD) gemmini_extended_compute_preloaded(A, BD, DIM, DIM, DIM, DIM)
#define gemmini_compute_accumulated(A, BD) gemmini_extended_compute_accumulated(A, BD, DIM, DIM, DIM, DIM)

#define gemmini_extended_preload(BD, C, BD_cols, BD_rows, C_cols, C_rows) \
  GEMMINI_COMMAND(GEMMINI_BLOCK(BD, BD_cols, BD_rows), GEMMINI_BLOCK(C, C_cols, C_rows), k_PRELOAD)
#define gemmini_preload(BD, C) gemmini_extended_preload(BD, C, DIM, DIM, DIM, DIM)
#define gemmini_preload_zeros(C) gemmini_preload(GARBAGE_ADDR, C)

/* ---- configuration */

#define gemmini_extended3_config_ex(dataflow, sys_act, sys_shift, sys_acc_scale, C_stride, A_stride, A_transpose,      \
                                    B_transpose, set_only_strides)                                                     \
  GEMMINI_COMMAND(((uint64_t)acc_scale_t_to_acc_scale_t_bits((acc_scale_t)(sys_acc_scale)) << 32) |                    \
                      ((uint64_t)(A_stride) << 16) | ((uint64_t)(B_transpose) << 9) | ((uint64_t)(A_transpose) << 8) | \
                      ((uint64_t)(set_only_strides) << 7) | ((uint64_t)(sys_act) << 3) | ((uint64_t)(dataflow) << 2) | \
                      CONFIG_EX,                                                                                       \
                  ((uint64_t)(C_stride) << 48) | (uint32_t)(sys_shift), k_CONFIG)
#define gemmini_extended2_config_ex(dataflow, sys_act, sys_shift, A_stride, A_transpose, B_transpose)                  \
  gemmini_extended3_config_ex(dataflow, sys_act, sys_shift, ACC_SCALE_IDENTITY, 1, A_stride, A_transpose, B_transpose, \
                              false)
#define gemmini_extended_config_ex(dataflow, sys_act, sys_shift, A_stride, A_transpose, B_transpose) \
  gemmini_extended2_config_ex(dataflow, sys_act, sys_shift, A_stride, A_transpose, B_transpose)
#define gemmini_config_ex(dataflow, sys_act, sys_shift) \
  gemmini_extended_config_ex(dataflow, sys_act, sys_shift, 1, 0, 0)

#define gemmini_extended5_config_ld(stride, scale, shrunk, block_mvin_stride, pixel_repeats, id) \
  GEMMINI_COMMAND(((uint64_t)scale_t_to_scale_t_bits((scale_t)(scale)) << 32) |                  \
                      ((uint64_t)(block_mvin_stride) << 16) | ((uint64_t)(pixel_repeats) << 8) | \
                      ((uint64_t)(id) << 3) | ((uint64_t)(shrunk) << 2) | CONFIG_LD,             \
                  stride, k_CONFIG)
#define gemmini_extended4_config_ld(stride, scale, shrunk, block_mvin_stride, id) \
  gemmini_extended5_config_ld(stride, scale, shrunk, block_mvin_stride, 1, id)
#define gemmini_extended3_config_ld(stride, scale, shrunk, id) \
  gemmini_extended4_config_ld(stride, scale, shrunk, DIM, id)
#define gemmini_extended2_config_ld(stride, scale, shrunk) gemmini_extended3_config_ld(stride, scale, shrunk, 0)
#define gemmini_extended_config_ld(stride, scale) gemmini_extended2_config_ld(stride, scale, false)
#define gemmini_config_ld(stride) gemmini_extended_config_ld(stride, MVIN_SCALE_IDENTITY)

#define gemmini_extended2_config_st(stride, acc_act, acc_scale, pool_stride, pool_size, pool_out_dim, porows, pocols, \
                                    orows, ocols, upad, lpad)                                                         \
  GEMMINI_COMMAND(((uint64_t)(ocols) << 56) | ((uint64_t)(orows) << 48) | ((uint64_t)(pocols) << 40) |                \
                      ((uint64_t)(porows) << 32) | ((uint64_t)(pool_out_dim) << 24) | ((uint64_t)(lpad) << 10) |      \
                      ((uint64_t)(upad) << 8) | ((uint64_t)(pool_size) << 6) | ((uint64_t)(pool_stride) << 4) |       \
                      ((uint64_t)(acc_act) << 2) | CONFIG_ST,                                                         \
                  ((uint64_t)acc_scale_t_to_acc_scale_t_bits((acc_scale_t)(acc_scale)) << 32) | (uint32_t)(stride),   \
                  k_CONFIG)
#define gemmini_extended_config_st(stride, acc_act, acc_scale) \
  gemmini_extended2_config_st(stride, acc_act, acc_scale, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define gemmini_config_st(stride) gemmini_extended_config_st(stride, NO_ACTIVATION, ACC_SCALE_IDENTITY)

/* Only with normalisations built in: without them the hardware takes it for a store. */
#define gemmini_config_norm(q_const, q_const_type, set_stats_id_only, act_msb, stat_id, igelu_qb, igelu_qc) \
  GEMMINI_COMMAND(((uint64_t)(uint32_t)(int32_t)(q_const) << 32) | ((uint64_t)((q_const_type)&1) << 18) |   \
                      ((uint64_t)((set_stats_id_only)&1) << 17) | ((uint64_t)((act_msb)&1) << 16) |         \
                      ((uint64_t)(stat_id) << 8) | CONFIG_BERT,                                             \
                  ((uint64_t)(uint32_t)(int32_t)(igelu_qc) << 32) | (uint32_t)(int32_t)(igelu_qb), k_CONFIG)

#define gemmini_flush(skip) GEMMINI_COMMAND(skip, 0, k_FLUSH)
#define gemmini_fence() ROCC_FENCE()

/* ---- counters: eight, read in order with the commands that were taken before */

#define gemmini_counter_access(rd, config_reg) ROCC_INSTRUCTION(XCUSTOM_ACC, rd, config_reg, 0, k_COUNTER)

GEMMINI_FUNCTION uint32_t gemmini_counter_command(uint32_t command) {
  uint32_t answer;
  gemmini_counter_access(answer, command);
  return answer;
}
GEMMINI_FUNCTION uint32_t counter_read(size_t index) { return gemmini_counter_command((uint32_t)(index & 7) << 4); }
/* Counter `index` counts event `counter_code` of gemmini_counter.h from now on. */
GEMMINI_FUNCTION void counter_configure(size_t index, size_t counter_code) {
  const uint32_t external = counter_code > INCREMENTAL_COUNTERS;
  const uint32_t event = (uint32_t)(counter_code - (external ? INCREMENTAL_COUNTERS : 0));
  gemmini_counter_command(external << 31 | (event & 0x3f) << 12 | (uint32_t)(index & 7) << 4 | 8);
}
GEMMINI_FUNCTION void counter_snapshot_take(void) { gemmini_counter_command(4); }
GEMMINI_FUNCTION void counter_snapshot_reset(void) { gemmini_counter_command(2); }
GEMMINI_FUNCTION void counter_reset(void) { gemmini_counter_command(1); }

/* ---- loops: whole tiles unrolled by the hardware */

/* I, J, K in blocks of DIM; A or B NULL: what the scratchpad holds; D NULL: no bias; C NULL: not stored. */
#define gemmini_loop_ws(I, J, K, pad_I, pad_J, pad_K, A, B, D, C, A_stride, B_stride, D_stride, C_stride, A_transpose, \
                        B_transpose, full_C, low_D, ex_accumulate, act, a_spad_id, b_spad_id, is_resadd)               \
  {                                                                                                                    \
    GEMMINI_COMMAND(((uint64_t)(pad_K) << 32) | ((uint64_t)(pad_J) << 16) | (uint64_t)(pad_I),                         \
                    ((uint64_t)(K) << 32) | ((uint64_t)(J) << 16) | (uint64_t)(I), k_LOOP_WS_CONFIG_BOUNDS)            \
    GEMMINI_COMMAND(A, B, k_LOOP_WS_CONFIG_ADDRS_AB)                                                                   \
    GEMMINI_COMMAND(D, C, k_LOOP_WS_CONFIG_ADDRS_DC)                                                                   \
    GEMMINI_COMMAND(A_stride, B_stride, k_LOOP_WS_CONFIG_STRIDES_AB)                                                   \
    GEMMINI_COMMAND(D_stride, C_stride, k_LOOP_WS_CONFIG_STRIDES_DC)                                                   \
    GEMMINI_COMMAND(((uint64_t)(a_spad_id) << 18) | ((uint64_t)(b_spad_id) << 16) | ((uint64_t)(act) << 8) |           \
                        ((uint64_t)(low_D) << 2) | ((uint64_t)(full_C) << 1) | (uint64_t)(ex_accumulate),              \
                    ((uint64_t)(is_resadd) << 2) | ((uint64_t)(B_transpose) << 1) | (uint64_t)(A_transpose),           \
                    k_LOOP_WS)                                                                                         \
  }

/* The fields of LOOP_CONV_WS, by their places: four of 16 bits, or the finer cuts of today's RTL. */
#define GEMMINI_FIELDS(f48, f32, f16, f0) \
  (((uint64_t)(f48) << 48) | ((uint64_t)(f32) << 32) | ((uint64_t)(f16) << 16) | (uint64_t)(f0))

#ifdef GEMMINI_LOOP_CONV_IS_SQUARE
/* RTL up to spring 2023: one size for both directions of an image, which serves addresses only and so must be that of
 * the columns; one number for channels and strides. */
#define GEMMINI_LOOP_CONV_SHAPE(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim,            \
                                out_col_dim, pool_out_row_dim, pool_out_col_dim, stride, padding, kernel_dim,          \
                                kernel_dilation, pool_size, pool_stride, pool_padding, batches, porows, pocols, pochs, \
                                krows, kcols, kchs, lpad, rpad, upad, dpad, plpad, prpad, pupad, pdpad, orows, ocols,  \
                                in_stride, weight_stride, out_stride)                                                  \
  GEMMINI_COMMAND(GEMMINI_FIELDS(out_stride, in_stride, in_col_dim, batch_size),                                       \
                  GEMMINI_FIELDS(padding, stride, pool_out_col_dim, out_col_dim), k_LOOP_CONV_WS_CONFIG_1)             \
  GEMMINI_COMMAND(GEMMINI_FIELDS(kernel_dim, pool_size, pool_stride, pool_padding),                                    \
                  GEMMINI_FIELDS(batches, porows, pocols, pochs), k_LOOP_CONV_WS_CONFIG_2)                             \
  GEMMINI_COMMAND(GEMMINI_FIELDS(krows, kcols, kchs, lpad), GEMMINI_FIELDS(rpad, upad, dpad, plpad),                   \
                  k_LOOP_CONV_WS_CONFIG_3)                                                                             \
  GEMMINI_COMMAND(GEMMINI_FIELDS(orows, prpad, pupad, pdpad), GEMMINI_FIELDS(0, 0, kernel_dilation, ocols),            \
                  k_LOOP_CONV_WS_CONFIG_4)
#else
#define GEMMINI_LOOP_CONV_SHAPE(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim,            \
                                out_col_dim, pool_out_row_dim, pool_out_col_dim, stride, padding, kernel_dim,          \
                                kernel_dilation, pool_size, pool_stride, pool_padding, batches, porows, pocols, pochs, \
                                krows, kcols, kchs, lpad, rpad, upad, dpad, plpad, prpad, pupad, pdpad, orows, ocols,  \
                                in_stride, weight_stride, out_stride)                                                  \
  GEMMINI_COMMAND(GEMMINI_FIELDS(out_channels, in_channels, in_row_dim, batch_size),                                   \
                  ((uint64_t)(padding) << 56) | GEMMINI_FIELDS(stride, out_col_dim, pool_out_row_dim, out_row_dim),    \
                  k_LOOP_CONV_WS_CONFIG_1)                                                                             \
  GEMMINI_COMMAND(GEMMINI_FIELDS(kernel_dim, pool_out_col_dim, pool_size, ((pool_stride) << 8) | (pool_padding)),      \
                  GEMMINI_FIELDS(batches, porows, pocols, pochs), k_LOOP_CONV_WS_CONFIG_2)                             \
  GEMMINI_COMMAND(GEMMINI_FIELDS(krows, kcols, kchs, lpad),                                                            \
                  GEMMINI_FIELDS(rpad, upad, ((dpad) << 8) | (plpad), in_col_dim), k_LOOP_CONV_WS_CONFIG_3)            \
  GEMMINI_COMMAND(GEMMINI_FIELDS(orows, prpad, 0, 0) | ((uint64_t)(pupad) << 21) | ((uint64_t)(pdpad) << 10) |         \
                      (uint64_t)(kernel_dilation),                                                                     \
                  GEMMINI_FIELDS(in_stride, weight_stride, out_stride, ocols), k_LOOP_CONV_WS_CONFIG_4)
#endif

/* weights or input NULL: what the scratchpad holds; output NULL: not stored; bias NULL: results stay. */
#define gemmini_loop_conv_ws(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim,  \
                             pool_out_row_dim, pool_out_col_dim, stride, padding, kernel_dim, kernel_dilation,         \
                             pool_size, pool_stride, pool_padding, batches, porows, pocols, pochs, krows, kcols, kchs, \
                             lpad, rpad, upad, dpad, plpad, prpad, pupad, pdpad, orows, ocols, weights, output, bias,  \
                             input, no_bias, no_pool, downsample, wrot180, input_dilated, activation,                  \
                             trans_output_1203, trans_weight_1203, trans_weight_0132, trans_input_3120,                \
                             max_pixels_per_row, in_stride, weight_stride, out_stride, dw, a_spad_id, b_spad_id)       \
  {                                                                                                                    \
    GEMMINI_LOOP_CONV_SHAPE(batch_size, in_row_dim, in_col_dim, in_channels, out_channels, out_row_dim, out_col_dim,   \
                            pool_out_row_dim, pool_out_col_dim, stride, padding, kernel_dim, kernel_dilation,          \
                            pool_size, pool_stride, pool_padding, batches, porows, pocols, pochs, krows, kcols, kchs,  \
                            lpad, rpad, upad, dpad, plpad, prpad, pupad, pdpad, orows, ocols, in_stride,               \
                            weight_stride, out_stride)                                                                 \
    GEMMINI_COMMAND(weights, output, k_LOOP_CONV_WS_CONFIG_5)                                                          \
    GEMMINI_COMMAND(bias, input, k_LOOP_CONV_WS_CONFIG_6)                                                              \
    GEMMINI_COMMAND(((uint64_t)(a_spad_id) << 18) | ((uint64_t)(b_spad_id) << 16) |                                    \
                        ((uint64_t)(max_pixels_per_row) << 8) | ((uint64_t)(dw) << 6) |                                \
                        ((uint64_t)(trans_input_3120) << 5) | ((uint64_t)(trans_weight_0132) << 4) |                   \
                        ((uint64_t)(trans_weight_1203) << 3) | ((uint64_t)(trans_output_1203) << 2) |                  \
                        ((uint64_t)(wrot180) << 1) | (uint64_t)(no_bias),                                              \
                    ((uint64_t)(activation) << 3) | ((uint64_t)(input_dilated) << 2) | ((uint64_t)(downsample) << 1) | \
                        (uint64_t)(no_pool),                                                                           \
                    k_LOOP_CONV_WS)                                                                                    \
  }

#endif /* GEMMINI_ISA_H */

/* C = act(A * B + D) scaled: by the accelerator in either dataflow, or on the core. A is I x K, B is K x J, C and D are
 * I x J; strides in elements. `full_C`: C in acc_t, neither activated nor scaled; `low_D`: D in elem_t;
 * `repeating_bias`: the first row of D for every row. All return when C is in memory. */
#ifndef GEMMINI_MATMUL_H
#define GEMMINI_MATMUL_H

#include "gemmini_cpu.h"
#include "gemmini_isa.h"
#include "gemmini_tiling.h"

/* Also of convolutions and element-wise kernels. */
enum tiled_matmul_type_t { OS, WS, CPU };

#define GEMMINI_GEOMETRY ((struct gemmini_geometry){DIM, BANK_NUM * BANK_ROWS, ACC_ROWS})

#ifdef GEMMINI_NO_LOOP_SPAD_IDS
#define GEMMINI_KEEPS_OPERANDS 0
#else
#define GEMMINI_KEEPS_OPERANDS 1
#endif
/* Hardware that keeps nothing has no field for it. */
#define GEMMINI_SPAD_ID(id) (GEMMINI_KEEPS_OPERANDS ? (id) : 0)

/* Says why and ends the program. */
GEMMINI_FUNCTION void gemmini_refuse(const char* kernel, const char* why) {
  printf("gemmini: %s: %s\n", kernel, why);
  exit(1);
}
GEMMINI_FUNCTION void gemmini_require(bool condition, const char* kernel, const char* why) {
  if (!condition) gemmini_refuse(kernel, why);
}

GEMMINI_FUNCTION int ceil_divide_int(int a, int b) { return a < b ? 1 : a / b + (a % b != 0); }
GEMMINI_FUNCTION int gemmini_least_int(int a, int b) { return a < b ? a : b; }

/* What a product and each of its tiles have in common. */
struct gemmini_matmul_form {
  size_t stride_A, stride_B, stride_D, stride_C;
  scale_t A_scale, B_scale;
  scale_acc_t D_scale;
  int act;
  bool no_bias, repeating_bias, transpose_A, transpose_B, full_C, low_D;
};

/* A product, and its tiles in blocks of DIM. */
struct gemmini_matmul {
  size_t I, J, K;
  const elem_t *A, *B;
  const void* D;
  void* C;
  struct gemmini_matmul_form form;
  size_t tile_I, tile_J, tile_K;
  acc_scale_t scale, bert_scale;
};

/* One tile, with all that its commands tell: where it lies, its blocks, and the elements that its last blocks lack. `D`
 * NULL: results already there are added to; `C` NULL: they stay in the accumulator; `A`, `B` NULL: they are in the
 * scratchpad already. */
struct gemmini_matmul_part {
  const elem_t *A, *B;
  const void* D;
  void* C;
  size_t I, J, K, pad_I, pad_J, pad_K;
  int a_spad_id, b_spad_id;
  struct gemmini_matmul_form form;
};

/* ---- output-stationary: unrolled here, over the whole scratchpad */

/* Elements of block `at` of `blocks` when the last lacks `pad`. */
GEMMINI_FUNCTION size_t gemmini_block_length(size_t at, size_t blocks, size_t pad) {
  return DIM - (at + 1 == blocks ? pad : 0);
}

/* The blocks from `at` on, `most` at most, of a row of `columns` blocks that lies in local rows from `local` on. */
GEMMINI_FUNCTION void gemmini_mvin_row(const char* dram, size_t bytes, uint32_t local, size_t columns,
                                       size_t pad_columns, size_t rows, size_t at, size_t most) {
  const size_t blocks = at + most <= columns ? most : columns - at;
  const size_t length = blocks * DIM - (at + blocks >= columns ? pad_columns : 0);
  gemmini_extended_mvin(dram + at * DIM * bytes, local + at * DIM, length, rows);
}

GEMMINI_FUNCTION void gemmini_os_mvin_d(const struct gemmini_matmul_part* p) {
  const size_t most = p->J <= MAX_BLOCK_LEN_ACC ? p->J : MAX_BLOCK_LEN_ACC;
  size_t i, j;
  gemmini_extended_config_ld(p->form.repeating_bias ? 0 : p->form.stride_D * sizeof(acc_t), p->form.D_scale);
  for (i = 0; i < p->I; i++) {
    const char* row = (const char*)p->D + (p->form.repeating_bias ? 0 : i * p->form.stride_D * DIM * sizeof(acc_t));
    for (j = 0; j < p->J; j += most) {
      gemmini_mvin_row(row, sizeof(acc_t), GEMMINI_ACC + i * p->J * DIM, p->J, p->pad_J,
                       gemmini_block_length(i, p->I, p->pad_I), j, most);
    }
  }
}

GEMMINI_FUNCTION void gemmini_os_mvin_b(const struct gemmini_matmul_part* p, uint32_t local) {
  const size_t most = p->J <= MAX_BLOCK_LEN ? p->J : MAX_BLOCK_LEN;
  size_t j, k;
  gemmini_extended_config_ld(p->form.stride_B * sizeof(elem_t), p->form.B_scale);
  for (j = 0; j < p->J; j += most) {
    for (k = 0; k < p->K; k++) {
      gemmini_mvin_row((const char*)(p->B + k * p->form.stride_B * DIM), sizeof(elem_t), local + k * p->J * DIM, p->J,
                       p->pad_J, gemmini_block_length(k, p->K, p->pad_K), j, most);
    }
  }
}

GEMMINI_FUNCTION void gemmini_os_mvin_a(const struct gemmini_matmul_part* p) {
  const size_t most = p->K <= MAX_BLOCK_LEN ? p->K : MAX_BLOCK_LEN;
  size_t i, k;
  gemmini_extended_config_ld(p->form.stride_A * sizeof(elem_t), p->form.A_scale);
  for (i = 0; i < p->I; i++) {
    for (k = 0; k < p->K; k += most) {
      gemmini_mvin_row((const char*)(p->A + i * p->form.stride_A * DIM), sizeof(elem_t), i * p->K * DIM, p->K, p->pad_K,
                       gemmini_block_length(i, p->I, p->pad_I), k, most);
    }
  }
}

/* The chain over k of one block of C: the array keeps the sum, only the last preload names C. */
GEMMINI_FUNCTION void gemmini_os_compute(const struct gemmini_matmul_part* p, size_t i, size_t j, uint32_t B_local,
                                         uint32_t C_local) {
  const size_t I = gemmini_block_length(i, p->I, p->pad_I), J = gemmini_block_length(j, p->J, p->pad_J);
  size_t k;
  for (k = 0; k < p->K; k++) {
    const size_t K = gemmini_block_length(k, p->K, p->pad_K);
    const uint32_t A_at = (i * p->K + k) * DIM, B_at = B_local + (k * p->J + j) * DIM;
    gemmini_extended_preload(GARBAGE_ADDR, k == p->K - 1 ? C_local : GARBAGE_ADDR, DIM, DIM, J, I);
    if (k == 0) {
      gemmini_extended_compute_preloaded(A_at, B_at, K, I, J, K);
    } else {
      gemmini_extended_compute_accumulated(A_at, B_at, K, I, J, K);
    }
  }
}

GEMMINI_FUNCTION void gemmini_os_mvout(const struct gemmini_matmul_part* p, uint32_t local) {
  const size_t bytes = p->form.full_C ? sizeof(acc_t) : sizeof(elem_t);
  size_t i, j;
  for (i = 0; i < p->I; i++) {
    for (j = 0; j < p->J; j++) {
      gemmini_extended_mvout((char*)p->C + (i * p->form.stride_C + j) * DIM * bytes, local + (i * p->J + j) * DIM,
                             gemmini_block_length(j, p->J, p->pad_J), gemmini_block_length(i, p->I, p->pad_I));
    }
  }
}

/* Works on a copy of its own: what others can see would be read again after each command. */
GEMMINI_KERNEL void gemmini_os_tile(const struct gemmini_matmul_part* part) {
  const struct gemmini_matmul_part p = *part;
  const bool no_bias = p.form.no_bias, overwrite = no_bias && p.D != NULL;
  const uint32_t B_local = BANK_NUM * BANK_ROWS - p.K * p.J * DIM;
  const uint32_t C_local = GEMMINI_ACC | GEMMINI_ACCUMULATE | (p.form.full_C ? GEMMINI_FULL_WIDTH : 0);
  size_t i, j;
  if (p.D != NULL && !no_bias) gemmini_os_mvin_d(&p);
  gemmini_os_mvin_b(&p, B_local);
  gemmini_os_mvin_a(&p);
  for (i = 0; i < p.I; i++) {
    for (j = 0; j < p.J; j++) {
      const uint32_t at = C_local + (i * p.J + j) * DIM;
      gemmini_os_compute(&p, i, j, B_local, overwrite ? at & ~GEMMINI_ACCUMULATE : at);
    }
  }
  if (p.C != NULL) gemmini_os_mvout(&p, C_local);
}

/* ---- weight-stationary: the hardware unrolls */

GEMMINI_KERNEL void gemmini_ws_tile(const struct gemmini_matmul_part* p) {
  const struct gemmini_matmul_form* f = &p->form;
  const bool no_bias = f->no_bias;
  gemmini_loop_ws(p->I, p->J, p->K, p->pad_I, p->pad_J, p->pad_K, p->A, p->B, no_bias ? NULL : p->D, p->C, f->stride_A,
                  f->stride_B, f->repeating_bias ? 0 : f->stride_D, f->stride_C, f->transpose_A, f->transpose_B,
                  f->full_C, f->low_D, !no_bias || p->D == NULL, f->act, GEMMINI_SPAD_ID(p->a_spad_id),
                  GEMMINI_SPAD_ID(p->b_spad_id), false);
}

/* ---- both */

GEMMINI_FUNCTION void gemmini_config_bert(int act, acc_scale_t bert_scale) {
  if (act == IGELU) {
    const struct gemmini_igelu c = gemmini_igelu_of(bert_scale);
    gemmini_config_norm(0, 0, 0, 0, 0, c.qb, c.qc);
  } else if (act == SOFTMAX) {
    const struct gemmini_iexp c = gemmini_iexp_of(bert_scale);
    gemmini_config_norm(c.qln2, 0, 0, 1, 0, c.qb, c.qc);
    gemmini_config_norm(c.qln2_inv, 1, 0, 1, 0, c.qb, c.qc);
  }
}

GEMMINI_FUNCTION void gemmini_matmul_configure(const struct gemmini_matmul* m, int dataflow) {
  const struct gemmini_matmul_form* f = &m->form;
  const size_t bytes_C = f->full_C ? sizeof(acc_t) : sizeof(elem_t),
               bytes_D = f->low_D ? sizeof(elem_t) : sizeof(acc_t);
  gemmini_extended_config_ex(dataflow, f->act & 3, 0, 1, f->transpose_A, f->transpose_B);
  gemmini_extended_config_st(f->stride_C * bytes_C, f->act & 3, m->scale);
  gemmini_extended3_config_ld(f->stride_A * sizeof(elem_t), f->A_scale, false, 0);
  gemmini_extended3_config_ld(f->stride_B * sizeof(elem_t), f->B_scale, false, 1);
  gemmini_extended3_config_ld(f->repeating_bias ? 0 : f->stride_D * bytes_D, f->D_scale, f->low_D, 2);
  gemmini_config_bert(f->act, m->bert_scale);
}

/* How often a tile fits a direction, what the last one holds, and what that lacks. */
struct gemmini_tiles {
  size_t count, tile, last, pad;
};
GEMMINI_FUNCTION struct gemmini_tiles gemmini_tiles_of(size_t elements, size_t tile) {
  const size_t blocks = elements / DIM + (elements % DIM != 0), rest = blocks % tile;
  struct gemmini_tiles t = {blocks / tile + (rest != 0), tile, rest == 0 ? tile : rest, blocks * DIM - elements};
  return t;
}
GEMMINI_FUNCTION size_t gemmini_tile_blocks(const struct gemmini_tiles* t, size_t at) {
  return at + 1 < t->count ? t->tile : t->last;
}
GEMMINI_FUNCTION size_t gemmini_tile_pad(const struct gemmini_tiles* t, size_t at) {
  return at + 1 < t->count ? 0 : t->pad;
}

/* Where D begins for a tile; a product without D has an address that is not NULL at its first k. */
GEMMINI_FUNCTION const void* gemmini_matmul_bias(const struct gemmini_matmul* m, size_t row, size_t column) {
  const struct gemmini_matmul_form* f = &m->form;
  const size_t bytes = f->low_D ? sizeof(elem_t) : sizeof(acc_t);
  const char* D = f->no_bias ? (const char*)1 : (const char*)m->D;
  return D + ((f->repeating_bias ? 0 : row) * f->stride_D + column) * bytes;
}

GEMMINI_FUNCTION struct gemmini_matmul_part gemmini_matmul_part_at(const struct gemmini_matmul* m,
                                                                   const struct gemmini_tiles* I,
                                                                   const struct gemmini_tiles* J,
                                                                   const struct gemmini_tiles* K, size_t i, size_t j,
                                                                   size_t k) {
  const struct gemmini_matmul_form* f = &m->form;
  const size_t row = i * I->tile * DIM, column = j * J->tile * DIM, inner = k * K->tile * DIM;
  const size_t bytes_C = f->full_C ? sizeof(acc_t) : sizeof(elem_t);
  struct gemmini_matmul_part p;
  p.A = m->A + (f->transpose_A ? inner * f->stride_A + row : row * f->stride_A + inner);
  p.B = m->B + (f->transpose_B ? column * f->stride_B + inner : inner * f->stride_B + column);
  p.D = k == 0 ? gemmini_matmul_bias(m, row, column) : NULL;
  p.C = k + 1 == K->count ? (char*)m->C + (row * f->stride_C + column) * bytes_C : NULL;
  p.I = gemmini_tile_blocks(I, i), p.J = gemmini_tile_blocks(J, j), p.K = gemmini_tile_blocks(K, k);
  p.pad_I = gemmini_tile_pad(I, i), p.pad_J = gemmini_tile_pad(J, j), p.pad_K = gemmini_tile_pad(K, k);
  p.a_spad_id = p.b_spad_id = 0;
  p.form = m->form;
  return p;
}

/* An operand of at most two tiles is moved in once: each tile has a half of the scratchpad of its own. */
GEMMINI_FUNCTION void gemmini_matmul_reuse(struct gemmini_matmul_part* p, bool a_kept, bool b_kept, size_t i, size_t j,
                                           size_t k) {
  if (a_kept) {
    p->a_spad_id = i + k == 0 ? 1 : 2;
    if (j >= 1) p->A = NULL;
  }
  if (b_kept) {
    p->b_spad_id = j + k == 0 ? 1 : 2;
    if (i >= 1) p->B = NULL;
  }
}

GEMMINI_FUNCTION void gemmini_matmul_run(const struct gemmini_matmul* m, int dataflow) {
  const struct gemmini_tiles I = gemmini_tiles_of(m->I, m->tile_I), J = gemmini_tiles_of(m->J, m->tile_J),
                             K = gemmini_tiles_of(m->K, m->tile_K);
  const bool keeps = GEMMINI_KEEPS_OPERANDS && dataflow == WEIGHT_STATIONARY;
  const bool a_kept = keeps && I.count * K.count <= 2, b_kept = keeps && J.count * K.count <= 2;
  size_t i, j, k;
  gemmini_matmul_configure(m, dataflow);
  for (i = 0; i < I.count; i++) {
    for (j = 0; j < J.count; j++) {
      for (k = 0; k < K.count; k++) {
        struct gemmini_matmul_part p = gemmini_matmul_part_at(m, &I, &J, &K, i, j, k);
        gemmini_matmul_reuse(&p, a_kept, b_kept, i, j, k);
        if (dataflow == OUTPUT_STATIONARY)
          gemmini_os_tile(&p);
        else
          gemmini_ws_tile(&p);
      }
    }
  }
  gemmini_fence();
}

GEMMINI_FUNCTION void gemmini_matmul_check(const struct gemmini_matmul* m, enum tiled_matmul_type_t type) {
  const struct gemmini_matmul_form* f = &m->form;
  static const char name[] = "tiled_matmul";
  const size_t share = type == WS ? 2 : 1;
  const bool normalises = f->act == LAYERNORM || f->act == SOFTMAX;
  gemmini_require(m->tile_I > 0 && m->tile_J > 0 && m->tile_K > 0, name, "a tile has at least one block");
  gemmini_require(m->tile_I <= 65535 && m->tile_J <= 65535 && m->tile_K <= 65535, name,
                  "a tile has at most 65535 blocks");
  gemmini_require((m->tile_I - 1) * DIM < m->I && (m->tile_J - 1) * DIM < m->J && (m->tile_K - 1) * DIM < m->K, name,
                  "a tile is larger than its matrix");
  gemmini_require((m->tile_I + m->tile_J) * m->tile_K * DIM <= BANK_NUM * BANK_ROWS / share, name,
                  "tiles of A and B do not fit the scratchpad");
  gemmini_require(m->tile_I * m->tile_J * DIM <= ACC_ROWS / share, name, "a tile of C does not fit the accumulator");
  gemmini_require(!(type == OS && (f->transpose_A || f->transpose_B)), name, "output-stationary takes no transposes");
  gemmini_require(!(type == WS && f->transpose_A && f->transpose_B), name, "there is one transposer: A or B, not both");
  gemmini_require(!(type == OS && f->low_D), name, "output-stationary takes D in acc_t");
  gemmini_require(!(type == CPU && (f->full_C || f->low_D)), name, "the core takes D in acc_t and gives C in elem_t");
  gemmini_require(!(normalises && type == OS), name, "output-stationary does not normalise");
  gemmini_require(!normalises || m->tile_J * DIM >= m->J, name, "normalising needs whole rows of C in a tile");
}

/* With explicit tiles, in blocks of DIM. */
GEMMINI_FUNCTION void tiled_matmul(size_t dim_I, size_t dim_J, size_t dim_K, const elem_t* A, const elem_t* B,
                                   const void* D, void* C, size_t stride_A, size_t stride_B, size_t stride_D,
                                   size_t stride_C, scale_t A_scale_factor, scale_t B_scale_factor,
                                   scale_acc_t D_scale_factor, int act, acc_scale_t scale, acc_scale_t bert_scale,
                                   bool repeating_bias, size_t tile_I, size_t tile_J, size_t tile_K, bool transpose_A,
                                   bool transpose_B, bool full_C, bool low_D, uint8_t weightA,
                                   enum tiled_matmul_type_t tiled_matmul_type) {
  const struct gemmini_matmul_form form = {stride_A,       stride_B,       stride_D, stride_C,  A_scale_factor,
                                           B_scale_factor, D_scale_factor, act,      D == NULL, repeating_bias,
                                           transpose_A,    transpose_B,    full_C,   low_D};
  const struct gemmini_matmul m = {dim_I, dim_J, dim_K, A, B, D, C, form, tile_I, tile_J, tile_K, scale, bert_scale};
  (void)weightA; /* reserved */
  gemmini_matmul_check(&m, tiled_matmul_type);
  if (tiled_matmul_type != CPU) {
    gemmini_matmul_run(&m, tiled_matmul_type == OS ? OUTPUT_STATIONARY : WEIGHT_STATIONARY);
    return;
  }
  matmul_cpu(transpose_A, transpose_B, dim_I, dim_J, dim_K, A, B, (const acc_t*)D, (elem_t*)C, stride_A, stride_B,
             stride_D, stride_C, A_scale_factor, B_scale_factor, D_scale_factor, act, scale, bert_scale,
             repeating_bias);
}

GEMMINI_FUNCTION size_t tiled_matmul_total_spad_rows(size_t I, size_t J, size_t K) { return (I * K + K * J) * DIM; }
GEMMINI_FUNCTION size_t tiled_matmul_total_acc_rows(size_t I, size_t J) { return I * J * DIM; }

/* With tiles that fill the local memories. */
GEMMINI_FUNCTION void tiled_matmul_auto(size_t dim_I, size_t dim_J, size_t dim_K, const elem_t* A, const elem_t* B,
                                        const void* D, void* C, size_t stride_A, size_t stride_B, size_t stride_D,
                                        size_t stride_C, scale_t A_scale_factor, scale_t B_scale_factor,
                                        scale_acc_t D_scale_factor, int act, acc_scale_t scale, acc_scale_t bert_scale,
                                        bool repeating_bias, bool transpose_A, bool transpose_B, bool full_C,
                                        bool low_D, uint8_t weightA, enum tiled_matmul_type_t tiled_matmul_type) {
  const bool normalises = act == LAYERNORM || act == SOFTMAX;
  const struct gemmini_matmul_tile tile =
      gemmini_tile_matmul(GEMMINI_GEOMETRY, dim_I, dim_J, dim_K, tiled_matmul_type == WS, normalises);
  tiled_matmul(dim_I, dim_J, dim_K, A, B, D, C, stride_A, stride_B, stride_D, stride_C, A_scale_factor, B_scale_factor,
               D_scale_factor, act, scale, bert_scale, repeating_bias, tile.i, tile.j, tile.k, transpose_A, transpose_B,
               full_C, low_D, weightA, tiled_matmul_type);
}

#endif /* GEMMINI_MATMUL_H */

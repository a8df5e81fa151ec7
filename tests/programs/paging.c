/* A program that turns translation on: page tables of its own, the accelerator driven from supervisor mode through
 * virtual pages that lie elsewhere in memory. FAULT: 0 all pages are there; 1 one is not, and nobody handles it;
 * 2 (3) the one written (read) is not, and the handler of the accelerator's interrupt maps it and lets it try again;
 * 4 (5) the same, but the first row that faults is skipped. */
#include <stdio.h>

#include "gemmini.h"
#include "supervisor.h"

#ifndef FAULT
#define FAULT 0
#endif

enum { ROCC_INTERRUPT = 13 };
#define INTERRUPT (1UL << 63)

static uint8_t memory[3][PAGE] __attribute__((aligned(4096)));
static volatile int faults;

enum { FIRST_IS_SKIPPED = FAULT >= 4, WRITE_FAULTS = FAULT == 2 || FAULT == 4, READ_FAULTS = FAULT == 3 || FAULT == 5 };

enum Page { IN, IDENTITY, OUT };
static elem_t* at(enum Page page) { return (elem_t*)(VIRTUAL + page * PAGE); }
static void map(enum Page page) { map_page(page, memory[2 - page]); }

/* Machine mode. No fence: that would wait for the accelerator, which waits for this. */
__attribute__((interrupt("machine"), aligned(4))) static void on_trap(void) {
  const uint64_t cause = read_csr(mcause);
  if (cause == (INTERRUPT | ROCC_INTERRUPT)) {
    if (faults++ == 0 && FIRST_IS_SKIPPED) {
      gemmini_flush(1);
    } else {
      map(WRITE_FAULTS ? OUT : IN);
      __asm__ volatile("sfence.vma" ::: "memory");
      gemmini_flush(0);
    }
  } else if (cause == ECALL_FROM_SUPERVISOR) {
    return_from_supervisor();
  } else {
    for (;;) {
    }
  }
}

static void fill(void) {
  for (int r = 0; r < DIM; r++) {
    for (int c = 0; c < DIM; c++) {
      at(IN)[r * DIM + c] = (elem_t)(r - c);
      at(IDENTITY)[r * DIM + c] = r == c;
    }
  }
}

static void multiply(void) {
  gemmini_config_ex(WEIGHT_STATIONARY, NO_ACTIVATION, 0);
  gemmini_config_ld(DIM * sizeof(elem_t));
  gemmini_config_st(DIM * sizeof(elem_t));
  gemmini_mvin(at(IN), 0);
  gemmini_mvin(at(IDENTITY), DIM);
  gemmini_preload(DIM, 2 * DIM);
  gemmini_compute_preloaded(0, GARBAGE_ADDR);
  gemmini_mvout(at(OUT), 2 * DIM);
  gemmini_fence();
}

static int differences(void) {
  int count = 0;
  for (int i = 0; i < DIM * DIM; i++) count += ((elem_t*)memory[2 - IN])[i] != ((elem_t*)memory[2 - OUT])[i];
  return count;
}

int main(void) {
  make_tables();
  for (enum Page page = IN; page <= OUT; page++) map(page);
  if (FAULT != 1) write_csr(mie, 1UL << ROCC_INTERRUPT);
  turn_translation_on(on_trap);
  enter_supervisor();
  fill();
  leave_supervisor();
  if (FAULT == 1 || WRITE_FAULTS) leaves[OUT] = 0;
  if (READ_FAULTS) leaves[IN] = 0;
  __asm__ volatile("sfence.vma" ::: "memory");
  enter_supervisor();
  multiply();
  leave_supervisor();
  const int wrong = differences(), in_first_row = FIRST_IS_SKIPPED ? DIM - 1 : 0; /* one is zero anyway */
  printf("paging: %d of %d elements differ, %d faults\n", wrong, DIM * DIM, faults);
  return wrong != in_first_row || faults != (FAULT >= 2) + FIRST_IS_SKIPPED;
}

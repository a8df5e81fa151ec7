/* A program in supervisor mode that goes round many small pages, each time with another word of each: its data TLB
 * holds them all, or asks the page-table walker again and again. */
#include <stdio.h>

#include "supervisor.h"

enum { PAGES = 64, ROUNDS = 4 };
static uint64_t frames[PAGES][PAGE / sizeof(uint64_t)] __attribute__((aligned(4096)));

__attribute__((interrupt("machine"), aligned(4))) static void on_trap(void) { return_from_supervisor(); }

static uint64_t go_round(void) {
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; round++)
    for (int page = 0; page < PAGES; page++) sum += ((volatile uint64_t*)(VIRTUAL + (uint64_t)page * PAGE))[8 * round];
  return sum;
}

int main(void) {
  make_tables();
  for (int page = 0; page < PAGES; page++) {
    map_page(page, frames[PAGES - 1 - page]);
    for (int round = 0; round < ROUNDS; round++) frames[page][8 * round] = (uint64_t)(page + round);
  }
  turn_translation_on(on_trap);
  enter_supervisor();
  const uint64_t sum = go_round();
  leave_supervisor();
  printf("many pages: sum %d\n", (int)sum);
  return sum != ROUNDS * (PAGES * (PAGES - 1) / 2) + PAGES * (ROUNDS * (ROUNDS - 1) / 2);
}

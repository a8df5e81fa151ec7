#include "htif.h"

#include <stdatomic.h>
#include <stdint.h>

extern volatile uint64_t tohost, fromhost;

enum { syscall_write = 64, standard_output = 1 };

/* A request of the host is a block of memory: number and arguments in, result out. One at a time. */
static void host_call(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2) {
  static atomic_flag busy = ATOMIC_FLAG_INIT;
  static volatile uint64_t block[8] __attribute__((aligned(64)));
  while (atomic_flag_test_and_set(&busy)) {
  }
  block[0] = number, block[1] = a0, block[2] = a1, block[3] = a2;
  atomic_thread_fence(memory_order_seq_cst);
  tohost = (uint64_t)(uintptr_t)block;
  while (fromhost == 0) {
  }
  fromhost = 0;
  atomic_thread_fence(memory_order_seq_cst);
  atomic_flag_clear(&busy);
}

void htif_write(const char* text, size_t length) {
  host_call(syscall_write, standard_output, (uint64_t)(uintptr_t)text, length);
}

/* An odd word ends the program: what is above its lowest bit is the exit code. */
void htif_exit(int code) {
  atomic_thread_fence(memory_order_seq_cst);
  for (;;) tohost = (uint64_t)(unsigned)code << 1 | 1;
}

/* From the start-up code to main(). */
#include <stdlib.h>
#include <string.h>

extern char __tdata_start[], __tdata_end[], __tls_size[];
extern void __libc_init_array(void);

int main(int argc, char** argv);

/* What harts other than 0 do; a program with several harts writes its own. Returning parks the hart. */
__attribute__((weak)) void thread_entry(int hart, int harts) { (void)hart, (void)harts; }

/* Thread-local variables of this hart: their block is where tp points. */
static void set_up_thread_locals(void) {
  char* block;
  const size_t initialised = (size_t)(__tdata_end - __tdata_start), all = (size_t)__tls_size;
  __asm__("mv %0, tp" : "=r"(block));
  memcpy(block, __tdata_start, initialised);
  memset(block + initialised, 0, all - initialised);
}

void start_hart(int hart, int harts) {
  set_up_thread_locals();
  if (hart != 0) {
    thread_entry(hart, harts);
    return;
  }
  __libc_init_array();
  thread_entry(hart, harts);
  exit(main(0, NULL));
}

/* stdout and stderr of picolibc's stdio: a line at a time to the host. And the end of the program. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "htif.h"

static char line[256];
static size_t length;

static int flush(FILE* file) {
  (void)file;
  if (length > 0) htif_write(line, length);
  length = 0;
  return 0;
}

static int put(char c, FILE* file) {
  line[length++] = c;
  if (c == '\n' || length == sizeof line) flush(file);
  return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
FILE* const stdout = &console;
FILE* const stderr = &console;

void _exit(int code) {
  flush(&console);
  htif_exit(code);
}

extern char __stacks[], __stack_size[], __guard_size[], __harts[];

static int is_behind_a_stack(unsigned long address) {
  const unsigned long size = (unsigned long)__stack_size, offset = address - (unsigned long)__stacks;
  return offset < size * (unsigned long)__harts && offset % size < (unsigned long)__guard_size;
}

/* A program may replace it. */
__attribute__((weak, noreturn)) void handle_trap(unsigned long cause, unsigned long pc, unsigned long value,
                                                 unsigned long sp) {
  printf("trap: mcause=0x%lx mepc=0x%lx mtval=0x%lx sp=0x%lx\n", cause, pc, value, sp);
  if (is_behind_a_stack(value))
    printf("stack overflow: a hart's __stack_size is %lu bytes\n", (unsigned long)__stack_size);
  _exit(1);
}

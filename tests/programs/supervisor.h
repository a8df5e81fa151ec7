/* For programs that run in supervisor mode under page tables of their own: themselves by one page of 1 GiB, and up to
 * 512 small pages from VIRTUAL on. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdint.h>

enum { PAGE = 4096, ENTRIES = 512, MACHINE = 3, SUPERVISOR = 1, PRIVILEGE_AT = 11 };
enum { ECALL_FROM_SUPERVISOR = 9 };
#define VIRTUAL 0x100000000UL
#define KERNEL_PAGE 0xcfUL /* V R W X A D */

#define read_csr(name)                                  \
  ({                                                    \
    uint64_t value_;                                    \
    __asm__ volatile("csrr %0, " #name : "=r"(value_)); \
    value_;                                             \
  })
#define write_csr(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

static uint64_t root[ENTRIES] __attribute__((aligned(4096)));
static uint64_t middle[ENTRIES] __attribute__((aligned(4096)));
static uint64_t leaves[ENTRIES] __attribute__((aligned(4096)));

static uint64_t entry_of(const void* page, uint64_t flags) { return ((uint64_t)page >> 12 << 10) | flags; }
static void map_page(int number, const void* frame) { leaves[number] = entry_of(frame, KERNEL_PAGE); }

static void make_tables(void) {
  root[2] = entry_of((void*)0x80000000UL, KERNEL_PAGE);
  root[4] = entry_of(middle, 1);
  middle[0] = entry_of(leaves, 1);
}

static void turn_translation_on(void (*on_trap)(void)) {
  write_csr(pmpaddr0, ~0UL);
  write_csr(pmpcfg0, 0x1f);
  write_csr(mtvec, on_trap);
  write_csr(satp, 8UL << 60 | (uint64_t)root >> 12);
  __asm__ volatile("sfence.vma" ::: "memory");
}

static void enter_supervisor(void) {
  write_csr(mstatus, (read_csr(mstatus) & ~((uint64_t)MACHINE << PRIVILEGE_AT)) | (uint64_t)SUPERVISOR << PRIVILEGE_AT);
  __asm__ volatile("la t0, 1f\n csrw mepc, t0\n mret\n 1:" ::: "t0", "memory");
}
/* The handler calls return_from_supervisor. */
static void leave_supervisor(void) { __asm__ volatile("ecall" ::: "memory"); }
static void return_from_supervisor(void) {
  write_csr(mepc, read_csr(mepc) + 4);
  write_csr(mstatus, read_csr(mstatus) | (uint64_t)MACHINE << PRIVILEGE_AT);
}

#endif

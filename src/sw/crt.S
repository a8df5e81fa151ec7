/* Start of a bare-metal program: M-mode, every hart, nothing set up. Leaves each hart with its stack, its thread-local
 * block and its floating-point unit; hart 0 goes on to main(), the others to thread_entry(). */

#define MSTATUS_FS 0x00006000 /* floating-point unit on */
#define MSTATUS_XS 0x00018000 /* accelerator on */
#define PMP_4_KIB 0x1ff       /* in an address: a naturally aligned power of two */
#define PMP_7_FORBIDS (0x98 << 56) /* such a region, locked, without permissions: for machine mode, too */

  .section .text.init, "ax", @progbits
  .globl _start
_start:
  la t0, trap
  csrw mtvec, t0
  li t0, MSTATUS_FS | MSTATUS_XS
  csrs mstatus, t0
  fscsr zero

  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop

  csrr s0, mhartid
  la t0, __harts
  bgeu s0, t0, park /* no stack for it */

  /* hart h has [__stacks + h * __stack_size, + __stack_size): from below the guard, the stack, the thread-local block */
  la t0, __stack_size
  mul t1, s0, t0
  la t2, __stacks
  add t2, t2, t1
  add tp, t2, t0
  la t1, __tls_size
  sub tp, tp, t1
  andi tp, tp, -64
  mv sp, tp
  srli t2, t2, 2
  ori t2, t2, PMP_4_KIB
  csrw pmpaddr7, t2
  li t1, PMP_7_FORBIDS
  csrs pmpcfg0, t1

  bnez s0, wait
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  la t0, bss_is_clear
  li t1, 1
  fence rw, rw
  sw t1, 0(t0)
wait:
  la t0, bss_is_clear
3:
  lw t1, 0(t0)
  beqz t1, 3b
  fence rw, rw

  mv a0, s0
  la a1, __harts
  call start_hart

park:
  wfi
  j park

/* Traps end the program: nothing here is meant to trap. A program with its own ideas sets mtvec. */
  .align 2
trap:
  mv a3, sp
  la sp, __trap_stack_end
  csrr a0, mcause
  csrr a1, mepc
  csrr a2, mtval
  call handle_trap
  j park

  .section .data
  .align 2
bss_is_clear:
  .word 0

  .section .bss
  .align 4
  .space 4096
__trap_stack_end:

/* The host looks at these two words (HTIF). Each has a cache line of its own. */
  .section .tohost, "aw", @progbits
  .align 6
  .globl tohost
  .type tohost, @object
  .size tohost, 8
tohost:
  .dword 0
  .align 6
  .globl fromhost
  .type fromhost, @object
  .size fromhost, 8
fromhost:
  .dword 0
  .align 6

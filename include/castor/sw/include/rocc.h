/* Custom instructions from C: R-type, opcode custom-0 to custom-3, funct3 = {xd, xs1, xs2}.
 * Each is a statement of its own, semicolon or not, and a barrier for the compiler: memory that the accelerator reads
 * is written before, memory that it writes is read after (the fence in between is the program's).
 *
 * On a host that is no RISC-V, each becomes a call of gemmini_rocc_issue(), which whoever builds there provides: tests
 * record commands or execute them on the oracle. */
#ifndef GEMMINI_ROCC_H
#define GEMMINI_ROCC_H

#include <stdint.h>

#if defined(__riscv)

#define GEMMINI_ROCC_TEXT_(x) #x
#define GEMMINI_ROCC_TEXT(x) GEMMINI_ROCC_TEXT_(x)

/* rd = the answer */
#define ROCC_INSTRUCTION_R_R_R(x, rd, rs1, rs2, funct)                                                      \
  {                                                                                                         \
    uint64_t rocc_answer_;                                                                                  \
    __asm__ volatile(".insn r CUSTOM_" GEMMINI_ROCC_TEXT(x) ", 7, " GEMMINI_ROCC_TEXT(funct) ", %0, %1, %2" \
                     : "=r"(rocc_answer_)                                                                   \
                     : "r"((uint64_t)(rs1)), "r"((uint64_t)(rs2))                                           \
                     : "memory");                                                                           \
    (rd) = rocc_answer_;                                                                                    \
  }
#define ROCC_INSTRUCTION_0_R_R(x, rs1, rs2, funct)                                                          \
  {                                                                                                         \
    __asm__ volatile(".insn r CUSTOM_" GEMMINI_ROCC_TEXT(x) ", 3, " GEMMINI_ROCC_TEXT(funct) ", x0, %0, %1" \
                     :                                                                                      \
                     : "r"((uint64_t)(rs1)), "r"((uint64_t)(rs2))                                           \
                     : "memory");                                                                           \
  }
#define ROCC_FENCE() __asm__ volatile("fence" ::: "memory")

#else

#ifdef __cplusplus
extern "C" {
#endif
uint64_t gemmini_rocc_issue(unsigned funct, uint64_t rs1, uint64_t rs2);
void gemmini_rocc_fence(void);
#ifdef __cplusplus
}
#endif
#define ROCC_INSTRUCTION_R_R_R(x, rd, rs1, rs2, funct) \
  { (rd) = gemmini_rocc_issue(funct, (uint64_t)(rs1), (uint64_t)(rs2)); }
#define ROCC_INSTRUCTION_0_R_R(x, rs1, rs2, funct) \
  { gemmini_rocc_issue(funct, (uint64_t)(rs1), (uint64_t)(rs2)); }
#define ROCC_FENCE() gemmini_rocc_fence()

#endif

/* Other names that programs use. */
#define ROCC_INSTRUCTION(x, rd, rs1, rs2, funct) ROCC_INSTRUCTION_R_R_R(x, rd, rs1, rs2, funct)
#define ROCC_INSTRUCTION_DSS(x, rd, rs1, rs2, funct) ROCC_INSTRUCTION_R_R_R(x, rd, rs1, rs2, funct)
#define ROCC_INSTRUCTION_SS(x, rs1, rs2, funct) ROCC_INSTRUCTION_0_R_R(x, rs1, rs2, funct)
#define ROCC_INSTRUCTION_RS1_RS2(x, rs1, rs2, funct) ROCC_INSTRUCTION_0_R_R(x, rs1, rs2, funct)

#endif /* GEMMINI_ROCC_H */

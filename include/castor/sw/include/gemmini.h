/* Gemmini from C. The one header a program includes, with gemmini_params.h of its machine (`castor header`) on the
 * include path. gemmini_isa.h          the instructions gemmini_matmul.h       tiled_matmul, tiled_matmul_auto
 *   gemmini_conv.h         tiled_conv, tiled_conv_auto, ..._stride_auto, ..._dw_auto, ..._downsample
 *   gemmini_elementwise.h  tiled_resadd_auto, tiled_global_average_auto, tiled_norm_auto
 *   gemmini_cpu.h          the same on the core
 * Names, order of arguments and commands issued are those of the Gemmini software, so its programs compile unchanged.
 */
#ifndef GEMMINI_H
#define GEMMINI_H

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gemmini_conv.h"
#include "gemmini_cpu.h"
#include "gemmini_elementwise.h"
#include "gemmini_isa.h"
#include "gemmini_matmul.h"
#include "gemmini_signatures.h"

#endif /* GEMMINI_H */

// Network -> which layer runs where, and by which method of the C library.
#pragma once

#include <string>
#include <vector>

#include "castor/common/types.h"
#include "castor/compiler/network.h"
#include "castor/compiler/tiling.h"
#include "castor/isa/command.h"

namespace castor::config {
class SocConfig;
}

namespace castor::compiler {

/// What the compiler needs to know of the machine.
struct Machine {
  Geometry geometry;
  isa::ConvEncoding conv_encoding = isa::ConvEncoding::Square;
  bool resadd_unroller = false;  ///< LOOP_WS with is_resadd
  bool spad_ids = false;         ///< LOOP_WS can keep an operand
  bool loop_conv = true;
  bool depthwise = true;
  bool max_pool = true;
  bool relu = true;
  bool mvin_scale = true;
  bool pixel_repeats = true;
  PhysAddr dram_base{0x80000000};
  Bytes dram_size{std::uint64_t{2} << 30};
  /// A UserError when the accelerator is not an int8 one with weight-stationary dataflow and scaling.
  static Machine of(const config::SocConfig& config);
};

enum class Method : std::uint8_t {
  Host,
  InPlace,      ///< a concatenation whose parts are written where they belong
  Matmul,       ///< LOOP_WS
  Convolution,  ///< LOOP_CONV_WS
  Depthwise,    ///< LOOP_CONV_WS, a channel at a time
  Downsample,   ///< 1x1 with step 2: LOOP_WS an image row at a time
  Resadd,
  GlobalAverage,  ///< single-row mvins that accumulate
};
const char* name_of(Method method);

struct Placed {
  Method method = Method::Host;
  std::string reason;  ///< why the host
  bool on_accelerator() const { return method != Method::Host && method != Method::InPlace; }
};

/// A pool fused into a convolution that the host has to compute becomes a layer of its own again.
Network split_host_pools(Network network, const Machine& machine);

std::vector<Placed> place(const Network& network, const Machine& machine);
std::string dump_placement(const Network& network, const std::vector<Placed>& placed);

/// The extents the tile search works on.
ConvProblem conv_problem(const Network& network, const Layer& layer, Method method);
/// Rows, columns and depth of the matrix product a layer is.
struct MatmulProblem {
  std::int64_t i = 1, j = 1, k = 1;
};
MatmulProblem matmul_problem(const Network& network, const Layer& layer, Method method);

/// One line a layer that is tiled: the tiles and how many loops.
std::string dump_tiling(const Network& network, const std::vector<Placed>& placed, const Machine& machine);

}  // namespace castor::compiler

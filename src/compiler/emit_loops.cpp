#include "emit_loops.h"

#include <algorithm>
#include <cstring>

namespace castor::compiler {
namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
std::uint32_t narrow(std::int64_t value) {
  CASTOR_ASSERT(value >= 0 && value < (std::int64_t{1} << 32));
  return static_cast<std::uint32_t>(value);
}
Activation activation(bool relu) { return relu ? Activation::Relu : Activation::None; }

isa::Command config_ex(std::int64_t a_stride, Activation act, bool weight_stationary = true) {
  isa::ConfigEx config;
  config.weight_stationary = weight_stationary, config.activation = act, config.a_stride = narrow(a_stride);
  return config.encode();
}

isa::Command config_mvout(std::int64_t stride_bytes, bool relu, float scale) {
  isa::ConfigMvout config;
  config.stride = narrow(stride_bytes), config.activation = activation(relu), config.acc_scale = bits_of(scale);
  return config.encode();
}

isa::Command config_mvin(std::uint32_t state, std::int64_t stride_bytes, float scale, bool shrink,
                         std::int64_t block_stride) {
  isa::ConfigMvin config;
  config.state = state, config.stride = static_cast<std::uint64_t>(stride_bytes), config.scale = bits_of(scale);
  config.shrink = shrink, config.block_stride = narrow(block_stride);
  return config.encode();
}

isa::LocalBlock block(LocalAddr at, std::int64_t rows, std::int64_t columns) {
  return {at, narrow(rows), narrow(columns)};
}

// ---- matrix product

class MatmulEmitter {
 public:
  MatmulEmitter(isa::Stream& stream, const MatmulCall& call, const Machine& machine)
      : stream_(stream),
        call_(call),
        machine_(machine),
        tiling_(tile_matmul(call.problem.i, call.problem.j, call.problem.k, machine.geometry)) {
    a_reuse_ = machine.spad_ids && tiling_.count_i * tiling_.count_k <= 2;
    b_reuse_ = machine.spad_ids && tiling_.count_j * tiling_.count_k <= 2;
  }

  void run() {
    configure();
    for (std::int64_t i = 0; i < tiling_.count_i; ++i) {
      for (std::int64_t j = 0; j < tiling_.count_j; ++j) {
        for (std::int64_t k = 0; k < tiling_.count_k; ++k) tile(i, j, k);
      }
    }
    stream_.add(isa::Fence{});
  }

 private:
  std::int64_t dim() const { return machine_.geometry.dim; }

  void configure() {
    stream_.add(config_ex(1, activation(call_.relu)));
    stream_.add(config_mvout(call_.c_stride, call_.relu, call_.scale));
    stream_.add(config_mvin(0, call_.a_stride, 1, false, dim()));
    stream_.add(config_mvin(1, call_.b_stride, 1, false, dim()));
    stream_.add(config_mvin(2, 0, 1, false, dim()));
  }

  /// Blocks of the tile at `at`, and elements missing in its last block.
  struct Span {
    std::int64_t blocks, padding;
  };
  Span span(std::int64_t at, std::int64_t count, std::int64_t tile, std::int64_t elements) const {
    const std::int64_t all = machine_.geometry.blocks(elements);
    if (at + 1 < count) return {tile, 0};
    return {all - at * tile, all * dim() - elements};
  }

  void tile(std::int64_t i, std::int64_t j, std::int64_t k) {
    const Span rows = span(i, tiling_.count_i, tiling_.i, call_.problem.i),
               columns = span(j, tiling_.count_j, tiling_.j, call_.problem.j);
    const Span depth = span(k, tiling_.count_k, tiling_.k, call_.problem.k);
    stream_.add(isa::LoopWsBounds{narrow(rows.blocks), narrow(columns.blocks), narrow(depth.blocks),
                                  narrow(rows.padding), narrow(columns.padding), narrow(depth.padding)}
                    .encode());
    const std::int64_t row = i * tiling_.i * dim(), column = j * tiling_.j * dim(), inner = k * tiling_.k * dim();
    const VirtAddr a =
        a_reuse_ && j >= 1 ? VirtAddr{} : call_.a + static_cast<std::uint64_t>(row * call_.a_stride + inner);
    const VirtAddr b =
        b_reuse_ && i >= 1 ? VirtAddr{} : call_.b + static_cast<std::uint64_t>(inner * call_.b_stride + column);
    stream_.add(isa::LoopWsAddrsAb{a, b}.encode());
    const bool has_bias = call_.d != VirtAddr{};
    const VirtAddr d = has_bias && k == 0 ? call_.d + static_cast<std::uint64_t>(4 * column) : VirtAddr{};
    const VirtAddr c =
        k + 1 == tiling_.count_k ? call_.c + static_cast<std::uint64_t>(row * call_.c_stride + column) : VirtAddr{};
    stream_.add(isa::LoopWsAddrsDc{d, c}.encode());
    stream_.add(
        isa::LoopWsStridesAb{static_cast<std::uint64_t>(call_.a_stride), static_cast<std::uint64_t>(call_.b_stride)}
            .encode());
    stream_.add(isa::LoopWsStridesDc{0, static_cast<std::uint64_t>(call_.c_stride)}.encode());
    isa::LoopWsRun run;
    run.ex_accumulate = has_bias || k != 0;
    run.activation = activation(call_.relu);
    run.a_spad_id = a_reuse_ ? (i + k == 0 ? 1 : 2) : 0;
    run.b_spad_id = b_reuse_ ? (j + k == 0 ? 1 : 2) : 0;
    stream_.add(run.encode());
  }

  isa::Stream& stream_;
  const MatmulCall& call_;
  const Machine& machine_;
  MatmulTiling tiling_;
  bool a_reuse_, b_reuse_;
};

// ---- convolution

/// Where a tile begins: the loop counters of tiled_conv.
struct TileStart {
  std::int64_t batch = 0, porow = 0, pocol = 0, poch = 0, krow = 0, kcol = 0, kch = 0;
};

/// Padding on the four sides of something.
struct Sides {
  std::int64_t left = 0, right = 0, up = 0, down = 0;
};

class ConvEmitter {
 public:
  ConvEmitter(isa::Stream& stream, const ConvCall& call, const Machine& machine)
      : stream_(stream), call_(call), machine_(machine), tiling_(tile_conv(call.problem, machine.geometry)) {
    const auto count = [](std::int64_t all, std::int64_t tile) { return (all + tile - 1) / tile; };
    const ConvProblem& p = call.problem;
    const std::int64_t inner = count(p.in_channels, tiling_.kchs) * count(p.kernel_rows, tiling_.krows) *
                               count(p.kernel_columns, tiling_.kcols);
    const std::int64_t images =
        count(p.batch, tiling_.batches) * count(p.out_rows, tiling_.porows) * count(p.out_columns, tiling_.pocols);
    const bool ids = machine.spad_ids && !p.depthwise;
    b_reuse_ = ids && inner * count(p.out_channels, tiling_.pochs) <= 2;
    a_reuse_ = ids && inner * images <= 2;
  }

  void run() {
    const ConvProblem& p = call_.problem;
    const std::int64_t channels = p.out_channels, channel_step = p.depthwise ? 1 : tiling_.pochs;
    const std::int64_t depth = p.depthwise ? 1 : p.in_channels;
    TileStart at;
    for (at.batch = 0; at.batch < p.batch; at.batch += tiling_.batches) {
      for (at.porow = 0; at.porow < p.out_rows; at.porow += tiling_.porows) {
        for (at.pocol = 0; at.pocol < p.out_columns; at.pocol += tiling_.pocols) {
          for (at.poch = 0; at.poch < channels; at.poch += channel_step) {
            for (at.krow = 0; at.krow < p.kernel_rows; at.krow += tiling_.krows) {
              for (at.kcol = 0; at.kcol < p.kernel_columns; at.kcol += tiling_.kcols) {
                for (at.kch = 0; at.kch < depth; at.kch += tiling_.kchs) tile(at);
              }
            }
          }
        }
      }
    }
  }

 private:
  /// One tile's extents and padding, as tiled_conv computes them.
  struct Tile {
    std::int64_t batches, porows, pocols, pochs, krows, kcols, kchs;
    std::int64_t orows, ocols;  ///< after the pool's padding is taken off
    Sides pool_pad, pad;
    std::int64_t irow, icol;  ///< first input row and column, negative inside the padding
  };

  Tile extents(const TileStart& at) const {
    const ConvProblem& p = call_.problem;
    Tile t{};
    t.batches = std::min(p.batch - at.batch, tiling_.batches);
    t.porows = std::min(p.out_rows - at.porow, tiling_.porows),
    t.pocols = std::min(p.out_columns - at.pocol, tiling_.pocols);
    t.pochs = p.depthwise ? 1 : std::min(p.out_channels - at.poch, tiling_.pochs);
    t.krows = std::min(p.kernel_rows - at.krow, tiling_.krows),
    t.kcols = std::min(p.kernel_columns - at.kcol, tiling_.kcols);
    t.kchs = p.depthwise ? 1 : std::min(p.in_channels - at.kch, tiling_.kchs);
    pad_pool(at, t);
    pad_input(at, t);
    return t;
  }

  std::int64_t pool_stride() const { return call_.pooled ? call_.pool.stride_h : 1; }
  std::int64_t pool_size() const { return call_.pooled ? call_.pool.kernel_h : 1; }
  std::int64_t pool_padding() const { return call_.pooled ? call_.pool.top : 0; }

  void pad_pool(const TileStart& at, Tile& t) const {
    const std::int64_t orow = at.porow * pool_stride() - pool_padding(),
                       ocol = at.pocol * pool_stride() - pool_padding();
    const std::int64_t orows = t.porows * pool_stride() + pool_size() - 1,
                       ocols = t.pocols * pool_stride() + pool_size() - 1;
    t.pool_pad.left = std::max<std::int64_t>(-ocol, 0), t.pool_pad.up = std::max<std::int64_t>(-orow, 0);
    t.pool_pad.right = std::max<std::int64_t>(ocol + ocols - call_.conv_columns, 0);
    t.pool_pad.down = std::max<std::int64_t>(orow + orows - call_.conv_rows, 0);
    t.orows = orows - t.pool_pad.up - t.pool_pad.down, t.ocols = ocols - t.pool_pad.left - t.pool_pad.right;
    t.irow = std::max<std::int64_t>(orow, 0) * stride() + at.krow * dilation() - call_.window.top;
    t.icol = std::max<std::int64_t>(ocol, 0) * stride() + at.kcol * dilation() - call_.window.left;
  }

  void pad_input(const TileStart&, Tile& t) const {
    const std::int64_t irows = t.orows * stride() + dilation() * (t.krows - 1),
                       icols = t.ocols * stride() + dilation() * (t.kcols - 1);
    t.pad.left = std::max<std::int64_t>(-t.icol, 0), t.pad.up = std::max<std::int64_t>(-t.irow, 0);
    t.pad.right = std::max<std::int64_t>(t.icol + icols - call_.in_columns, 0);
    t.pad.down = std::max<std::int64_t>(t.irow + irows - call_.in_rows, 0);
  }

  std::int64_t stride() const { return call_.problem.stride; }
  std::int64_t dilation() const { return call_.problem.kernel_dilation; }

  bool first(const TileStart& at) const { return at.krow == 0 && at.kcol == 0 && at.kch == 0; }
  bool last(const TileStart& at) const {
    const ConvProblem& p = call_.problem;
    return at.krow + tiling_.krows >= p.kernel_rows && at.kcol + tiling_.kcols >= p.kernel_columns &&
           at.kch + tiling_.kchs >= (p.depthwise ? 1 : p.in_channels);
  }

  VirtAddr output(const TileStart& at) const {
    if (!last(at)) return {};
    const ConvProblem& p = call_.problem;
    const std::int64_t pixel = at.batch * p.out_rows * p.out_columns + at.porow * p.out_columns + at.pocol;
    return call_.output + static_cast<std::uint64_t>(pixel * call_.out_stride + at.poch);
  }

  VirtAddr weights(const TileStart& at) const {
    if (b_reuse_ && at.pocol + at.porow + at.batch > 0) return {};
    const std::int64_t columns = call_.window.kernel_w;
    if (call_.problem.depthwise) {
      return call_.weights +
             static_cast<std::uint64_t>((at.poch * call_.window.kernel_h + at.krow) * columns + at.kcol);
    }
    const std::int64_t row = (at.krow * columns + at.kcol) * call_.in_channels + at.kch;
    return call_.weights + static_cast<std::uint64_t>(row * call_.weight_stride + at.poch);
  }

  VirtAddr input(const TileStart& at, const Tile& t) const {
    if (a_reuse_ && at.poch > 0) return {};
    const std::int64_t pixel = (at.batch * call_.in_rows + t.irow + t.pad.up) * call_.in_columns + t.icol + t.pad.left;
    return call_.input +
           static_cast<std::uint64_t>(pixel * call_.in_stride + (call_.problem.depthwise ? at.poch : at.kch));
  }

  /// bias = NULL when there is none becomes an address that is not 0 and the flag no_bias.
  VirtAddr bias(const TileStart& at) const {
    if (!first(at)) return {};
    return has_bias() ? call_.bias + static_cast<std::uint64_t>(4 * at.poch)
                      : VirtAddr{1} + static_cast<std::uint64_t>(4 * at.poch);
  }
  bool has_bias() const { return call_.bias != VirtAddr{}; }

  /// The first-layer packing: kernel pixels side by side in one row of the array.
  std::int64_t pixels_in_a_row(const Tile& t) const {
    const bool packs =
        machine_.pixel_repeats && !call_.problem.downsample && dilation() == 1 && t.kchs <= machine_.geometry.dim;
    return packs ? std::min(machine_.geometry.dim / t.kchs, t.kcols) : 1;
  }

  void tile(const TileStart& at) {
    const Tile t = extents(at);
    emit_outer(t);
    emit_inner(t);
    stream_.add(isa::LoopConvConfig5{weights(at), output(at)}.encode());
    stream_.add(isa::LoopConvConfig6{bias(at), input(at, t)}.encode());
    isa::LoopConvRun run;
    run.no_bias = !has_bias(), run.dw = call_.problem.depthwise, run.no_pool = !call_.pooled;
    run.downsample = call_.problem.downsample, run.activation = activation(call_.relu);
    run.max_pixels_per_row = narrow(pixels_in_a_row(t));
    if (a_reuse_) run.a_spad_id = at.kch + at.krow + at.kcol + at.batch + at.porow + at.pocol == 0 ? 1 : 2;
    if (b_reuse_) run.b_spad_id = at.kch + at.poch + at.krow + at.kcol == 0 ? 1 : 2;
    stream_.add(run.encode());
  }

  bool square() const { return machine_.conv_encoding == isa::ConvEncoding::Square; }

  void emit_outer(const Tile& t) {
    const ConvProblem& p = call_.problem;
    isa::LoopConvConfig1 c1;
    c1.batch_size = narrow(p.batch), c1.stride = narrow(stride()), c1.padding = narrow(call_.window.left);
    // The square encoding has one number for channels and strides, and one for rows and columns: that of the columns,
    // which is what addresses are made of.
    c1.in_channels = narrow(square() ? call_.in_stride : call_.in_channels);
    c1.out_channels = narrow(square() ? call_.out_stride : p.out_channels);
    c1.in_row_dim = narrow(square() ? call_.in_columns : call_.in_rows);
    c1.out_row_dim = narrow(square() ? call_.conv_columns : call_.conv_rows),
    c1.out_col_dim = narrow(call_.conv_columns);
    c1.pool_out_row_dim = narrow(square() ? p.out_columns : p.out_rows);
    stream_.add(c1.encode(machine_.conv_encoding));
    isa::LoopConvConfig2 c2;
    c2.kernel_dim = narrow(call_.window.kernel_w), c2.pool_out_col_dim = narrow(p.out_columns);
    c2.pool_size = narrow(pool_size()), c2.pool_stride = narrow(pool_stride()),
    c2.pool_padding = narrow(pool_padding());
    c2.batches = narrow(t.batches), c2.porows = narrow(t.porows), c2.pocols = narrow(t.pocols),
    c2.pochs = narrow(t.pochs);
    stream_.add(c2.encode(machine_.conv_encoding));
  }

  void emit_inner(const Tile& t) {
    isa::LoopConvConfig3 c3;
    c3.krows = narrow(t.krows), c3.kcols = narrow(t.kcols), c3.kchs = narrow(t.kchs);
    c3.lpad = narrow(t.pad.left), c3.rpad = narrow(t.pad.right), c3.upad = narrow(t.pad.up),
    c3.dpad = narrow(t.pad.down);
    c3.plpad = narrow(t.pool_pad.left), c3.in_col_dim = narrow(call_.in_columns);
    stream_.add(c3.encode(machine_.conv_encoding));
    isa::LoopConvConfig4 c4;
    c4.orows = narrow(t.orows), c4.ocols = narrow(t.ocols), c4.kernel_dilation = narrow(dilation());
    c4.prad = narrow(t.pool_pad.right), c4.pupad = narrow(t.pool_pad.up), c4.pdpad = narrow(t.pool_pad.down);
    c4.in_stride = narrow(call_.in_stride), c4.weight_stride = narrow(call_.weight_stride),
    c4.out_stride = narrow(call_.out_stride);
    stream_.add(c4.encode(machine_.conv_encoding));
  }

  isa::Stream& stream_;
  const ConvCall& call_;
  const Machine& machine_;
  ConvTiling tiling_;
  bool a_reuse_ = false, b_reuse_ = false;
};

// ---- residual addition

class ResaddEmitter {
 public:
  ResaddEmitter(isa::Stream& stream, const ResaddCall& call, const Machine& machine)
      : stream_(stream),
        call_(call),
        machine_(machine),
        tiling_(tile_resadd(call.rows, call.columns, machine.geometry, machine.resadd_unroller)) {}

  void run() {
    stream_.add(config_mvout(call_.c_stride, call_.relu, call_.scale_c));
    stream_.add(config_ex(1, Activation::None));
    stream_.add(config_mvin(0, call_.a_stride, call_.scale_a, true, dim()));
    stream_.add(config_mvin(1, call_.b_stride, call_.scale_b, true, dim()));
    for (std::int64_t i = 0; i < call_.rows; i += tiling_.i) {
      for (std::int64_t j = 0; j < call_.columns; j += tiling_.j) {
        const std::int64_t rows = std::min(tiling_.i, call_.rows - i), columns = std::min(tiling_.j, call_.columns - j);
        machine_.resadd_unroller ? loop(i, j, rows, columns) : unrolled(i, j, rows, columns);
      }
    }
    stream_.add(isa::Fence{});
  }

 private:
  std::int64_t dim() const { return machine_.geometry.dim; }
  static VirtAddr at(VirtAddr base, std::int64_t stride, std::int64_t i, std::int64_t j) {
    return base + static_cast<std::uint64_t>(i * stride + j);
  }

  void loop(std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns) {
    const std::int64_t tile_i = machine_.geometry.blocks(rows), tile_j = machine_.geometry.blocks(columns);
    stream_.add(isa::LoopWsBounds{narrow(tile_i), narrow(tile_j), 0, narrow(tile_i * dim() - rows),
                                  narrow(tile_j * dim() - columns), 0}
                    .encode());
    stream_.add(isa::LoopWsAddrsAb{at(call_.a, call_.a_stride, i, j), at(call_.b, call_.b_stride, i, j)}.encode());
    stream_.add(isa::LoopWsAddrsDc{VirtAddr{}, at(call_.c, call_.c_stride, i, j)}.encode());
    stream_.add(
        isa::LoopWsStridesAb{static_cast<std::uint64_t>(call_.a_stride), static_cast<std::uint64_t>(call_.b_stride)}
            .encode());
    stream_.add(isa::LoopWsStridesDc{0, static_cast<std::uint64_t>(call_.c_stride)}.encode());
    isa::LoopWsRun run;
    run.activation = activation(call_.relu), run.is_resadd = true;
    stream_.add(run.encode());
  }

  static constexpr std::int64_t few_mvins = 4;  // more than fly at once

  /// Three sweeps over the tile: mvin A, mvin2 B (accumulating), mvout C.
  void unrolled(std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns) {
    const std::int64_t width = std::min(machine_.geometry.blocks(columns), machine_.geometry.max_block_len) * dim();
    const std::int64_t mvins = ((rows + dim() - 1) / dim()) * ((columns + width - 1) / width);
    for (int sweep = 0; sweep < 3; ++sweep) {
      // Too short a sweep leaves the overwriting mvin in flight when the accumulating one of its rows begins.
      if (sweep == 1 && mvins <= few_mvins) stream_.add(isa::Fence{});
      for (std::int64_t r = 0; r < rows; r += dim()) {
        for (std::int64_t c = 0; c < columns; c += width) {
          const std::uint32_t row = narrow(r * machine_.geometry.blocks(columns) + c);
          const isa::LocalBlock local =
              block(LocalAddr::acc(row, sweep == 1), std::min(dim(), rows - r), std::min(width, columns - c));
          if (sweep == 0) stream_.add(isa::Mvin{0, at(call_.a, call_.a_stride, i + r, j + c), local}.encode());
          if (sweep == 1) stream_.add(isa::Mvin{1, at(call_.b, call_.b_stride, i + r, j + c), local}.encode());
          if (sweep == 2) stream_.add(isa::Mvout{at(call_.c, call_.c_stride, i + r, j + c), local}.encode());
        }
      }
    }
  }

  isa::Stream& stream_;
  const ResaddCall& call_;
  const Machine& machine_;
  ResaddTiling tiling_;
};

/// Sums of one image's channels [first, first + count), then their way out. The C library lets each sum's first mvin
/// (which overwrites) and the accumulating ones fly together; memory may answer out of order, so here the first ones
/// land before.
void average_tile(isa::Stream& stream, const AverageCall& call, const Machine& machine, VirtAddr in, VirtAddr out,
                  std::int64_t count) {
  const std::int64_t dim = machine.geometry.dim;
  const std::int64_t width = std::min(machine.geometry.blocks(count), machine.geometry.max_block_len) * dim;
  const auto add_pixel = [&](std::int64_t c, std::int64_t pixel) {
    const isa::LocalBlock local = block(LocalAddr::acc(narrow(c / dim), pixel != 0), 1, std::min(width, count - c));
    stream.add(isa::Mvin{0, in + static_cast<std::uint64_t>(pixel * call.in_stride + c), local}.encode());
  };
  for (std::int64_t c = 0; c < count; c += width) add_pixel(c, 0);
  if (call.pixels > 1) stream.add(isa::Fence{});
  for (std::int64_t c = 0; c < count; c += width) {
    for (std::int64_t pixel = 1; pixel < call.pixels; ++pixel) add_pixel(c, pixel);
  }
  for (std::int64_t c = 0; c < count; c += dim) {
    stream.add(isa::Mvout{out + static_cast<std::uint64_t>(c),
                          block(LocalAddr::acc(narrow(c / dim)), 1, std::min(dim, count - c))}
                   .encode());
  }
}

}  // namespace

void emit_matmul(isa::Stream& stream, const MatmulCall& call, const Machine& machine) {
  MatmulEmitter(stream, call, machine).run();
}

void emit_conv_configs(isa::Stream& stream, const ConvCall& call) {
  stream.add(config_mvout(call.out_stride, call.relu, call.scale));
  stream.add(config_ex(call.problem.downsample ? call.problem.stride / 2 : call.problem.stride, Activation::None));
}

void emit_conv_tiles(isa::Stream& stream, const ConvCall& call, const Machine& machine) {
  ConvEmitter(stream, call, machine).run();
}

void emit_conv(isa::Stream& stream, const ConvCall& call, const Machine& machine) {
  emit_conv_configs(stream, call);
  emit_conv_tiles(stream, call, machine);
  stream.add(isa::Fence{});
}

void emit_resadd(isa::Stream& stream, const ResaddCall& call, const Machine& machine) {
  ResaddEmitter(stream, call, machine).run();
}

void emit_global_average(isa::Stream& stream, const AverageCall& call, const Machine& machine) {
  stream.add(config_mvin(0, machine.geometry.dim, 1, true, 1));
  stream.add(config_ex(1, Activation::None, false));
  stream.add(config_mvout(0, call.relu, call.scale));
  const std::int64_t tile = tile_global_average(call.channels, machine.geometry);
  for (std::int64_t n = 0; n < call.images; ++n) {
    for (std::int64_t c = 0; c < call.channels; c += tile) {
      const auto in = static_cast<std::uint64_t>(n * call.pixels * call.in_stride + c),
                 out = static_cast<std::uint64_t>(n * call.out_stride + c);
      average_tile(stream, call, machine, call.input + in, call.output + out, std::min(tile, call.channels - c));
    }
  }
  stream.add(isa::Fence{});
}

}  // namespace castor::compiler

#include "random_stream.h"

#include <algorithm>
#include <cstring>

namespace castor::test {

namespace {

std::uint32_t float_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Rows of elements start at a multiple of their size.
VirtAddr whole_elements(VirtAddr address, unsigned element_bytes) {
  return VirtAddr{address.value() & ~std::uint64_t{element_bytes - 1}};
}

/// The smallest image in which the operands of a loop find room.
Bytes input_size(const config::GemminiParams& params) {
  const std::uint64_t tile = std::uint64_t{params.dim()} * params.sp_row_bytes();
  return std::max(16_KiB, Bytes(tile * 64));
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, const config::GemminiParams& params, bool output_stationary)
    : params_(params),
      random_(seed),
      output_stationary_(output_stationary),
      dim_(params.dim()),
      layout_(params.local_layout()),
      output_(map_.output) {
  map_.input_size = input_size(params);
  stream_.conv_encoding = params.loop_conv_encoding == config::LoopConvEncoding::Square
                              ? isa::ConvEncoding::Square
                              : isa::ConvEncoding::Rectangular;
  isa::DataImage image;
  image.address = map_.input;
  image.size = map_.input_size;
  image.bytes.resize(map_.input_size.count());
  if (params.input_type().is_float())
    fill_with_numbers(image.bytes);
  else
    for (auto& byte : image.bytes) byte = static_cast<std::uint8_t>(random_());
  stream_.data.push_back(image);
}

/// Small numbers: the upper bytes of a float32 are the same number as a bfloat16.
void RandomStream::fill_with_numbers(std::vector<std::uint8_t>& bytes) {
  const unsigned width = params_.input_bytes();
  for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
    const std::uint32_t bits = float_bits((static_cast<float>(pick(0, 64)) - 32) / 8);
    std::memcpy(&bytes[at], reinterpret_cast<const std::uint8_t*>(&bits) + (sizeof bits - width), width);
  }
}

std::uint32_t RandomStream::pick(std::uint32_t low, std::uint32_t high) {
  return low + static_cast<std::uint32_t>(random_() % (std::uint64_t{high} - low + 1));
}

float RandomStream::scale() {
  static constexpr float scales[] = {1.0F, 0.5F, 0.25F, 0.01F, 1.7F, 0.0039F, -0.3F};
  return scales[pick(0, 6)];
}

isa::Stream RandomStream::build(unsigned commands) {
  configure_all();
  while (stream_.items.size() < commands) {
    const std::uint32_t dice = pick(1, 100);
    if (dice <= 25)
      load();
    else if (dice <= 30)
      zero_load();
    else if (dice <= 60)
      matmul();
    else if (dice <= 70)
      store_scratchpad();
    else if (dice <= 82)
      store_accumulator();
    else if (dice <= 85)
      store_pooled();
    else if (dice <= 89)
      loop_matmul();
    else if (dice <= 91)
      loop_convolution();
    else if (dice <= 94)
      configure_load(pick(0, 2));
    else if (dice <= 96)
      configure_store();
    else if (dice <= 98)
      configure_execute();
    else
      fence();
  }
  fence();
  return stream_;
}

void RandomStream::configure_all() {
  configure_execute();
  for (unsigned state = 0; state < 3; ++state) configure_load(state);
  configure_store();
}

void RandomStream::configure_execute() {
  // What an output-stationary array still holds belongs to the old configuration.
  if (!stream_.items.empty()) fence();
  name_last_result();
  ex_ = {};
  const bool both = params_.dataflow == config::Dataflow::Both && output_stationary_;
  ex_.weight_stationary = !both || chance(60);
  ex_.activation = chance(30) ? Activation::Relu : Activation::None;
  ex_.in_shift = ex_.weight_stationary ? 0 : pick(0, 6);
  ex_.a_stride = chance(80) ? 1 : 2;
  ex_.c_stride = ex_.weight_stationary && chance(15) && !params_.acc_singleported
                     ? 2
                     : 1;  // output-stationary rows count down, one by one
  if (ex_.weight_stationary) {
    const std::uint32_t dice = pick(0, 9);
    ex_.b_transpose = dice == 0;
    ex_.a_transpose = dice == 1;
  } else {
    ex_.a_transpose = chance(30);
    ex_.b_transpose = ex_.a_transpose && chance(50);
  }
  if (ex_.a_transpose) ex_.a_stride = 1;
  add(ex_);
}

void RandomStream::configure_load(unsigned state) {
  isa::ConfigMvin& config = ld_[state];
  config = {};
  config.state = state;
  config.shrink = state == 2 && chance(60);
  config.block_stride = chance(80) ? dim_ : 2 * dim_;
  config.stride = chance(10)                    ? 0
                  : chance(50)                  ? 64
                  : config.shrink || state != 2 ? pick(4, 25) * 3 * params_.input_bytes()
                                                : pick(4, 25) * params_.acc_bytes();
  config.scale = chance(60) ? float_one_bits : float_bits(scale());
  add(config);
}

void RandomStream::configure_store() {
  st_ = {};
  st_.activation = chance(40) ? Activation::Relu : Activation::None;
  const std::uint32_t widest = std::max(64U, params_.acc_row_bytes());
  st_.stride = chance(50) ? widest : pick(widest, widest + 32);
  st_.acc_scale = float_bits(scale());
  add(st_);
}

void RandomStream::fence() {
  // A preload without its compute never starts; an output-stationary result leaves with the next flip.
  stream_.add(isa::Fence{});
  loading_.clear();
  last_result_.reset();
}

LocalAddr RandomStream::scratchpad_tile(std::uint32_t rows) {
  // Few places, so that commands meet: the start, a bank boundary, the end of the memory.
  const auto total = static_cast<std::uint32_t>(params_.sp_rows());
  const auto bank = static_cast<std::uint32_t>(params_.sp_bank_rows());
  const std::uint32_t places[] = {pick(0, 4) * dim_, bank - dim_ + pick(0, 2) * dim_, 2 * bank + pick(0, 3) * dim_,
                                  total - (rows + dim_ - 1) / dim_ * dim_, pick(0, 60)};
  return LocalAddr::sp(std::min(places[pick(0, 4)], total - rows));
}

LocalAddr RandomStream::accumulator_tile(std::uint32_t rows) {
  const auto total = static_cast<std::uint32_t>(params_.acc_rows());
  const auto bank = static_cast<std::uint32_t>(params_.acc_bank_rows());
  const std::uint32_t places[] = {pick(0, 3) * dim_, bank + pick(0, 2) * dim_, total - (rows + dim_ - 1) / dim_ * dim_};
  return LocalAddr::acc(std::min(places[pick(0, 2)], total - rows));
}

bool RandomStream::load_may_write(const RowRange& range) {
  const auto meets = [&](const RowRange& other) { return other.overlaps(range); };
  if (std::any_of(loading_.begin(), loading_.end(), meets)) return false;
  loading_.push_back(range);
  return true;
}

VirtAddr RandomStream::input_address(std::uint64_t bytes) {
  const std::uint64_t room = map_.input_size.count() - bytes;
  const std::uint64_t offset =
      chance(60) ? pick(0, static_cast<std::uint32_t>(room / 64)) * 64 : pick(0, static_cast<std::uint32_t>(room));
  return VirtAddr{map_.input.value() + offset};
}

VirtAddr RandomStream::output_address(std::uint64_t bytes) {
  if (chance(20)) output_ = output_ + pick(1, 63);
  const VirtAddr address{output_.value()};
  output_ = output_ + (bytes + 63) / 64 * 64;
  return address;
}

void RandomStream::load() {
  isa::Mvin mvin;
  mvin.state = pick(0, 2);
  const isa::ConfigMvin& config = ld_[mvin.state];
  const bool to_accumulator = mvin.state == 2;
  const bool narrow = !to_accumulator || config.shrink;
  mvin.local.rows = pick(1, dim_);
  mvin.local.cols = pick(1, narrow ? params_.max_block_len() * dim_ : dim_);
  const std::uint32_t blocks = (mvin.local.cols + dim_ - 1) / dim_;
  const std::uint32_t rows = (blocks - 1) * config.block_stride + mvin.local.rows;
  mvin.local.addr = to_accumulator ? accumulator_tile(rows) : scratchpad_tile(rows);
  const std::uint32_t first = mvin.local.addr.data(layout_);
  if (!load_may_write({to_accumulator, first, first + rows - 1})) return fence();
  if (to_accumulator) mvin.local.addr = mvin.local.addr.with_accumulate(chance(50));
  const std::uint64_t width = mvin.local.cols * (narrow ? params_.input_bytes() : params_.acc_bytes());
  mvin.dram = input_address((mvin.local.rows - 1) * config.stride + width);
  const bool stored = !narrow && !mvin.local.addr.accumulate() && config.scale == float_one_bits;
  if (!stored) mvin.dram = whole_elements(mvin.dram, narrow ? params_.input_bytes() : params_.acc_bytes());
  add(mvin);
}

void RandomStream::zero_load() {
  const std::size_t before = stream_.items.size();
  load();
  auto* command = std::get_if<isa::Command>(&stream_.items.back());
  if (stream_.items.size() > before && command != nullptr && command->is_mvin()) command->rs1 = 0;
}

void RandomStream::matmul() {
  isa::Preload preload;
  preload.source = {scratchpad_tile(dim_), pick(1, dim_), pick(1, dim_)};
  // The reservation station takes B's rows as they are encoded, whichever way they are read.
  if (ex_.b_transpose) preload.source.rows = std::max(preload.source.rows, preload.source.cols);
  if (chance(25)) preload.source.addr = LocalAddr::garbage();
  preload.destination = {accumulator_tile(2 * dim_).with_accumulate(chance(60)), pick(1, dim_), pick(1, dim_)};
  if (chance(15)) preload.destination.addr = LocalAddr::garbage();
  wait_for_sums(preload.destination.addr);
  isa::Compute compute;
  compute.preloaded = !(ex_.weight_stationary && preload.source.addr == LocalAddr::garbage());
  compute.a = {scratchpad_tile(2 * dim_), pick(1, dim_), pick(1, dim_)};
  if (ex_.weight_stationary && !ex_.a_transpose)
    compute.a.rows = preload.destination.rows;  // a pass has as many rows as A
  compute.bd = {scratchpad_tile(dim_), pick(1, dim_), pick(1, dim_)};
  if ((ex_.weight_stationary && chance(70)) || params_.hardcode_d_to_garbage_addr)
    compute.bd.addr = LocalAddr::garbage();
  add(preload);
  add(compute);
  nameless_result_ = !ex_.weight_stationary && preload.destination.addr == LocalAddr::garbage();
}

// Before the dataflow changes: the array tells results apart only if the last output-stationary one has a destination.
void RandomStream::name_last_result() {
  while (nameless_result_) matmul();
}

// The array does not wait: rows of a result may not be added to while an earlier sum of theirs is under way. Results
// that begin at the same row are far enough apart.
void RandomStream::wait_for_sums(LocalAddr destination) {
  const std::uint32_t first = destination.data(layout_);
  const RowRange rows{true, first, first + (dim_ - 1) * ex_.c_stride};
  if (destination.is_garbage(layout_)) return;
  if (last_result_ && last_result_->first != first && last_result_->overlaps(rows)) fence();
  last_result_ = rows;
}

void RandomStream::store_scratchpad() {
  isa::Mvout mvout;
  mvout.local = {scratchpad_tile(params_.max_block_len() * dim_), pick(1, dim_),
                 pick(1, params_.max_block_len() * dim_)};
  mvout.dram = output_address(std::uint64_t{mvout.local.rows} * st_.stride);
  add(mvout);
}

void RandomStream::store_accumulator() {
  isa::Mvout mvout;
  const bool full = params_.acc_read_full_width && chance(35);
  mvout.local = {accumulator_tile(params_.max_block_len() * dim_), pick(1, dim_),
                 pick(1, full ? dim_ : params_.max_block_len() * dim_)};
  mvout.local.addr = mvout.local.addr.with_read_full(full);
  mvout.dram = output_address(std::uint64_t{mvout.local.rows} * st_.stride);
  add(mvout);
}

void RandomStream::store_pooled() {
  if (!params_.has_max_pool) return store_normalised();
  isa::ConfigMvout pool = st_;
  pool.pool_stride = pick(1, 2);
  pool.pool_size = pick(pool.pool_stride, 3);
  pool.upad = pick(0, 1);
  pool.lpad = pick(0, 1);
  pool.porows = pick(1, 3);
  pool.pocols = pick(1, 3);
  pool.pool_out_dim = pool.pocols;
  pool.orows = pick(2, 6);
  pool.ocols = pick(2, 6);
  add(pool);
  isa::Mvout mvout;
  mvout.local = {accumulator_tile(std::max(3 * dim_, pool.orows * pool.ocols)), 1, pick(1, dim_)};
  mvout.dram = output_address(std::uint64_t{pool.porows} * pool.pocols * pool.stride);
  add(mvout);
  add(st_);
}

// Layer normalisation and softmax take three passes over a tile, of which the last one writes.
void RandomStream::store_normalised() {
  if (!params_.has_normalizations) return;
  const bool softmax = chance(50);
  isa::ConfigNorm norm{pick(0, 1),
                       softmax,
                       false,
                       chance(50),
                       static_cast<std::int32_t>(pick(1, 3000)),
                       static_cast<std::int32_t>(pick(1, 200)),
                       static_cast<std::int32_t>(pick(1, 4000))};
  isa::ConfigMvout config = st_;
  config.activation = chance(30) ? Activation::Igelu : softmax ? Activation::None : Activation::LayerNorm;
  add(config);
  add(norm);
  isa::Mvout mvout;
  mvout.local = {accumulator_tile(params_.max_block_len() * dim_), pick(1, dim_),
                 pick(1, params_.max_block_len() * dim_)};
  mvout.dram = output_address(std::uint64_t{mvout.local.rows} * st_.stride);
  const NormCmd first = softmax ? NormCmd::Max : NormCmd::Mean;
  const NormCmd second = softmax ? NormCmd::InvSumExp : NormCmd::InvStddev;
  for (const NormCmd pass : {first, second, NormCmd::Reset}) {
    mvout.local.addr = mvout.local.addr.with_norm_cmd(static_cast<unsigned>(pass));
    add(mvout);
  }
  if (norm.stats_id != 0) fence();  // rows of a lower id overtake those that wait
  add(st_);
  add(isa::ConfigNorm{0, false, false, false, 1, 1, 1});
}

// The unrollers place their operands by themselves and use the three load states as A, B and D.
void RandomStream::loop_matmul() {
  fence();
  name_last_result();
  const std::uint32_t i = pick(1, 3), most_j = static_cast<std::uint32_t>(params_.acc_rows()) / 2 / dim_ / i;
  const std::uint32_t j = std::min(pick(1, 5), most_j), k = pick(1, 5);  // C fills half the accumulator at most
  isa::LoopWsBounds bounds{i, j, k, pick(0, dim_ - 1), pick(0, dim_ - 1), pick(0, dim_ - 1)};
  const bool bias = chance(60);
  ex_ = {};
  ex_.activation = chance(50) ? Activation::Relu : Activation::None;
  add(ex_);
  for (unsigned state = 0; state < 3; ++state) {
    ld_[state] = {};
    ld_[state].state = state;
    ld_[state].block_stride = dim_;
    ld_[state].stride = state == 2 ? 0U : (state == 0 ? k : j) * params_.sp_row_bytes();
    add(ld_[state]);
  }
  st_.stride = j * params_.sp_row_bytes();
  add(st_);
  const std::uint64_t area = std::uint64_t{5} * 5 * dim_ * params_.sp_row_bytes();
  const auto operand = [&] { return whole_elements(input_address(area), params_.input_bytes()); };
  add(bounds);
  const VirtAddr a = operand(), b = operand();
  add(isa::LoopWsAddrsAb{a, b});
  add(isa::LoopWsAddrsDc{
      bias ? whole_elements(input_address(5ULL * params_.acc_row_bytes()), params_.acc_bytes()) : VirtAddr{0},
      output_address(3ULL * dim_ * st_.stride)});
  add(isa::LoopWsStridesAb{k * dim_, j * dim_});
  add(isa::LoopWsStridesDc{0, j * dim_});
  isa::LoopWsRun run;
  run.ex_accumulate = bias;
  run.activation = ex_.activation;
  add(run);
  quiet_after_loop();
}

void RandomStream::loop_convolution() {
  if (!params_.has_loop_conv) return;
  fence();
  name_last_result();
  const std::uint32_t kernel = chance(50) ? 1 : 3, stride = chance(70) ? 1 : 2, channels = pick(1, 20),
                      filters = pick(1, 20);
  const std::uint32_t out = pick(1, 4), pad = kernel / 2, in = (out - 1) * stride + kernel - 2 * pad;
  ex_ = {};
  ex_.a_stride = stride;
  add(ex_);
  const unsigned width = params_.input_bytes();
  st_.stride = filters * width;
  add(st_);
  isa::LoopConvConfig1 c1;
  c1.out_channels = filters, c1.in_channels = channels, c1.in_row_dim = in, c1.batch_size = 1;
  c1.padding = pad, c1.stride = stride, c1.out_col_dim = out, c1.pool_out_row_dim = out, c1.out_row_dim = out;
  isa::LoopConvConfig2 c2;
  c2.kernel_dim = kernel, c2.pool_out_col_dim = out, c2.pool_size = 1, c2.pool_stride = 1;
  c2.batches = 1, c2.porows = out, c2.pocols = out, c2.pochs = filters;
  isa::LoopConvConfig3 c3;
  c3.krows = kernel, c3.kcols = kernel, c3.kchs = channels, c3.in_col_dim = in;
  c3.lpad = pad, c3.rpad = pad, c3.upad = pad, c3.dpad = pad;
  isa::LoopConvConfig4 c4;
  c4.orows = out, c4.ocols = out, c4.in_stride = channels, c4.weight_stride = filters, c4.out_stride = filters;
  stream_.add(c1.encode(stream_.conv_encoding));
  stream_.add(c2.encode(stream_.conv_encoding));
  stream_.add(c3.encode(stream_.conv_encoding));
  stream_.add(c4.encode(stream_.conv_encoding));
  const std::uint64_t weights = std::uint64_t{kernel} * kernel * channels * filters * width;
  const auto operand = [&](std::uint64_t bytes) { return whole_elements(input_address(bytes), width); };
  const VirtAddr weight_address = operand(weights + 1024);
  add(isa::LoopConvConfig5{weight_address, output_address(std::uint64_t{out} * out * filters * width)});
  const VirtAddr bias =
      chance(70) ? whole_elements(input_address(std::uint64_t{filters} * params_.acc_bytes() + 64), params_.acc_bytes())
                 : VirtAddr{0};
  add(isa::LoopConvConfig6{bias, operand(std::uint64_t{in} * in * channels * width + 64)});
  isa::LoopConvRun run;
  run.no_pool = true;
  run.activation = chance(50) ? Activation::Relu : Activation::None;
  run.no_bias = false;
  add(run);
  quiet_after_loop();
}

// The unroller rewrote the load states; what follows starts from known ones.
void RandomStream::quiet_after_loop() {
  if (chance(70))
    fence();
  else
    loading_.assign({{false, 0, 0xFFFFFFFF}, {true, 0, 0xFFFFFFFF}});
  for (unsigned state = 0; state < 3; ++state) configure_load(state);
  configure_store();
}

}  // namespace castor::test

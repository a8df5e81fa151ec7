#include "castor/functional/stream_access.h"

#include <algorithm>
#include <array>
#include <variant>

namespace castor::functional {
namespace {

/// The rows of memory that plain commands touch, in program order.
class AddressFollower {
 public:
  AddressFollower(VirtAddr address, std::uint64_t bytes, bool write, const OracleParams& params)
      : address_(address.value()), bytes_(bytes), write_(write), params_(params), loops_(params.loops) {}

  /// The plain command, of those that this one is, that touches the address.
  std::optional<isa::Command> touches(const isa::Command& command) {
    if (!command.is_loop_ws() && !command.is_loop_conv()) return touches_plain(command);
    for (const isa::Command& plain : loops_.accept(command))
      if (auto found = touches_plain(plain)) return found;
    return std::nullopt;
  }

 private:
  std::optional<isa::Command> touches_plain(const isa::Command& command) {
    if (command.is_config(isa::ConfigKind::Mvin)) {
      const auto config = isa::ConfigMvin::decode(command);
      load_strides_.at(config.state) = config.stride;
    } else if (command.is_config(isa::ConfigKind::Mvout)) {
      store_stride_ = isa::ConfigMvout::decode(command).stride;
    } else if (command.is_mvin() && !write_) {
      const auto mvin = isa::Mvin::decode(command);
      if (mvin.dram.value() != 0 && rows(mvin.dram, mvin.local, load_strides_.at(mvin.state))) return command;
    } else if (command.function() == isa::Funct::Mvout && write_) {
      const auto mvout = isa::Mvout::decode(command);
      if (rows(mvout.dram, mvout.local, store_stride_)) return command;
    }
    return std::nullopt;
  }

  bool rows(VirtAddr dram, const isa::LocalBlock& local, std::uint64_t stride) const {
    const std::uint64_t row = local.cols * (local.addr.is_acc() ? params_.loops.acc_bytes : params_.loops.input_bytes);
    for (std::uint64_t i = 0; i < local.rows; ++i) {
      const std::uint64_t begin = dram.value() + i * stride;
      if (begin < address_ + bytes_ && address_ < begin + row) return true;
    }
    return false;
  }

  std::uint64_t address_, bytes_;
  bool write_;
  const OracleParams& params_;
  LoopExpander loops_;
  std::array<std::uint64_t, 4> load_strides_{};
  std::uint64_t store_stride_ = 0;
};

}  // namespace

std::optional<StreamAccess> first_access(const isa::Stream& stream, std::size_t end, VirtAddr address,
                                         std::uint64_t bytes, bool write, const OracleParams& params) {
  AddressFollower follower(address, bytes, write, params);
  for (std::size_t item = 0; item < std::min(end, stream.items.size()); ++item) {
    const auto* command = std::get_if<isa::Command>(&stream.items[item]);
    if (command == nullptr) continue;
    if (const auto found = follower.touches(*command))
      return StreamAccess{item, item < stream.lines.size() ? stream.lines[item] : 0, *found};
  }
  return std::nullopt;
}

}  // namespace castor::functional

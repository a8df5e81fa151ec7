#include "oracle_network.h"

#include "castor/config/gemmini_params.h"
#include "castor/functional/host_ops.h"

namespace castor::compiler {

OracleNetwork::OracleNetwork(const CompiledModel& model, const config::GemminiParams& params)
    : model_(model), oracle_(functional::OracleParams(params), memory_) {
  load_images();
}

void OracleNetwork::load_images() {
  for (const isa::DataImage& image : model_.stream.data)
    memory_.write(image.address, image.bytes.data(), image.bytes.size());
}

void OracleNetwork::run(const std::function<void(std::size_t)>& visit) {
  for (std::size_t layer = 0; layer < model_.ranges.size(); ++layer) {
    const ItemRange range = model_.ranges[layer];
    for (std::size_t i = range.first; i < range.last; ++i) {
      const isa::StreamItem& item = model_.stream.items[i];
      if (const auto* command = std::get_if<isa::Command>(&item)) oracle_.execute(*command);
      if (const auto* op = std::get_if<isa::HostOp>(&item)) functional::run_host_op(*op, memory_);
      if (std::holds_alternative<isa::Fence>(item)) oracle_.drain();
    }
    if (visit && range.first != range.last) visit(layer);
  }
}

std::vector<std::int8_t> OracleNetwork::steps(TensorId tensor) const {
  const Extent extent = model_.network.tensors[tensor].extent();
  const TensorSpot& spot = model_.plan.tensors[tensor];
  std::vector<std::int8_t> values(static_cast<std::size_t>(extent.size()));
  for (std::int64_t p = 0; p < extent.pixels(); ++p) {
    memory_.read(spot.address + static_cast<std::uint64_t>(p * spot.stride),
                 &values[static_cast<std::size_t>(p * extent.c)], static_cast<std::size_t>(extent.c));
  }
  return values;
}

Tensor OracleNetwork::array(TensorId id) const {
  const Activations& about = model_.network.tensors[id];
  Tensor result(about.outside ? about.type : DataType::Int8, about.shape);
  if (about.outside) {
    memory_.read(model_.plan.tensors[id].address, result.bytes.data(), result.bytes.size());
    return result;
  }
  const Extent e = about.extent();
  const auto values = steps(id);
  for (std::int64_t i = 0; i < e.size(); ++i) {
    const std::int64_t c = i % e.c, pixel = i / e.c % (e.h * e.w), n = i / (e.c * e.h * e.w);
    result.data<std::int8_t>()[(n * e.c + c) * e.h * e.w + pixel] = values[static_cast<std::size_t>(i)];
  }
  return result;
}

}  // namespace castor::compiler

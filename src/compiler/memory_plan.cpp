#include "castor/compiler/memory_plan.h"

#include <algorithm>
#include <map>

#include "castor/compiler/executor.h"

namespace castor::compiler {
namespace {

constexpr std::uint64_t line = 64;
std::uint64_t aligned(std::uint64_t bytes) { return (bytes + line - 1) / line * line; }

/// A piece of the arena for the layers [first, last].
struct Lease {
  std::uint64_t begin = 0, end = 0;
  int first = 0, last = 0;
};

/// First fit at the lowest address that is free for the whole life.
class Arena {
 public:
  std::uint64_t take(std::uint64_t bytes, int first, int last) {
    std::vector<Lease> busy;
    std::copy_if(leases_.begin(), leases_.end(), std::back_inserter(busy),
                 [&](const Lease& l) { return l.first <= last && first <= l.last; });
    std::sort(busy.begin(), busy.end(), [](const Lease& a, const Lease& b) { return a.begin < b.begin; });
    std::uint64_t at = 0;
    for (const Lease& lease : busy) {
      if (at + bytes <= lease.begin) break;
      at = std::max(at, lease.end);
    }
    leases_.push_back({at, at + bytes, first, last});
    top_ = std::max(top_, at + bytes);
    return at;
  }
  std::uint64_t top() const { return top_; }

 private:
  std::vector<Lease> leases_;
  std::uint64_t top_ = 0;
};

class Planner {
 public:
  Planner(const Network& network, const std::vector<Placed>& placed, const Machine& machine)
      : network_(network), placed_(placed), machine_(machine), next_(machine.dram_base.value()) {}

  MemoryPlan run() {
    plan_.tensors.resize(network_.tensors.size());
    plan_.constants.resize(network_.layers.size());
    find_homes();
    for (std::size_t id = 0; id < network_.tensors.size(); ++id)
      plan_.tensors[id].stride = stride_of(static_cast<TensorId>(id));
    place_constants();
    place_outside();
    place_arena();
    check_size();
    return plan_;
  }

 private:
  /// A part of a concatenation in place lives inside the whole.
  struct Home {
    TensorId whole;
    std::int64_t first_channel;
  };

  void find_homes() {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (placed_[i].method != Method::InPlace) continue;
      std::int64_t channel = 0;
      for (const TensorId part : network_.layers[i].inputs) {
        homes_[part] = {network_.layers[i].output, channel};
        channel += network_.tensors[part].extent().c;
      }
    }
  }

  Home home_of(TensorId id) const {
    Home home{id, 0};
    for (auto found = homes_.find(id); found != homes_.end(); found = homes_.find(home.whole)) {
      home.whole = found->second.whole, home.first_channel += found->second.first_channel;
    }
    return home;
  }

  std::int64_t stride_of(TensorId id) const { return network_.tensors[home_of(id).whole].extent().c; }

  PhysAddr reserve(std::uint64_t bytes) {
    const PhysAddr at{next_};
    next_ += aligned(bytes);
    return at;
  }

  void place_constants() {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const Layer& layer = network_.layers[i];
      ConstantSpot& spot = plan_.constants[i];
      if (layer.has_weights()) {
        const std::int64_t columns = weight_columns(network_, layer, placed_[i], machine_, plan_.tensors[layer.output]);
        spot.weights = reserve(weight_image(layer, placed_[i], columns).size());
        if (!layer.weights.bias_steps.empty()) spot.bias = reserve(layer.weights.bias_steps.size() * 4);
      }
      if (layer.kind == LayerKind::Lookup) spot.table = reserve(256);
    }
    // The unroller reads whole blocks of weight rows: the last ones may reach beyond the matrix.
    reserve(static_cast<std::uint64_t>(machine_.geometry.dim) * 65536 / 16);
    plan_.constant_bytes = Bytes{next_ - machine_.dram_base.value()};
  }

  void place_outside() {
    const std::uint64_t begin = next_;
    for (std::size_t id = 0; id < network_.tensors.size(); ++id) {
      const Activations& tensor = network_.tensors[id];
      if (tensor.outside)
        plan_.tensors[id].address = reserve(static_cast<std::uint64_t>(elements(tensor.shape)) * bytes_of(tensor.type));
    }
    plan_.outside_bytes = Bytes{next_ - begin};
  }

  struct Life {
    int first = -1, last = -1;
  };

  Life life_of(TensorId whole) const {
    Life life;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const Layer& layer = network_.layers[i];
      const bool writes = home_of(layer.output).whole == whole;
      const bool reads = std::any_of(layer.inputs.begin(), layer.inputs.end(),
                                     [&](TensorId id) { return home_of(id).whole == whole; });
      if (!writes && !reads) continue;
      if (life.first < 0) life.first = static_cast<int>(i);
      life.last = static_cast<int>(i);
    }
    return life;
  }

  void place_arena() {
    Arena arena;
    for (const Layer& layer : network_.layers) {
      const TensorId whole = home_of(layer.output).whole;
      if (network_.tensors[whole].outside || starts_.count(whole) != 0) continue;
      const Life life = life_of(whole);
      starts_[whole] = arena.take(aligned(static_cast<std::uint64_t>(network_.tensors[whole].extent().size())),
                                  life.first, life.last);
    }
    for (std::size_t id = 0; id < network_.tensors.size(); ++id) {
      const Home home = home_of(static_cast<TensorId>(id));
      if (starts_.count(home.whole) == 0) continue;
      plan_.tensors[id].address =
          PhysAddr{next_ + starts_.at(home.whole) + static_cast<std::uint64_t>(home.first_channel)};
    }
    next_ += arena.top();
    plan_.arena_bytes = Bytes{arena.top()};
  }

  void check_size() const {
    const std::uint64_t used = next_ - machine_.dram_base.value();
    if (used > machine_.dram_size.count()) {
      throw UserError("the model needs " + std::to_string(used) + " bytes of memory; dram_size is " +
                      std::to_string(machine_.dram_size.count()));
    }
  }

  const Network& network_;
  const std::vector<Placed>& placed_;
  const Machine& machine_;
  std::uint64_t next_;
  MemoryPlan plan_;
  std::map<TensorId, Home> homes_;
  std::map<TensorId, std::uint64_t> starts_;  ///< offsets in the arena, by whole tensor
};

/// Groups as blocks on the diagonal of one dense matrix: in-channels by out-channels of the whole layer.
std::vector<std::int8_t> dense_groups(const Layer& layer) {
  const Shape& s = layer.weights.shape;
  const std::int64_t cells = s[2] * s[3], ins = s[1] * layer.groups, outs = s[0] / layer.groups;
  std::vector<std::int8_t> image(static_cast<std::size_t>(cells * ins * s[0]), 0);
  for (std::int64_t o = 0; o < s[0]; ++o) {
    for (std::int64_t i = 0; i < s[1]; ++i) {
      for (std::int64_t k = 0; k < cells; ++k)
        image[(k * ins + o / outs * s[1] + i) * s[0] + o] = layer.weights.steps[(o * s[1] + i) * cells + k];
    }
  }
  return image;
}

std::vector<std::int8_t> widened(const std::vector<std::int8_t>& image, std::int64_t from, std::int64_t to) {
  const std::int64_t rows = static_cast<std::int64_t>(image.size()) / from;
  std::vector<std::int8_t> result(static_cast<std::size_t>(rows * to), 0);
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(image.begin() + r * from, from, result.begin() + r * to);
  return result;
}

}  // namespace

std::int64_t weight_columns(const Network&, const Layer& layer, const Placed& placed, const Machine& machine,
                            const TensorSpot& output) {
  const bool one_number = machine.conv_encoding == isa::ConvEncoding::Square && placed.method == Method::Convolution;
  return one_number ? output.stride : layer.weights.shape[0];
}

std::vector<std::int8_t> weight_image(const Layer& layer, const Placed& placed, std::int64_t columns) {
  if (placed.method == Method::Depthwise) return layer.weights.steps;  // channel, kernel row, kernel column
  const bool dense = layer.groups > 1 && placed.on_accelerator();
  const auto image = dense ? dense_groups(layer) : memory_order(layer.weights.steps, layer.weights.shape);
  return columns == layer.weights.shape[0] ? image : widened(image, layer.weights.shape[0], columns);
}

MemoryPlan plan_memory(const Network& network, const std::vector<Placed>& placed, const Machine& machine) {
  return Planner(network, placed, machine).run();
}

}  // namespace castor::compiler

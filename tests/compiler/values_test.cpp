// Values: the compiled stream on the oracle, the compiler's int8 executor and a naive reference agree bit for bit.
#include <gmock/gmock.h>

#include "castor/compiler/executor.h"
#include "castor/config/soc_config.h"
#include "direct_reference.h"
#include "oracle_network.h"
#include "random_network.h"

namespace castor::compiler {
namespace {

config::SocConfig machine(config::RtlGeneration generation) {
  config::SocConfig soc;
  soc.gemmini.rtl_generation.set(generation);
  return soc;
}

CompiledModel compiled(const Network& network, const std::vector<float>& input, const config::SocConfig& soc) {
  const Machine target = Machine::of(soc);
  CompiledModel model;
  model.network = network;
  model.placed = place(network, target);
  model.plan = plan_memory(network, model.placed, target);
  Emitted emitted = emit(network, model.placed, model.plan, target);
  model.stream = std::move(emitted.stream), model.ranges = std::move(emitted.ranges);
  isa::DataImage image;
  image.address = model.plan.tensors[network.inputs[0]].address;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(input.data());
  image.bytes.assign(bytes, bytes + input.size() * sizeof(float));
  model.stream.data.push_back(image);
  return model;
}

std::string describe(const Network& network, const std::vector<Placed>& placed) {
  return dump(network) + dump_placement(network, placed);
}

/// Runs a random network three ways.
void check(std::uint32_t seed, const config::SocConfig& soc) {
  const RandomNetwork random(seed);
  const CompiledModel model = compiled(split_host_pools(random.network, Machine::of(soc)), random.input, soc);
  SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << describe(model.network, model.placed));
  const DirectReference reference(model.network, random.input);
  OracleNetwork oracle(model, soc.gemmini);
  oracle.run([&](std::size_t index) {
    const Layer& layer = model.network.layers[index];
    if (model.network.tensors[layer.output].outside || testing::Test::HasFailure()) return;
    const Tensor actual = oracle.array(layer.output);
    const std::vector<std::int8_t> values(actual.data<std::int8_t>(), actual.data<std::int8_t>() + actual.size());
    ASSERT_EQ(values, reference.steps(layer.output)) << layer.name;
  });
  const Tensor result = oracle.array(random.network.outputs[0]);
  ASSERT_EQ(result.floats(), reference.reals(random.network.outputs[0]));

  Executor executor(random.network);
  executor.set_input(random.network.inputs[0],
                     Tensor::of<float>(random.network.tensors[random.network.inputs[0]].shape, random.input));
  for (const Layer& layer : random.network.layers) executor.run_steps(layer);
  ASSERT_EQ(executor.of(random.network.outputs[0]).real, result.floats());
}

class RandomNetworks : public testing::TestWithParam<int> {};

TEST_P(RandomNetworks, GiveTheValuesOfANaiveReferenceOnTheOldGeneration) {
  for (int i = 0; i < 30 && !HasFailure(); ++i)
    check(static_cast<std::uint32_t>(1000 * GetParam() + i), machine(config::RtlGeneration::Old));
}
TEST_P(RandomNetworks, GiveTheValuesOfANaiveReferenceOnTheHeadGeneration) {
  for (int i = 0; i < 30 && !HasFailure(); ++i)
    check(static_cast<std::uint32_t>(1000 * GetParam() + i), machine(config::RtlGeneration::Head));
}
INSTANTIATE_TEST_SUITE_P(Batch, RandomNetworks, testing::Range(0, 10));

TEST(RandomNetworks, RunOnASmallerArrayToo) {
  config::SocConfig soc;
  soc.gemmini.mesh_rows.set(4), soc.gemmini.mesh_columns.set(4);
  soc.gemmini.sp_capacity.set(16_KiB), soc.gemmini.acc_capacity.set(8_KiB);
  for (std::uint32_t seed = 50; seed < 70 && !HasFailure(); ++seed) check(seed, soc);
}

}  // namespace
}  // namespace castor::compiler

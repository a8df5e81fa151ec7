// Placement and memory plan.
#include <gmock/gmock.h>

#include <algorithm>

#include "castor/compiler/compiler.h"
#include "castor/config/soc_config.h"
#include "model_writer.h"
#include "random_network.h"

namespace castor::compiler {
namespace {

using testing::HasSubstr;
using testing::Not;
using W = ModelWriter;

CompiledModel compiled(const W& model, const config::SocConfig& soc = {}) { return compile(model.save("m"), soc); }

std::vector<W::Attribute> window(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t group = 1) {
  return {W::integers("kernel_shape", {kernel, kernel}), W::integers("strides", {stride, stride}),
          W::integers("pads", {pad, pad, pad, pad}), W::integer("group", group)};
}

/// One convolution with random weights.
W one_conv(std::int64_t in, std::int64_t size, std::int64_t out, std::int64_t kernel, std::int64_t stride,
           std::int64_t pad, std::int64_t group = 1) {
  W model;
  const Shape shape{out, in / group, kernel, kernel};
  model.input("x", {1, in, size, size})
      .constant("w", shape, noise(static_cast<std::size_t>(elements(shape)), 1))
      .output("y");
  return model.node("Conv", {"x", "w"}, "y", window(kernel, stride, pad, group));
}

TEST(Placement, MultipliesMatricesFor1x1Convolutions) {
  EXPECT_THAT(compiled(one_conv(8, 6, 4, 1, 1, 0)).placement, HasSubstr("y Conv accelerator matmul"));
}
TEST(Placement, ConvolvesDirectly) {
  EXPECT_THAT(compiled(one_conv(8, 6, 4, 3, 1, 1)).placement, HasSubstr("y Conv accelerator conv"));
}
TEST(Placement, KnowsDepthwiseAndGroupedConvolutions) {
  EXPECT_THAT(compiled(one_conv(8, 6, 8, 3, 1, 1, 8)).placement, HasSubstr("y Conv accelerator depthwise"));
  EXPECT_THAT(compiled(one_conv(8, 6, 4, 3, 1, 1, 2)).placement, HasSubstr("y Conv accelerator conv"));
}
TEST(Placement, DownsamplesRowByRowWhileARowFillsMoreThanHalfTheArray) {
  EXPECT_THAT(compiled(one_conv(8, 28, 4, 1, 2, 0)).placement, HasSubstr("y Conv accelerator downsample"));
  EXPECT_THAT(compiled(one_conv(8, 14, 4, 1, 2, 0)).placement, HasSubstr("y Conv accelerator conv"));
}

TEST(Placement, GivesAReasonForEveryLayerOnTheHost) {
  W model;
  model.input("x", {1, 4, 8, 8}).output("y").node("LRN", {"x"}, "a", {W::integer("size", 3)});
  model.node("MaxPool", {"a"}, "b", {W::integers("kernel_shape", {2, 2})})
      .node("AveragePool", {"b"}, "c", {W::integers("kernel_shape", {2, 2})});
  model.node("Sigmoid", {"c"}, "d")
      .node("Mul", {"c", "d"}, "e")
      .node("GlobalAveragePool", {"e"}, "f")
      .node("Flatten", {"f"}, "g")
      .node("Softmax", {"g"}, "y");
  const std::string placement = compiled(model).placement;
  for (const char* line :
       {"a LRN host: the accelerator has no local response normalisation",
        "b MaxPool host: max-pool that no convolution's way out can take",
        "c AveragePool host: the accelerator averages whole images only", "d Lookup host: elementwise sigmoid",
        "e Mul host: the accelerator multiplies no activations", "f GlobalAveragePool accelerator global-average",
        "y Softmax host: the accelerator has no softmax"}) {
    EXPECT_THAT(placement, HasSubstr(line));
  }
}

TEST(Placement, MovesToTheHostWhatTheMachineLacks) {
  config::SocConfig soc;
  soc.gemmini.has_loop_conv.set(false);
  EXPECT_THAT(compiled(one_conv(8, 6, 4, 3, 1, 1), soc).placement, HasSubstr("y Conv host: no convolution unroller"));
}

TEST(Placement, WritesAConcatenationInPlaceWhenItsPartsAreReadNowhereElse) {
  W model;
  model.input("x", {1, 8, 6, 6})
      .constant("w", {4, 8, 1, 1}, noise(32, 1))
      .constant("v", {4, 8, 3, 3}, noise(288, 2))
      .output("y");
  model.node("Conv", {"x", "w"}, "a").node("Conv", {"x", "v"}, "b", window(3, 1, 1));
  W shared = model;
  const CompiledModel apart = compiled(model.node("Concat", {"a", "b"}, "y", {W::integer("axis", 1)}));
  EXPECT_THAT(apart.placement, HasSubstr("y Concat nowhere: its parts are written in place"));
  const TensorId whole = apart.network.layers[3].output, second = apart.network.layers[3].inputs[1];
  EXPECT_EQ(apart.plan.tensors[second].address, apart.plan.tensors[whole].address + 4);
  EXPECT_EQ(apart.plan.tensors[second].stride, 8);
  EXPECT_THAT(compiled(shared.node("Concat", {"a", "b"}, "c", {W::integer("axis", 1)})
                           .node("Relu", {"a"}, "r")
                           .output("r")
                           .node("Relu", {"c"}, "y"))
                  .placement,
              HasSubstr("c Concat host: a part is read elsewhere, too"));
}

TEST(Layers, CarryNamePlaceAndMultiplyAccumulates) {
  const CompiledModel model = compiled(one_conv(8, 6, 4, 3, 1, 1));
  std::vector<isa::LayerBegin> marks;
  for (const isa::StreamItem& item : model.stream.items) {
    if (const auto* mark = std::get_if<isa::LayerBegin>(&item)) marks.push_back(*mark);
  }
  ASSERT_EQ(marks.size(), 3U);
  EXPECT_EQ(marks[1], (isa::LayerBegin{"y", "Conv", isa::Placement::Accelerator, 36 * 4 * 8 * 9}));
  EXPECT_EQ(marks[0].on, isa::Placement::Host);
}

TEST(Layers, EndWithAFenceOnTheAccelerator) {
  const RandomNetwork random(3);
  const CompiledModel model = compiled(one_conv(8, 6, 4, 3, 1, 1));
  for (std::size_t i = 0; i < model.ranges.size(); ++i) {
    if (!model.placed[i].on_accelerator()) continue;
    EXPECT_TRUE(std::holds_alternative<isa::Fence>(model.stream.items[model.ranges[i].last - 1]));
  }
}

/// First and last layer that touch a tensor's bytes.
struct Life {
  std::uint64_t begin, end;
  int first, last;
};

std::vector<Life> lives(const Network& network, const MemoryPlan& plan) {
  std::vector<Life> all;
  for (std::size_t id = 0; id < network.tensors.size(); ++id) {
    const auto tensor = static_cast<TensorId>(id);
    const int producer = network.producer_of(tensor);
    const auto readers = network.consumers_of(tensor);
    if (network.tensors[id].outside || producer < 0) continue;
    const std::uint64_t begin = plan.tensors[id].address.value();
    all.push_back({begin, begin + static_cast<std::uint64_t>(network.tensors[id].extent().size()), producer,
                   readers.empty() ? producer : readers.back()});
  }
  return all;
}

TEST(MemoryPlan, NeverLetsTwoLivingTensorsOverlap) {
  const Machine machine = Machine::of(config::SocConfig{});
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Network network = split_host_pools(RandomNetwork(seed).network, machine);
    auto placed = place(network, machine);
    for (Placed& p : placed)
      p.method = p.method == Method::InPlace ? Method::Host : p.method;  // parts share memory on purpose
    const MemoryPlan plan = plan_memory(network, placed, machine);
    const auto all = lives(network, plan);
    for (const Life& a : all) {
      ASSERT_EQ(a.begin % 64, 0U);
      for (const Life& b : all) {
        if (&a == &b || a.last < b.first || b.last < a.first) continue;
        ASSERT_TRUE(a.end <= b.begin || b.end <= a.begin);
      }
    }
  }
}

TEST(MemoryPlan, ReusesMemoryAlongAChain) {
  W model;
  model.input("x", {1, 16, 16, 16}).output("y");
  std::string at = "x";
  for (int i = 0; i < 10; ++i) {
    const std::string name = "w" + std::to_string(i), to = i == 9 ? "y" : "t" + std::to_string(i);
    model.constant(name, {16, 16, 1, 1}, noise(256, 1)).node("Conv", {at, name}, to);
    at = to;
  }
  EXPECT_EQ(compiled(model).plan.arena_bytes, Bytes{2 * 16 * 16 * 16});
}

TEST(MemoryPlan, RefusesAModelLargerThanMemory) {
  config::SocConfig soc;
  soc.soc.dram_size.set(1_MiB);
  try {
    compiled(one_conv(64, 64, 256, 3, 1, 1), soc);
    FAIL() << "fits one MiB";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("bytes of memory; dram_size is 1048576"));
  }
}

TEST(Stream, ReadsBackAsItWasWritten) {
  const CompiledModel model = compiled(one_conv(8, 6, 4, 3, 1, 1));
  const std::string path = temporary_file("stream.txt", "");
  isa::write_stream_file(model.stream, path);
  isa::StreamOptions options;
  options.conv_encoding = model.stream.conv_encoding;
  const isa::Stream back = isa::read_stream_file(path, options);
  EXPECT_EQ(back.items, model.stream.items);
  EXPECT_EQ(back.outputs, model.stream.outputs);
  ASSERT_EQ(back.data.size(), model.stream.data.size());
  for (std::size_t i = 0; i < back.data.size(); ++i) {
    EXPECT_EQ(isa::load_image(back.data[i], path.substr(0, path.rfind('/'))), model.stream.data[i].bytes)
        << "image " << i;
  }
}

}  // namespace
}  // namespace castor::compiler

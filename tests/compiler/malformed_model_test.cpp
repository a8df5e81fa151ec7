// Models that no exporter writes: each is refused with a line that names what is wrong.
#include <gmock/gmock.h>

#include <random>

#include "castor/compiler/compiler.h"
#include "castor/compiler/fuse.h"
#include "castor/compiler/npy.h"
#include "castor/compiler/onnx_import.h"
#include "castor/compiler/simplify.h"
#include "castor/config/soc_config.h"
#include "model_writer.h"

namespace castor::compiler {
namespace {

using testing::HasSubstr;
using W = ModelWriter;

std::string complaint(const std::string& model) {
  try {
    compile(model, config::SocConfig{}, {});
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

/// x, and a node of constants and x.
std::string complaint_about(const std::string& op, const std::vector<std::string>& inputs,
                            const std::vector<W::Attribute>& attributes = {}) {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y");
  model.constant("vector", Tensor::of<std::int64_t>({3}, {1, 2, 3})).number<std::int64_t>("one", 1);
  model.constant("none", Tensor::of<std::int64_t>({0}, {})).constant("far", Tensor::of<std::int64_t>({1}, {9}));
  model.constant("huge", Tensor::of<std::int64_t>({2}, {1LL << 40, 1LL << 40}));
  model.constant("matrix", {2, 3}, noise(6, 1));
  model.node(op, inputs, "y", attributes);
  return complaint(model.save("malformed"));
}

TEST(MalformedModel, LacksAnInput) {
  EXPECT_THAT(complaint_about("Gather", {"vector"}), HasSubstr("node 'y' (Gather): input 1 is missing"));
  EXPECT_THAT(complaint_about("Add", {"vector"}), HasSubstr("input 1 is missing"));
  EXPECT_THAT(complaint_about("Reshape", {"vector", ""}), HasSubstr("input 1 is missing"));
  EXPECT_THAT(complaint_about("Slice", {"vector", "one"}), HasSubstr("input 2 is missing"));
  EXPECT_THAT(complaint_about("Identity", {}), HasSubstr("input 0 is missing"));
  EXPECT_THAT(complaint_about("Concat", {"vector", "", "one"}), HasSubstr("only constant vectors"));
}

TEST(MalformedModel, LacksAnOutput) {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y").node("Relu", {"x"}, "y").node("Relu", {"x"}, "");
  EXPECT_THAT(complaint(model.save("malformed")), HasSubstr("it has no output"));
}

TEST(MalformedModel, NamesAnAxisThatIsNotThere) {
  EXPECT_THAT(complaint_about("Flatten", {"x"}, {W::integer("axis", 9)}),
              HasSubstr("node 'y' (Flatten): axis 9 is out of range; allowed: -4..3"));
  EXPECT_THAT(complaint_about("Concat", {"x", "x"}, {W::integer("axis", -5)}), HasSubstr("axis -5 is out of range"));
  EXPECT_THAT(complaint_about("Unsqueeze", {"vector", "far"}), HasSubstr("axis 9 is out of range"));
  EXPECT_THAT(complaint_about("Squeeze", {"vector", "far"}), HasSubstr("axis 9 is out of range"));
}

TEST(MalformedModel, ConcatenatesScalars) {
  W model;
  model.input("x", {}).output("y").node("Concat", {"x", "x"}, "y", {W::integer("axis", 0)});
  EXPECT_THAT(complaint(model.save("malformed")), HasSubstr("axis 0 of a scalar"));
}

TEST(MalformedModel, PermutesDimensionsThatAreNotThere) {
  EXPECT_THAT(complaint_about("Transpose", {"matrix"}, {W::integers("perm", {7, 9999999})}),
              HasSubstr("node 'y' (Transpose): perm must name each of the 2 dimensions once"));
  EXPECT_THAT(complaint_about("Transpose", {"matrix"}, {W::integers("perm", {0})}), HasSubstr("perm must name each"));
}

TEST(MalformedModel, IsTooLarge) {
  EXPECT_THAT(complaint_about("ConstantOfShape", {"huge"}), HasSubstr("too large; allowed: at most 2^40 elements"));
  EXPECT_THAT(complaint_about("Pad", {"x"}, {W::integers("pads", {0, 0, 1LL << 62, 0, 0, 0, 0, 0})}),
              HasSubstr("do not fit an input of 1x3x8x8"));
}

TEST(MalformedModel, GivesAnEmptyNumber) {
  EXPECT_THAT(complaint_about("Slice", {"vector", "none", "one"}),
              HasSubstr("an input that must hold a number is empty"));
}

TEST(MalformedModel, ComesWithAnInputFileThatClaimsTooMuch) {
  std::string file("\x93NUMPY\x01\x00", 8);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }";
  header.resize(118, ' ');
  file += std::string("\x76\x00", 2) + header;
  const std::string path = temporary_file("claims.npy", file);
  EXPECT_THROW(read_npy(path), UserError);
  const std::size_t digits = file.find("99999999999999999999");
  file.replace(digits, 20, "1000000000000       ");
  try {
    read_npy(temporary_file("claims.npy", file));
    FAIL() << "read";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("truncated: 1000000000000 float32 needs 4000000000000 bytes, 0 are there"));
  }
}

Graph varied_graph() {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y");
  model.constant("w", {4, 3, 3, 3}, noise(108, 1))
      .constant("b", {4}, noise(4, 2))
      .constant("f", {10, 64}, noise(640, 3));
  model.constant("shape", Tensor::of<std::int64_t>({2}, {1, -1}));
  model.node("Conv", {"x", "w", "b"}, "c", {W::integers("kernel_shape", {3, 3}), W::integers("pads", {1, 1, 1, 1})});
  model.node("Relu", {"c"}, "r").node("Add", {"c", "r"}, "a").node("Concat", {"a", "r"}, "k", {W::integer("axis", 1)});
  model.node("MaxPool", {"a"}, "p", {W::integers("kernel_shape", {2, 2}), W::integers("strides", {2, 2})});
  model.node("Reshape", {"p", "shape"}, "q").node("Gemm", {"q", "f"}, "g", {W::integer("transB", 1)});
  model.node("Softmax", {"g"}, "y");
  return import_onnx(model.save("varied"));
}

class Mutation {
 public:
  explicit Mutation(std::uint32_t seed) : random_(seed) {}

  void change(Graph& graph) {
    Node& node = graph.nodes[pick(graph.nodes.size())];
    switch (pick(8)) {
      case 0:
        return drop(node.inputs);
      case 1:
        return drop(node.outputs);
      case 2:
        return std::swap(node.op, graph.nodes[pick(graph.nodes.size())].op);
      case 3:
        return std::swap(node, graph.nodes[pick(graph.nodes.size())]);
      case 4:
        if (!node.inputs.empty()) node.inputs[pick(node.inputs.size())] = "";
        return;
      case 5:
        node.attributes["axis"] = number();
        return;
      case 6:
        node.attributes[std::array<const char*, 4>{"pads", "kernel_shape", "strides", "perm"}[pick(4)]] = numbers();
        return;
      default:
        return reshape(std::next(graph.constants.begin(), static_cast<std::ptrdiff_t>(pick(4)))->second);
    }
  }
  std::size_t pick(std::size_t n) { return random_() % n; }

 private:
  template <class List>
  void drop(List& list) {
    if (!list.empty()) list.erase(list.begin() + static_cast<std::ptrdiff_t>(pick(list.size())));
  }
  std::int64_t number() { return std::array<std::int64_t, 8>{-9, -1, 0, 1, 2, 4, 1LL << 33, -(1LL << 62)}[pick(8)]; }
  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> list(pick(6));
    for (std::int64_t& one : list) one = number();
    return list;
  }
  /// The same bytes in another shape, or fewer of them.
  void reshape(Tensor& tensor) {
    if (pick(2) == 0) {
      tensor.shape = {tensor.size()};
    } else if (tensor.size() > 1) {
      tensor.shape = {1};
      tensor.bytes.resize(bytes_of(tensor.type));
    }
  }
  std::mt19937 random_;
};

TEST(MalformedModel, IsCompiledOrRefusedWhateverIsWrongWithIt) {
  const Graph whole = varied_graph();
  unsigned refused = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Graph graph = whole;
    Mutation mutation(seed);
    for (std::size_t i = 1 + mutation.pick(3); i-- > 0;) mutation.change(graph);
    try {
      lower_graph(simplify(std::move(graph), nullptr));
    } catch (const UserError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000U);
  EXPECT_LT(refused, 3000U);
}

}  // namespace
}  // namespace castor::compiler

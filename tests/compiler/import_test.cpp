#include <gmock/gmock.h>

#include <fstream>

#include "castor/compiler/compiler.h"
#include "castor/compiler/npy.h"
#include "castor/compiler/onnx_import.h"
#include "castor/compiler/simplify.h"
#include "castor/config/soc_config.h"
#include "model_writer.h"

namespace castor::compiler {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using W = ModelWriter;

/// What compiling `model` says is wrong; empty when nothing is.
std::string complaint(const std::string& model, const CompileOptions& options = {}) {
  try {
    compile(model, config::SocConfig{}, options);
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

W tiny() {
  W model;
  model.input("x", {1, 3, 8, 8}).constant("w", {4, 3, 3, 3}, noise(108, 1)).output("y");
  model.node("Conv", {"x", "w"}, "c", {W::integers("kernel_shape", {3, 3}), W::integers("pads", {1, 1, 1, 1})})
      .node("Relu", {"c"}, "y");
  return model;
}

W with_node(const std::string& op, const std::vector<W::Attribute>& attributes = {}) {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y").node(op, {"x"}, "y", attributes);
  return model;
}

TEST(Import, ReadsAModelOfOneConvolution) {
  const Graph graph = import_onnx(tiny().save("tiny"));
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].op, "Conv");
  EXPECT_EQ(graph.nodes[0].integers("pads", {}), (std::vector<std::int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(graph.constants.at("w").shape, (Shape{4, 3, 3, 3}));
  EXPECT_EQ(graph.inputs[0].shape, (Shape{1, 3, 8, 8}));
  EXPECT_EQ(graph.opset, 13);
}

TEST(Import, CompilesThatModel) { EXPECT_EQ(complaint(tiny().save("tiny")), ""); }

TEST(Import, NamesAMissingFile) {
  EXPECT_THAT(complaint("/nowhere/at/all.onnx"), HasSubstr("/nowhere/at/all.onnx: cannot open the model"));
}

TEST(Import, RefusesWhatIsNoModel) {
  const std::string path = temporary_file("text.onnx", "this is not a model");
  EXPECT_EQ(complaint(path), path + ": not an ONNX model, or truncated");
  const std::string empty = temporary_file("empty.onnx", "");
  EXPECT_EQ(complaint(empty), empty + ": not an ONNX model, or truncated");
}

TEST(Import, RefusesAModelCutAnywhere) {
  const std::string whole = tiny().bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string path = temporary_file("cut.onnx", whole.substr(0, length));
    EXPECT_THAT(complaint(path), HasSubstr(path + ": ")) << "cut at " << length << " of " << whole.size();
  }
}

TEST(Import, NamesTheNodeOfAnUnsupportedOperator) {
  EXPECT_THAT(complaint(with_node("ConvTranspose").save("m")),
              AllOf(HasSubstr("node 'y' (ConvTranspose): not supported; supported operators: "), HasSubstr("Conv "),
                    HasSubstr("MaxPool ")));
  EXPECT_THAT(complaint(with_node("Relu").node("Relu", {"x"}, "z", {}, "my.domain").save("m")),
              HasSubstr("node 'z' (Relu): not supported"));
}

TEST(Import, NamesTheNodeOfAnUnsupportedAttribute) {
  const auto pool = [&](std::vector<W::Attribute> attributes) {
    return complaint(with_node("MaxPool", attributes).save("m"));
  };
  EXPECT_THAT(pool({}), HasSubstr("node 'y' (MaxPool): attribute 'kernel_shape' is missing"));
  EXPECT_THAT(pool({W::integers("kernel_shape", {3})}),
              HasSubstr("node 'y' (MaxPool): only two-dimensional windows are supported"));
  EXPECT_THAT(pool({W::integers("kernel_shape", {2, 2}), W::integers("strides", {0, 1})}),
              HasSubstr("strides must be two positive numbers"));
  EXPECT_THAT(pool({W::integers("kernel_shape", {9, 9})}), HasSubstr("is larger than the input 1x3x8x8"));
  EXPECT_THAT(pool({W::integers("kernel_shape", {2, 2}), W::integers("pads", {0, -1, 0, 0})}),
              HasSubstr("pads must be four numbers of at least 0"));
  EXPECT_THAT(pool({W::integers("kernel_shape", {2, 2}), W::text("auto_pad", "SOMEHOW")}),
              HasSubstr("auto_pad 'SOMEHOW' is not supported; allowed: NOTSET"));
  EXPECT_THAT(pool({W::integer("kernel_shape", 3)}), HasSubstr("attribute 'kernel_shape' must be a list of integers"));
  EXPECT_THAT(pool({W::integers("kernel_shape", {2, 2}), W::integer("storage_order", 1)}),
              HasSubstr("storage_order 1 is not supported"));
  EXPECT_THAT(complaint(with_node("Softmax", {W::integer("axis", 2)}).save("m")),
              HasSubstr("node 'y' (Softmax): only supported over the channels"));
  EXPECT_THAT(complaint(with_node("Concat", {W::integer("axis", 2)}).save("m")),
              HasSubstr("axis 2 is not supported; allowed: 1 (channels)"));
}

TEST(Import, RefusesControlFlow) {
  EXPECT_THAT(complaint(with_node("If", {W::graph("then_branch")}).save("m")),
              HasSubstr("node 'y' (If): control flow (a sub-graph) is not supported"));
}

TEST(Import, RefusesDataOutsideTheFile) {
  EXPECT_THAT(complaint(with_node("Relu").external_constant("w").save("m")),
              HasSubstr("constant 'w': external data is not supported"));
}

TEST(Import, NamesAnInputThatNobodyProduces) {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y").node("Add", {"x", "ghost"}, "y");
  EXPECT_THAT(complaint(model.save("m")), HasSubstr("node 'y' (Add): input 'ghost' is produced by no earlier node"));
}

TEST(Import, RefusesWeightsThatDoNotMatchTheirInput) {
  W model;
  model.input("x", {1, 3, 8, 8}).constant("w", {4, 5, 3, 3}, noise(180, 1)).output("y").node("Conv", {"x", "w"}, "y");
  EXPECT_THAT(complaint(model.save("m")), HasSubstr("node 'y' (Conv): input 1x3x8x8 does not match weights 4x5x3x3"));
}

TEST(Import, RefusesAReshapeThatMovesData) {
  W model;
  model.input("x", {1, 4, 8, 8})
      .constant("s", Tensor::of<std::int64_t>({4}, {1, 8, 4, 8}))
      .output("y")
      .node("Reshape", {"x", "s"}, "y");
  EXPECT_THAT(complaint(model.save("m")),
              HasSubstr("node 'y' (Reshape): reshaping 1x4x8x8 to 1x8x4x8 is not supported; allowed: flattening"));
}

TEST(Import, NamesAnInputFileOfTheWrongShapeOrType) {
  const std::string model = tiny().save("tiny");
  const std::string wide = temporary_file("wide.npy", ""), whole = temporary_file("whole.npy", "");
  write_npy(wide, Tensor(DataType::Float32, {1, 3, 8, 9}));
  write_npy(whole, Tensor(DataType::Int32, {1, 3, 8, 8}));
  CompileOptions options;
  options.input = wide;
  EXPECT_THAT(complaint(model, options), HasSubstr("input 'x' has shape 1x3x8x9; the model takes 1x3x8x8"));
  options.input = whole;
  EXPECT_THAT(complaint(model, options), HasSubstr("whole.npy: holds int32; input 'x' is float32"));
  options.input = "/nowhere.npy";
  EXPECT_THAT(complaint(model, options), HasSubstr("/nowhere.npy: cannot open"));
}

TEST(Import, TakesAnOpenBatchFromTheInputFile) {
  W model;
  model.input("x", {-1, 3, 8, 8}).output("y").node("Relu", {"x"}, "y");
  const std::string path = model.save("open"), four = temporary_file("four.npy", "");
  write_npy(four, Tensor(DataType::Float32, {4, 3, 8, 8}));
  CompileOptions options;
  options.input = four;
  EXPECT_EQ(compile(path, config::SocConfig{}, options).stream.outputs[0].shape, (Shape{4, 3, 8, 8}));
  EXPECT_EQ(compile(path, config::SocConfig{}).stream.outputs[0].shape, (Shape{1, 3, 8, 8}));
}

TEST(Import, RefusesAnAcceleratorThatIsNoInt8One) {
  config::SocConfig soc;
  soc.gemmini.dataflow.set(config::Dataflow::OS);
  try {
    compile(tiny().save("tiny"), soc);
    FAIL() << "compiled for an output-stationary machine";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("dataflow must be WS or BOTH"));
  }
}

TEST(Npy, ComesBackAsItWasWritten) {
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{2, 3}, Shape{1, 3, 5, 2}}) {
    Tensor tensor(DataType::Int8, shape);
    for (std::size_t i = 0; i < tensor.bytes.size(); ++i) tensor.bytes[i] = static_cast<std::uint8_t>(3 * i);
    const std::string path = temporary_file("tensor.npy", "");
    write_npy(path, tensor);
    const Tensor back = read_npy(path);
    EXPECT_EQ(back.shape, shape);
    EXPECT_EQ(back.type, DataType::Int8);
    EXPECT_EQ(back.bytes, tensor.bytes);
  }
}

TEST(Npy, NamesWhatIsWrongWithAFile) {
  const auto why = [](const std::string& content) {
    const std::string path = temporary_file("bad.npy", content);
    try {
      read_npy(path);
      return std::string("nothing");
    } catch (const UserError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(why("hello"), HasSubstr("bad.npy: not an .npy file"));
  const std::string path = temporary_file("good.npy", "");
  write_npy(path, Tensor(DataType::Float32, {4, 4}));
  std::ifstream file(path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(why(good.substr(0, good.size() - 1)), HasSubstr("truncated: 4x4 float32 needs 64 bytes, 63 are there"));
  EXPECT_THAT(why(good.substr(0, 20)), HasSubstr("truncated .npy header"));
  std::string big_endian = good;
  big_endian[big_endian.find("<f4")] = '>';
  EXPECT_THAT(why(big_endian), HasSubstr("element type '>f4' is not supported"));
}

Graph simplified(const W& model) { return simplify(import_onnx(model.save("m"))); }

TEST(Simplify, DropsIdentityAndDropout) {
  W model;
  model.input("x", {1, 3, 8, 8})
      .output("y")
      .node("Identity", {"x"}, "i")
      .node("Relu", {"i"}, "r")
      .node("Dropout", {"r"}, "y");
  const Graph graph = simplified(model);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].inputs[0], "x");
  EXPECT_EQ(graph.nodes[0].outputs[0], "y");
}

TEST(Simplify, WorksOutShapeArithmetic) {
  W model;  // Reshape(x, Concat(Unsqueeze(Gather(Shape(x), 0)), [-1]))
  model.input("x", {2, 3, 4, 5}).output("y").constant("zero", Tensor::of<std::int64_t>({}, {0}));
  model.constant("rest", Tensor::of<std::int64_t>({1}, {-1})).constant("axes", Tensor::of<std::int64_t>({1}, {0}));
  model.node("Shape", {"x"}, "shape").node("Gather", {"shape", "zero"}, "n", {W::integer("axis", 0)});
  model.node("Unsqueeze", {"n", "axes"}, "ns").node("Concat", {"ns", "rest"}, "target", {W::integer("axis", 0)});
  model.node("Reshape", {"x", "target"}, "y");
  const Graph graph = simplified(model);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.shapes.at("y"), (Shape{2, 60}));
}

TEST(Simplify, FillsConstantsOfAShape) {
  W model;
  model.input("x", {1, 2, 3, 3}).output("y").constant("shape", Tensor::of<std::int64_t>({4}, {5, 2, 1, 1}));
  model.node("ConstantOfShape", {"shape"}, "w", {W::tensor("value", Tensor::of<float>({1}, {0.5F}))})
      .node("Conv", {"x", "w"}, "y");
  const Graph graph = simplified(model);
  EXPECT_EQ(graph.constants.at("w").floats(), std::vector<float>(10, 0.5F));
  EXPECT_EQ(graph.shapes.at("y"), (Shape{1, 5, 3, 3}));
}

TEST(Simplify, RefusesAConstantOutput) {
  W model;
  model.input("x", {1, 2, 3, 3}).output("y").node("Shape", {"x"}, "y");
  EXPECT_THAT(complaint(model.save("m")), HasSubstr("output 'y' is a constant"));
}

}  // namespace
}  // namespace castor::compiler

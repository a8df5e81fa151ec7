#include "castor/app/outputs.h"

#include <cctype>

#include "castor/common/error.h"
#include "castor/compiler/npy.h"

namespace castor::app {
namespace {

compiler::DataType type_of(const isa::NamedTensor& tensor) {
  using compiler::DataType;
  for (const DataType type : {DataType::Int8, DataType::UInt8, DataType::Int32, DataType::Float32, DataType::Int16,
                              DataType::Int64, DataType::Float64})
    if (tensor.type == compiler::name_of(type)) return type;
  throw UserError("output " + tensor.name + ": type '" + tensor.type + "'; allowed: int8, uint8, int32, float32");
}

// Memory order N, H, W, C -> model order N, C, H, W.
compiler::Tensor to_model_order(const compiler::Tensor& memory) {
  compiler::Tensor model(memory.type, memory.shape);
  const std::size_t element = compiler::bytes_of(memory.type);
  const std::int64_t n = memory.shape[0], c = memory.shape[1], pixels = memory.shape[2] * memory.shape[3];
  for (std::int64_t image = 0; image < n; ++image)
    for (std::int64_t channel = 0; channel < c; ++channel)
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
        std::memcpy(model.bytes.data() + static_cast<std::size_t>((image * c + channel) * pixels + pixel) * element,
                    memory.bytes.data() + static_cast<std::size_t>((image * pixels + pixel) * c + channel) * element,
                    element);
  return model;
}

}  // namespace

std::string file_name_of(const std::string& tensor) {
  std::string name = tensor;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != '-') c = '_';
  return name;
}

void write_outputs(const std::vector<isa::NamedTensor>& outputs, const functional::Memory& memory,
                   const OutputDirectory& out, const std::string& prefix) {
  for (const isa::NamedTensor& output : outputs) {
    compiler::Tensor tensor(type_of(output), output.shape);
    memory.read(output.address, tensor.bytes.data(), tensor.bytes.size());
    if (output.layout == "NHWC" && output.shape.size() == 4) tensor = to_model_order(tensor);
    compiler::write_npy(out.path(prefix + "output_" + file_name_of(output.name) + ".npy"), tensor);
  }
}

void write_inputs(const std::vector<NamedInput>& inputs, const OutputDirectory& out, const std::string& prefix) {
  for (const NamedInput& input : inputs)
    compiler::write_npy(out.path(prefix + "input_" + file_name_of(input.name) + ".npy"), input.values);
}

}  // namespace castor::app

// The model's outputs as .npy files: output_<name>.npy, after the core's prefix; inputs that Castor made, as
// input_<name>.npy.
#pragma once

#include <vector>

#include "castor/app/output_directory.h"
#include "castor/app/program.h"
#include "castor/functional/memory.h"
#include "castor/isa/stream.h"

namespace castor::app {

/// The name as it may stand in a file name: anything but letters, digits, '.', '_' and '-' becomes '_'.
std::string file_name_of(const std::string& tensor);

void write_outputs(const std::vector<isa::NamedTensor>& outputs, const functional::Memory& memory,
                   const OutputDirectory& out, const std::string& prefix = "");

/// In the model's order and element type: what castor run --input takes.
void write_inputs(const std::vector<NamedInput>& inputs, const OutputDirectory& out, const std::string& prefix = "");

}  // namespace castor::app

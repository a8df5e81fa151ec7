// The model's outputs as .npy files: output_<name>.npy, after the core's prefix.
#pragma once

#include <vector>

#include "castor/app/output_directory.h"
#include "castor/functional/memory.h"
#include "castor/isa/stream.h"

namespace castor::app {

/// The name as it may stand in a file name: anything but letters, digits, '.', '_' and '-' becomes '_'.
std::string file_name_of(const std::string& tensor);

void write_outputs(const std::vector<isa::NamedTensor>& outputs, const functional::Memory& memory,
                   const OutputDirectory& out, const std::string& prefix = "");

}  // namespace castor::app

// NumPy's .npy files: what inputs come in and outputs leave as. Version 1.0 and 2.0, C order, little endian.
#pragma once

#include <string>

#include "castor/compiler/tensor.h"

namespace castor::compiler {

/// A UserError names the file and what is wrong with it.
Tensor read_npy(const std::string& path);
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace castor::compiler

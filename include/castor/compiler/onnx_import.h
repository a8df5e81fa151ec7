// ONNX file -> Graph. Protobuf is seen in onnx_import.cpp only.
#pragma once

#include <string>

#include "castor/compiler/graph.h"

namespace castor::compiler {

/// A missing, truncated or malformed file, external tensors, unknown element types: UserErrors that name file and node.
Graph import_onnx(const std::string& path);

}  // namespace castor::compiler

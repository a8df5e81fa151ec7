// The front end in one call: ONNX file -> command stream with data image, and what was decided on the way.
// importer -> simplify -> fuse -> quantise -> place -> plan_memory -> emit; each is a function of its own header.
#pragma once

#include <optional>

#include "castor/compiler/emit.h"
#include "castor/compiler/quantise.h"
#include "castor/config/soc_config.h"

namespace castor::compiler {

struct CompileOptions {
  std::string input;       ///< an .npy for the model's (only) input: run and calibrated on; empty: seeded
  std::uint32_t seed = 1;  ///< of the seeded input
  std::optional<config::MemoryWindow> memory;  ///< where the model may lie; all of memory otherwise
  unsigned calibration_samples = 3;            ///< further seeded ones, at most, when scales must be chosen
};

struct CompiledModel {
  isa::Stream stream;  ///< with the input's values among its data
  Network network;
  std::vector<Placed> placed;
  MemoryPlan plan;
  std::vector<ItemRange> ranges;  ///< of stream items, by layer
  std::vector<LayerNoise> noise;  ///< empty when every scale came with the model
  std::vector<Tensor> inputs;     ///< the values used
  // Text dumps for people and golden tests.
  std::string graph;
  std::string placement;
  std::string tiling;
  std::string commands() const { return dump_commands(stream); }
};

/// Everything wrong with the model, its input or the machine is a UserError that names file and node.
CompiledModel compile(const std::string& model, const config::SocConfig& config, const CompileOptions& options = {});

}  // namespace castor::compiler

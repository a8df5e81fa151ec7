// A whole machine with a stream of commands written as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "castor/functional/oracle.h"
#include "castor/isa/stream.h"
#include "castor/soc/checker.h"
#include "castor/soc/layer_accounting.h"
#include "castor/soc/soc.h"

namespace castor::soc::test {

/// One row in, out again by way of the array: C = A * B for one 16x16 tile, then a fence.
inline const char* const one_tile =
    "layer name=\"tile\" op=MatMul on=accelerator macs=4096\n"
    "config_ex\n"
    "config_mvout stride=16\n"
    "config_mvin stride=16\n"
    "mvin dram=0x80000000 local=sp+0 rows=16 cols=16\n"
    "mvin dram=0x80000100 local=sp+16 rows=16 cols=16\n"
    "preload bd=sp+16 bd_rows=16 bd_cols=16 c=acc+0 c_rows=16 c_cols=16\n"
    "compute_preloaded a=sp+0 a_rows=16 a_cols=16 bd=garbage bd_rows=16 bd_cols=16\n"
    "mvout dram=0x80010000 local=acc+0 rows=16 cols=16\n"
    "fence\n";

class Machine {
 public:
  explicit Machine(const std::string& text, bool values = true, sim::StepOrder order = sim::StepOrder::Normal,
                   const config::SocConfig& given = {})
      : config(given), soc("soc", config, {Driver::CommandStream, values, order}), layers(soc) {
    std::istringstream in(text);
    stream = isa::read_stream(in, "test", functional::OracleParams(config.gemmini).stream_options());
    host().load(stream);
    host().attach(layers);
    for (std::uint32_t i = 0; i < 512; ++i) soc.memory().bytes().put<std::int8_t>(PhysAddr{0x80000000U + i}, value(i));
  }

  /// The test's data at 0x80000000.
  static std::int8_t value(std::uint32_t i) { return static_cast<std::int8_t>(i * 37 % 11) - 5; }

  void check() {
    checker = std::make_unique<Checker>(functional::OracleParams(config.gemmini),
                                        soc.tile().accelerator->local_memory(), soc.memory().bytes());
    for (functional::Memory* memory : checker->memories())
      for (std::uint32_t i = 0; i < 512; ++i) memory->put<std::int8_t>(PhysAddr{0x80000000U + i}, value(i));
    soc.probes().attach(*checker);
    host().attach(*checker);
  }

  host::CommandStreamHost& host() { return *soc.tile().stream_host; }

  config::SocConfig config;
  Soc soc;
  LayerAccounting layers;
  isa::Stream stream;
  std::unique_ptr<Checker> checker;
};

}  // namespace castor::soc::test

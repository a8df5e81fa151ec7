// What a core runs when the command line does not say.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

class WorkloadParams : public Group {
 public:
  WorkloadParams() : Group("workload", summary) {}
  explicit WorkloadParams(Group* parent, const char* key = "workload") : Group(parent, key, summary) {}

  // clang-format off
  Param<std::string> model{this, "model", std::string{}, "an ONNX model; a file name is relative to the file that states it"};
  Param<std::string> input{this, "input", std::string{}, "the model's input, an .npy file; empty: a seeded one"};
  Param<std::string> elf{this, "elf", std::string{}, "a bare-metal RISC-V program"};
  Param<std::string> commands{this, "commands", std::string{}, "a command stream"};
  // clang-format on

 protected:
  void check() const override;

 private:
  static constexpr const char* summary =
      "what the core runs when the command line names nothing: one of model, elf, commands";
};

}  // namespace castor::config

// The hart: what the privileged architecture leaves to the implementation.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

class HartParams : public Group {
 public:
  HartParams() : Group("hart", summary) {}
  explicit HartParams(Group* parent, const char* key = "hart") : Group(parent, key, summary) {}

  // clang-format off
  Param<bool> misaligned_access{this, "misaligned_access", false,
      "loads and stores may be misaligned; false: they trap, as in Rocket"};
  // clang-format on

 private:
  static constexpr const char* summary = "the instruction set of the core";
};

}  // namespace castor::config

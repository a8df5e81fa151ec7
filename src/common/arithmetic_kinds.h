// The implementations behind Arithmetic::make.
#pragma once

#include <memory>

#include "castor/common/arithmetic.h"

namespace castor {

std::unique_ptr<const Arithmetic> make_int_arithmetic(const ElementTypes& types);
std::unique_ptr<const Arithmetic> make_float_arithmetic(const ElementTypes& types);

}  // namespace castor

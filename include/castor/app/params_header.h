// gemmini_params.h: what the C library needs to know of an accelerator (software.md section 7).
#pragma once

#include <string>

#include "castor/config/gemmini_params.h"

namespace castor::app {

std::string params_header(const config::GemminiParams& gemmini);

}  // namespace castor::app

#pragma once

namespace castor::app {

inline constexpr const char* version = "0.1.0";

}  // namespace castor::app

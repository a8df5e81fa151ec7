// What the shell sees.
#pragma once

namespace castor::app {

enum ExitStatus : int {
  success = 0,
  check_failed = 1,     ///< the simulated program or the value check failed
  usage_error = 2,      ///< bad usage, configuration, model or program
  stuck = 3,            ///< deadlock, or --max-cycles reached
  internal_error = 70,  ///< Castor itself is at fault
  interrupted = 130,
};

}  // namespace castor::app

// Two kinds of error: the user's (one clear line, exit status 2) and a broken promise of Castor itself.
#pragma once

#include <stdexcept>
#include <string>

namespace castor {

/// The configuration, model, program or command line is at fault. The text names file, line or node, what is wrong,
/// what is allowed.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Castor itself is at fault.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace castor

#define CASTOR_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::castor::assertion_failed(#condition, __FILE__, __LINE__))

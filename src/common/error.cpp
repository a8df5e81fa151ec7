#include "castor/common/error.h"

namespace castor {

void assertion_failed(const char* condition, const char* file, int line) {
  throw InternalError(std::string(file) + ":" + std::to_string(line) + ": internal error: " + condition);
}

}  // namespace castor

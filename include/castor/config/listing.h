// The parameters as text: for a terminal, for a file that can be loaded again, for the documentation.
#pragma once

#include <string>

#include "castor/config/group.h"

namespace castor::config {

/// One line a parameter: path, value, unit, where the value came from.
std::string values_text(const Group& root);

/// Every value as YAML; loading it gives the same configuration.
std::string values_yaml(const Group& root);

/// One paragraph a parameter: path, type, unit, default, range, meaning.
std::string declarations_text(const Group& root);

/// docs/parameters.md.
std::string declarations_markdown(const Group& root);

}  // namespace castor::config

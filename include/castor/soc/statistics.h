// The statistics of a machine, found by walking the SystemC object tree.
#pragma once

#include <functional>
#include <string>

#include "castor/sim/module.h"

namespace castor::soc {

/// Calls `visit` for every module that has statistics, parents before children, in order of construction.
void for_each_module(const std::function<void(const sim::Module&, const sim::StatGroup&)>& visit);

/// docs/statistics.md: every module path with its statistics, units and docs.
std::string statistics_markdown();
/// The same for a terminal, one line a statistic.
std::string statistics_text();

}  // namespace castor::soc

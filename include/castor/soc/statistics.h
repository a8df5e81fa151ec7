// The statistics of a machine, found by walking the SystemC object tree.
#pragma once

#include <functional>
#include <string>

#include "castor/sim/module.h"

namespace castor::soc {

/// Calls `visit` for every module that has statistics, parents before children, in order of construction.
void for_each_module(const std::function<void(const sim::Module&, const sim::StatGroup&)>& visit);

/// The first module of a type, or nullptr.
template <class M>
const M* find_module(const std::vector<sc_core::sc_object*>& objects = sc_core::sc_get_top_level_objects()) {
  for (const sc_core::sc_object* object : objects) {
    if (const auto* module = dynamic_cast<const M*>(object)) return module;
    if (const M* below = find_module<M>(object->get_child_objects())) return below;
  }
  return nullptr;
}

/// docs/statistics.md: every module path with its statistics, units and docs.
std::string statistics_markdown();
/// The same for a terminal, one line a statistic.
std::string statistics_text();

}  // namespace castor::soc

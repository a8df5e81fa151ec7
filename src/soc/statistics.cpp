#include "castor/soc/statistics.h"

#include <sstream>

#include "castor/host/boom_caches.h"
#include "castor/host/core_tlb.h"
#include "castor/host/riscv_host.h"
#include "castor/host/rocket_caches.h"

namespace castor::soc {
namespace {

using Visit = std::function<void(const sim::Module&, const sim::StatGroup&)>;

void walk(const std::vector<sc_core::sc_object*>& objects, const Visit& visit) {
  for (const sc_core::sc_object* object : objects) {
    if (const auto* module = dynamic_cast<const sim::Module*>(object))
      if (const sim::StatGroup* group = module->statistics()) visit(*module, *group);
    walk(object->get_child_objects(), visit);
  }
}

using Show = std::function<void(const std::string& name, const sim::StatGroup&)>;

/// Those of this machine, then those that only a machine with a program has.
void for_each_group(const Show& show) {
  for_each_module([&](const sim::Module& module, const sim::StatGroup& group) { show(module.name(), group); });
  show("soc.hart", host::RiscvHost::Stats());
  show("soc.caches.l1d (host.timing: rocket)", host::L1DataCache::Stats());
  show("soc.caches.l1d (host.timing: boom)", host::NonblockingDataCache::Stats());
  show("soc.caches.l1i", host::L1InstructionCache::Stats());
  show("soc.caches.dtlb, soc.caches.itlb", host::CoreTlb::Stats());
}

}  // namespace

void for_each_module(const Visit& visit) { walk(sc_core::sc_get_top_level_objects(), visit); }

std::string statistics_markdown() {
  std::ostringstream text;
  text
      << "# Statistics\n\n"
         "Written by `castor config --list-stats --format markdown`; what `report.json` holds under `stats`, by module "
         "path; the hart and its caches where a program runs.\n";
  for_each_group([&](const std::string& name, const sim::StatGroup& group) {
    text << "\n## " << name << "\n\n| statistic | unit | meaning |\n| --- | --- | --- |\n";
    for (const sim::Statistic* statistic : group.members())
      text << "| `" << statistic->name() << "` | " << statistic->unit() << " | " << statistic->doc() << " |\n";
  });
  return text.str();
}

std::string statistics_text() {
  std::ostringstream text;
  for_each_group([&](const std::string& name, const sim::StatGroup& group) {
    for (const sim::Statistic* statistic : group.members())
      text << name << '.' << statistic->name() << " [" << statistic->unit() << "] " << statistic->doc() << '\n';
  });
  return text.str();
}

}  // namespace castor::soc

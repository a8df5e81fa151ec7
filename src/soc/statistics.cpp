#include "castor/soc/statistics.h"

#include <sstream>

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

}  // namespace

void for_each_module(const Visit& visit) { walk(sc_core::sc_get_top_level_objects(), visit); }

std::string statistics_markdown() {
  std::ostringstream text;
  text
      << "# Statistics\n\n"
         "Written by `castor config --list-stats --format markdown`; what `report.json` holds under `stats`, by module "
         "path.\n";
  for_each_module([&](const sim::Module& module, const sim::StatGroup& group) {
    text << "\n## " << module.name() << "\n\n| statistic | unit | meaning |\n| --- | --- | --- |\n";
    for (const sim::Statistic* statistic : group.members())
      text << "| `" << statistic->name() << "` | " << statistic->unit() << " | " << statistic->doc() << " |\n";
  });
  return text.str();
}

std::string statistics_text() {
  std::ostringstream text;
  for_each_module([&](const sim::Module& module, const sim::StatGroup& group) {
    for (const sim::Statistic* statistic : group.members())
      text << module.name() << '.' << statistic->name() << " [" << statistic->unit() << "] " << statistic->doc()
           << '\n';
  });
  return text.str();
}

}  // namespace castor::soc

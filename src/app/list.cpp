#include <iostream>

#include "castor/app/command_line.h"
#include "castor/app/exit_status.h"
#include "castor/config/listing.h"
#include "castor/config/soc_config.h"
#include "castor/soc/soc.h"
#include "castor/soc/statistics.h"

namespace castor::app {

int list(const ListArguments& arguments) {
  config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  if (arguments.params) {
    std::cout << (arguments.markdown ? config::declarations_markdown(config) : config::declarations_text(config));
  } else if (arguments.stats) {
    config.soc.virtual_memory.set(true);  // everything that can be there
    const soc::Soc soc("soc", config, {soc::Driver::CommandStream, false, sim::StepOrder::Normal});
    std::cout << (arguments.markdown ? soc::statistics_markdown() : soc::statistics_text());
  } else {
    std::cout << config::values_text(config);
  }
  return success;
}

}  // namespace castor::app

#include <fstream>
#include <iostream>

#include "castor/app/command_line.h"
#include "castor/app/exit_status.h"
#include "castor/app/params_header.h"
#include "castor/common/error.h"
#include "castor/config/soc_config.h"

namespace castor::app {

int header(const HeaderArguments& arguments) {
  const config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  const std::string text = params_header(config.gemmini);
  if (arguments.output.empty()) {
    std::cout << text;
    return success;
  }
  std::ofstream file(arguments.output);
  if (!(file << text << std::flush)) throw UserError("-o " + arguments.output + ": cannot be written");
  return success;
}

}  // namespace castor::app

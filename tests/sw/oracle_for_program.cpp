// An accelerator for a C program that is built for this host: there before main().
#include "oracle_rocc.h"

namespace castor::sw {
namespace {

OracleRocc& accelerator() {
  static const config::SocConfig soc =
      config::SocConfig::load(std::string(CASTOR_SOURCE_DIR) + "/configs/" + CASTOR_SW_CONFIG);
  static OracleRocc rocc(soc.gemmini);
  return rocc;
}
const OracleRocc& there_before_main = accelerator();

}  // namespace
}  // namespace castor::sw

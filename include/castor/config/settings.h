// What files and the command line state, before anyone knows which parameters exist.
#pragma once

#include <string>
#include <vector>

#include "castor/config/origin.h"

namespace castor::config {

/// One stated value: "gemmini.sp_capacity", "512 KiB", where it stands.
struct Setting {
  std::string path;
  std::string text;
  Origin origin;
};

/// The one key that may hold a list, of maps: its length is a setting of its own, then come its entries as
/// "soc.cores[1].gemmini.sp_capacity".
inline constexpr const char* cores_key = "soc.cores";

/// The settings of a YAML file in order; those of the files it names under `include:` (one, or a list; relative to the
/// file itself) come first, so that the including file has the last word. UserError for anything malformed.
std::vector<Setting> read_settings(const std::string& path);

/// "l2.ways=4", as it stands after -p.
Setting parse_override(const std::string& text);

}  // namespace castor::config

// Inside of the text reader: one line that starts with a Gemmini mnemonic.
#pragma once

#include <string>

#include "castor/isa/stream.h"
#include "text_line.h"

namespace castor::isa {

/// A mnemonic, or `command` (a raw triple: funct, rs1, rs2).
bool is_command_word(const std::string& word);
Command command_from(TextLine& line, const StreamOptions& options);

}  // namespace castor::isa

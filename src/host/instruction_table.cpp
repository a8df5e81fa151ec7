#include "castor/host/instruction_table.h"

#include "castor/host/hart.h"
#include "instruction_rows.h"

namespace castor::host {

const std::vector<Operation>& instruction_table() {
  static const std::vector<Operation> table = [] {
    std::vector<Operation> rows;
    for (const auto& section : {integer_rows(), multiply_rows(), atomic_rows(), float_rows(), system_rows()})
      rows.insert(rows.end(), section.begin(), section.end());
    return rows;
  }();
  return table;
}

const Operation& illegal_instruction() {
  static const Operation operation{"illegal",    "-------------------------------- ",
                                   format::None, TimingClass::System,
                                   'I',          [](Hart&, const Instruction& i) { Hart::illegal(i); }};
  return operation;
}

}  // namespace castor::host

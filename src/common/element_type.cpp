#include <map>

#include "castor/common/arithmetic.h"
#include "castor/common/error.h"

namespace castor {

namespace {
const std::map<std::string, ElementType>& named_types() {
  static const std::map<std::string, ElementType> types{
      {"bf16", ElementType::floating(8, 8)},  {"fp16", ElementType::floating(5, 11)},
      {"fp32", ElementType::floating(8, 24)}, {"int16", ElementType::sint(16)},
      {"int20", ElementType::sint(20)},       {"int32", ElementType::sint(32)},
      {"int8", ElementType::sint(8)}};
  return types;
}
}  // namespace

ElementType ElementType::parse(const std::string& name) {
  const auto found = named_types().find(name);
  if (found != named_types().end()) return found->second;
  throw UserError("element type '" + name + "'; allowed: bf16, fp16, fp32, int8, int16, int20, int32");
}

std::string ElementType::name() const {
  for (const auto& [name, type] : named_types())
    if (type == *this) return name;
  if (is_float()) return "float(" + std::to_string(exponent_bits) + "," + std::to_string(significand_bits) + ")";
  return "int" + std::to_string(bits);
}

}  // namespace castor

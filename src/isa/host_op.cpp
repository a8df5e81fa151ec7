#include "castor/common/error.h"
#include "castor/isa/stream.h"

namespace castor::isa {

namespace {
template <class T>
const T& typed(const HostOp& op, const std::string& name, const char* type) {
  const HostArg* arg = op.find(name);
  if (!arg) throw UserError("host_op " + op.kind + ": argument '" + name + "' is missing");
  if (const T* value = std::get_if<T>(arg)) return *value;
  throw UserError("host_op " + op.kind + ": argument '" + name + "' has the wrong type; allowed: " + type);
}
}  // namespace

const HostArg* HostOp::find(const std::string& name) const {
  for (const auto& [key, value] : args)
    if (key == name) return &value;
  return nullptr;
}

std::int64_t HostOp::integer(const std::string& name) const { return typed<std::int64_t>(*this, name, "an integer"); }

std::int64_t HostOp::integer(const std::string& name, std::int64_t otherwise) const {
  return has(name) ? integer(name) : otherwise;
}

double HostOp::real(const std::string& name) const {
  const HostArg* arg = find(name);
  if (arg && std::holds_alternative<std::int64_t>(*arg)) return static_cast<double>(std::get<std::int64_t>(*arg));
  return typed<double>(*this, name, "a float");
}

double HostOp::real(const std::string& name, double otherwise) const { return has(name) ? real(name) : otherwise; }

std::string HostOp::text(const std::string& name) const { return typed<std::string>(*this, name, "text"); }

std::string HostOp::text(const std::string& name, const std::string& otherwise) const {
  return has(name) ? text(name) : otherwise;
}

PhysAddr HostOp::address(const std::string& name) const { return PhysAddr{static_cast<std::uint64_t>(integer(name))}; }

std::vector<std::int64_t> HostOp::integers(const std::string& name) const {
  return typed<std::vector<std::int64_t>>(*this, name, "a list of integers");
}

std::vector<double> HostOp::reals(const std::string& name) const {
  const HostArg* arg = find(name);
  if (!arg || !std::holds_alternative<std::vector<std::int64_t>>(*arg))
    return typed<std::vector<double>>(*this, name, "a list of floats");
  const auto& integers = std::get<std::vector<std::int64_t>>(*arg);
  return {integers.begin(), integers.end()};
}

}  // namespace castor::isa

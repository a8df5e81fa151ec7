#include "castor/compiler/graph.h"

namespace castor::compiler {
namespace {

template <class T>
T attribute(const Node& node, const std::string& name, T otherwise, const char* kind) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) node.refuse("attribute '" + name + "' must be " + kind);
  return *value;
}

}  // namespace

std::int64_t Node::axis(std::int64_t stated, std::size_t rank) const {
  const auto count = static_cast<std::int64_t>(rank);
  if (count == 0) refuse("axis " + std::to_string(stated) + " of a scalar");
  if (stated < -count || stated >= count)
    refuse("axis " + std::to_string(stated) + " is out of range; allowed: " + std::to_string(-count) + ".." +
           std::to_string(count - 1));
  return stated < 0 ? stated + count : stated;
}

std::int64_t Node::integer(const std::string& name, std::int64_t otherwise) const {
  return attribute<std::int64_t>(*this, name, otherwise, "an integer");
}
float Node::real(const std::string& name, float otherwise) const {
  return attribute<float>(*this, name, otherwise, "a float");
}
std::string Node::text(const std::string& name, const std::string& otherwise) const {
  return attribute<std::string>(*this, name, otherwise, "a string");
}
std::vector<std::int64_t> Node::integers(const std::string& name, std::vector<std::int64_t> otherwise) const {
  return attribute<std::vector<std::int64_t>>(*this, name, std::move(otherwise), "a list of integers");
}

}  // namespace castor::compiler

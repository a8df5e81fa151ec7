// Where the value of a parameter came from.
#pragma once

#include <string>
#include <utility>

namespace castor::config {

/// Provenance of one value: its declaration, another parameter it follows, a line of a file, the command line, or code.
class Origin {
 public:
  enum class Kind { Default, Follows, File, CommandLine, Program };

  static Origin standard() { return {Kind::Default, "default"}; }
  static Origin follows(const std::string& parameter) { return {Kind::Follows, "follows " + parameter}; }
  static Origin file(const std::string& path, int line) { return {Kind::File, path + ":" + std::to_string(line)}; }
  static Origin command_line(const std::string& setting) { return {Kind::CommandLine, "-p " + setting}; }
  static Origin program() { return {Kind::Program, "set by the program"}; }

  Kind kind() const { return kind_; }
  /// What a person reads: "default", "follows gemmini.rtl_generation", "edge.yaml:12", "-p l2.ways=4".
  const std::string& text() const { return text_; }
  bool is_default() const { return kind_ == Kind::Default || kind_ == Kind::Follows; }

 private:
  Origin(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  Kind kind_;
  std::string text_;
};

}  // namespace castor::config

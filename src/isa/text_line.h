// One line of a text file as words and name=value fields, with errors that name file and line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace castor::isa {

class TextLine {
 public:
  /// `where` is "file:line". Comments are cut, quoted values unquoted.
  TextLine(const std::string& text, std::string where);

  bool blank() const { return word_.empty(); }
  const std::string& word() const { return word_; }

  /// Takes the field `name` out of the line; what is left over at the end is an error (finish).
  std::optional<std::string> take(const std::string& name);
  std::string take_required(const std::string& name);
  std::uint64_t take_number(const std::string& name, std::uint64_t otherwise, std::uint64_t largest);
  bool was_quoted(const std::string& name) const;

  struct Field {
    std::string name;
    std::string value;
    bool quoted = false;
    bool taken = false;
  };
  /// Fields not taken yet, in order; marks them taken.
  std::vector<Field> take_rest();
  /// Complains about fields no one took. `allowed` lists the names that would have been.
  void finish(const std::vector<std::string>& allowed) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  void parse_field(const std::string& text, std::size_t& at);
  std::string parse_value(const std::string& text, std::size_t& at, bool& quoted) const;
  std::string parse_quoted(const std::string& text, std::size_t& at) const;
  Field* find(const std::string& name);

  std::string where_;
  std::string word_;
  std::vector<Field> fields_;
};

/// Decimal or 0x hexadecimal, no sign; nothing for other text or more than 64 bits.
std::optional<std::uint64_t> parse_unsigned(const std::string& text);
std::optional<std::int64_t> parse_signed(const std::string& text);
/// A float with optional `f` suffix; the whole text must be used.
std::optional<double> parse_real(const std::string& text);
std::optional<float> parse_single(const std::string& text);
/// Shortest text that reads back as exactly `value`, always recognisable as a real.
std::string real_text(double value);
std::string single_text(float value);
std::string quoted_text(const std::string& value);
std::string hex_text(std::uint64_t value);

}  // namespace castor::isa

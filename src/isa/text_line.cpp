#include "text_line.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "castor/common/error.h"

namespace castor::isa {

namespace {
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string without_comment(const std::string& text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == '#' && !quoted)
      return text.substr(0, i);
  }
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "no fields" : text;
}

/// What stands in a file that is no text must not reach the terminal as it is.
std::string printable(const std::string& text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f)
      shown += c;
    else
      shown += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
  }
  return shown;
}
}  // namespace

TextLine::TextLine(const std::string& text, std::string where) : where_(std::move(where)) {
  const std::string line = without_comment(text);
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < line.size() && is_space(line[at])) ++at;
  };
  skip();
  while (at < line.size() && !is_space(line[at])) word_ += line[at++];
  for (skip(); at < line.size(); skip()) parse_field(line, at);
}

void TextLine::parse_field(const std::string& text, std::size_t& at) {
  Field field;
  while (at < text.size() && !is_space(text[at]) && text[at] != '=') field.name += text[at++];
  if (at >= text.size() || text[at] != '=') fail("'" + field.name + "' has no value; allowed: name=value");
  ++at;
  field.value = parse_value(text, at, field.quoted);
  if (find(field.name)) fail("field " + field.name + " given twice");
  fields_.push_back(field);
}

std::string TextLine::parse_value(const std::string& text, std::size_t& at, bool& quoted) const {
  std::string value;
  quoted = at < text.size() && text[at] == '"';
  if (quoted) return parse_quoted(text, at);
  while (at < text.size() && !is_space(text[at])) value += text[at++];
  return value;
}

std::string TextLine::parse_quoted(const std::string& text, std::size_t& at) const {
  std::string value;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    const bool escaped = text[at] == '\\' && at + 1 < text.size();
    if (escaped) ++at;
    value += escaped && text[at] == 'n' ? '\n' : text[at];
  }
  if (at >= text.size()) fail("a quoted value does not end");
  ++at;
  return value;
}

TextLine::Field* TextLine::find(const std::string& name) {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == name; });
  return found == fields_.end() ? nullptr : &*found;
}

std::optional<std::string> TextLine::take(const std::string& name) {
  Field* field = find(name);
  if (!field) return std::nullopt;
  field->taken = true;
  return field->value;
}

std::string TextLine::take_required(const std::string& name) {
  const auto value = take(name);
  if (!value) fail("field " + name + " is missing");
  return *value;
}

std::uint64_t TextLine::take_number(const std::string& name, std::uint64_t otherwise, std::uint64_t largest) {
  const auto text = take(name);
  if (!text) return otherwise;
  const auto value = parse_unsigned(*text);
  if (!value || *value > largest) fail(name + "=" + *text + "; allowed: 0.." + std::to_string(largest));
  return *value;
}

bool TextLine::was_quoted(const std::string& name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == name && f.quoted; });
}

std::vector<TextLine::Field> TextLine::take_rest() {
  std::vector<Field> rest;
  for (Field& field : fields_)
    if (!field.taken) field.taken = true, rest.push_back(field);
  return rest;
}

void TextLine::finish(const std::vector<std::string>& allowed) const {
  for (const Field& field : fields_)
    if (!field.taken) fail("unknown field " + field.name + "; allowed: " + joined(allowed));
}

void TextLine::fail(const std::string& what) const {
  throw UserError(where_ + ": " + printable((word_.empty() ? "" : word_ + ": ") + what));
}

std::optional<std::uint64_t> parse_unsigned(const std::string& text) {
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const char* first = text.data() + (hex ? 2 : 0);
  const char* last = text.data() + text.size();
  std::uint64_t value = 0;
  const auto result = std::from_chars(first, last, value, hex ? 16 : 10);
  if (first == last || result.ec != std::errc() || result.ptr != last) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_signed(const std::string& text) {
  const bool negative = !text.empty() && text[0] == '-';
  const auto magnitude = parse_unsigned(negative ? text.substr(1) : text);
  if (!magnitude || *magnitude > (1ULL << 63) - (negative ? 0 : 1)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? ~*magnitude + 1 : *magnitude);
}

namespace {
template <class Real, class Convert>
std::optional<Real> parse_float(const std::string& text, Convert convert) {
  const bool suffixed = text.size() > 1 && text.back() == 'f' && text.find("inf") == std::string::npos;
  const std::string digits = suffixed ? text.substr(0, text.size() - 1) : text;
  if (digits.empty() || is_space(digits[0])) return std::nullopt;
  char* end = nullptr;
  const Real value = convert(digits.c_str(), &end);
  return end == digits.c_str() + digits.size() ? std::optional<Real>(value) : std::nullopt;
}

template <class Real>
std::string float_text(Real value) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  const std::string text(buffer, result.ptr);
  return text.find_first_of(".einf") == std::string::npos ? text + ".0" : text;
}
}  // namespace

std::optional<double> parse_real(const std::string& text) { return parse_float<double>(text, std::strtod); }
std::optional<float> parse_single(const std::string& text) { return parse_float<float>(text, std::strtof); }
std::string real_text(double value) { return float_text(value); }
std::string single_text(float value) { return float_text(value); }

std::string quoted_text(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text + "\"";
}

std::string hex_text(std::uint64_t value) {
  char buffer[20];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, 16);
  return "0x" + std::string(buffer, result.ptr);
}

}  // namespace castor::isa

#include "castor/config/listing.h"

#include <algorithm>

#include "castor/config/param.h"

namespace castor::config {

namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string with_unit(const std::string& text, const std::string& unit) {
  return unit.empty() ? text : text + " " + unit;
}

std::string value_with_unit(const ParamBase& param) { return with_unit(param.text(), param.unit()); }

/// The widest of what `column` gives for the parameters.
template <class Column>
std::size_t width_of(const Group& root, Column column) {
  std::size_t width = 0;
  root.for_each([&](const ParamBase& param) { width = std::max<std::size_t>(width, column(param).size()); });
  return width;
}

void add_yaml(const Group& group, std::size_t depth, std::string& text) {
  const std::string indent(2 * depth, ' ');
  for (const ParamBase* param : group.params()) {
    text += indent + param->key() + ": " + (param->text().empty() ? "\"\"" : param->text());
    text += param->origin().is_default() ? "\n" : "  # " + param->origin().text() + "\n";
  }
  for (const Group* member : group.groups()) {
    text += indent + member->key() + ":\n";
    add_yaml(*member, depth + 1, text);
  }
}

/// "|" would end a cell of a table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return " " + escaped + " |";
}

void add_table(const Group& group, std::string& text) {
  text += "\n## `" + group.path() + "`: " + group.doc() + "\n\n";
  text += "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const ParamBase* param : group.params()) {
    text += "|" + cell("`" + std::string(param->key()) + "`") + cell(param->type()) +
            cell(with_unit(param->default_text(), param->unit())) + cell(param->range_text()) + cell(param->doc()) +
            "\n";
  }
}

void add_tables(const Group& group, std::string& text) {
  if (!group.params().empty()) add_table(group, text);
  for (const Group* member : group.groups()) add_tables(*member, text);
}

}  // namespace

std::string values_text(const Group& root) {
  const std::size_t path_width = width_of(root, [](const ParamBase& param) { return param.path(); });
  const std::size_t value_width = width_of(root, value_with_unit);
  std::string text;
  root.for_each([&](const ParamBase& param) {
    text += padded(param.path(), path_width + 2) + padded(value_with_unit(param), value_width + 2) +
            param.origin().text() + "\n";
  });
  return text;
}

std::string values_yaml(const Group& root) {
  std::string text;
  add_yaml(root, 0, text);
  return text;
}

std::string declarations_text(const Group& root) {
  std::string text;
  root.for_each([&](const ParamBase& param) {
    const std::string legal = param.range_text();
    text += param.path() + " (" + param.type() + ", default " + with_unit(param.default_text(), param.unit()) +
            (legal.empty() ? "" : ", allowed: " + legal) + ")\n    " + param.doc() + "\n";
  });
  return text;
}

std::string declarations_markdown(const Group& root) {
  std::string text =
      "# Parameters\n\n"
      "Generated from the declarations in `include/castor/config`; to write it anew, run the tests of `config` with\n"
      "`CASTOR_UPDATE_GOLDEN=1`. A configuration file states what differs from the defaults, group by group; a size "
      "is\n"
      "written `256 KiB`, `1 MiB`, `64 B`. The command line has the last word: `-p gemmini.sp_capacity=512KiB`.\n"
      "A default marked [old] or [head] depends on `gemmini.rtl_generation`.\n\n"
      "`soc.cores` says how many cores there are: a number of equal ones (`cores: 2`, `-p soc.cores=2`), or a list "
      "with "
      "an\n"
      "entry for each, which states what that core has of its own among the groups `host`, `gemmini`, `tlb`, `ptw` "
      "and\n"
      "`workload` (`{}`: nothing); `-p soc.cores[1].gemmini.sp_capacity=512KiB` changes one core.\n";
  add_tables(root, text);
  return text;
}

}  // namespace castor::config

#include "castor/config/settings.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "castor/common/error.h"

namespace castor::config {

namespace {

namespace fs = std::filesystem;

/// One file being read, the settings gathered so far, and the files that led to it.
class SettingsFile {
 public:
  SettingsFile(const fs::path& path, std::vector<fs::path> includers, std::vector<Setting>& settings)
      : path_(path), chain_(std::move(includers)), settings_(settings) {
    chain_.push_back(path_);
  }

  void read() {
    const YAML::Node root = parse();
    if (root.IsNull()) return;
    if (!root.IsMap()) fail(root, "a configuration is 'group:' lines with 'parameter: value' lines below them");
    for (const auto& entry : root) {
      if (is_include(entry)) read_includes(entry.second);
    }
    flatten(root, "");
  }

 private:
  using Entry = YAML::detail::iterator_value;

  static bool is_include(const Entry& entry) { return entry.first.IsScalar() && entry.first.Scalar() == "include"; }
  static int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

  Origin at(const YAML::Node& node) const { return Origin::file(path_.string(), line_of(node)); }

  [[noreturn]] void fail(const YAML::Node& node, const std::string& wrong) const {
    throw UserError(at(node).text() + ": " + wrong);
  }

  YAML::Node parse() const {
    std::ifstream file(path_);
    if (!file || fs::is_directory(path_))
      throw UserError(path_.string() + ": cannot be read; allowed: a configuration file (YAML)");
    try {
      const auto documents = YAML::LoadAll(file);
      if (documents.size() > 1) fail(documents[1], "a configuration file holds one YAML document, not several");
      return documents.empty() ? YAML::Node{} : documents[0];
    } catch (const YAML::ParserException& error) {
      throw UserError(path_.string() + ":" + std::to_string(error.mark.line + 1) + ": not YAML: " + error.msg);
    }
  }

  void read_includes(const YAML::Node& names) {
    if (names.IsScalar()) return read_include(names);
    if (!names.IsSequence()) fail(names, "include: not a file name; allowed: a file name or a list of file names");
    for (const YAML::Node& name : names) read_include(name);
  }

  void read_include(const YAML::Node& name) {
    if (!name.IsScalar() || name.Scalar().empty()) fail(name, "include: not a file name");
    const fs::path file = (path_.parent_path() / name.Scalar()).lexically_normal();
    if (!fs::is_regular_file(file)) fail(name, "include: there is no file '" + file.string() + "'");
    refuse_cycle(name, file);
    SettingsFile(file, chain_, settings_).read();
  }

  void refuse_cycle(const YAML::Node& name, const fs::path& file) const {
    const auto same = [&](const fs::path& other) { return fs::equivalent(other, file); };
    if (std::none_of(chain_.begin(), chain_.end(), same)) return;
    std::string way;
    for (const fs::path& includer : chain_) way += includer.filename().string() + " -> ";
    fail(name, "include: files include each other: " + way + file.filename().string());
  }

  void flatten(const YAML::Node& map, const std::string& prefix) {
    std::map<std::string, int> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) fail(entry.first, "a key must be a plain word");
      const std::string path = prefix + entry.first.Scalar();
      const auto [first, is_new] = seen.emplace(path, line_of(entry.first));
      if (!is_new) refuse_twice(entry.first, path, first->second);
      if (prefix.empty() && is_include(entry)) continue;
      state(entry, path);
    }
  }

  void state(const Entry& entry, const std::string& path) {
    const YAML::Node& value = entry.second;
    if (value.IsMap()) return flatten(value, path + ".");
    if (value.IsSequence() && path == cores_key) return state_cores(entry);
    if (value.IsSequence()) fail(entry.first, path + ": a list; allowed: one value");
    if (value.IsNull()) fail(entry.first, path + ": has no value");
    const auto [first, is_new] = stated_.emplace(path, line_of(entry.first));
    if (!is_new) refuse_twice(entry.first, path, first->second);
    settings_.push_back({path, value.Scalar(), at(entry.first)});
  }

  void state_cores(const Entry& entry) {
    settings_.push_back({cores_key, std::to_string(entry.second.size()), at(entry.first)});
    std::size_t index = 0;
    for (const YAML::Node& core : entry.second) {
      const std::string path = std::string(cores_key) + "[" + std::to_string(index++) + "]";
      if (!core.IsMap() && !core.IsNull()) fail(core, path + ": a core is a map of groups; {} for one like the others");
      if (core.IsMap()) flatten(core, path + ".");
    }
  }

  [[noreturn]] void refuse_twice(const YAML::Node& key, const std::string& path, int first) const {
    fail(key, path + ": stated twice, first in line " + std::to_string(first));
  }

  fs::path path_;
  std::vector<fs::path> chain_;
  std::vector<Setting>& settings_;
  std::map<std::string, int> stated_;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::vector<Setting> read_settings(const std::string& path) {
  std::vector<Setting> settings;
  SettingsFile(path, {}, settings).read();
  return settings;
}

Setting parse_override(const std::string& text) {
  const auto equals = text.find('=');
  const Origin origin = Origin::command_line(text);
  const std::string key = trimmed(text.substr(0, equals));
  const std::string value = equals == std::string::npos ? "" : trimmed(text.substr(equals + 1));
  if (key.empty() || value.empty()) {
    throw UserError(origin.text() + ": not an override; allowed: key=value, for example -p l2.ways=4");
  }
  return {key, value, origin};
}

}  // namespace castor::config

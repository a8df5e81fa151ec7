// Commands as text, both ways, from the field lists of command_fields.h.
#include "command_text.h"

#include <cmath>
#include <cstring>
#include <map>
#include <sstream>

#include "castor/common/error.h"
#include "castor/isa/stream.h"
#include "command_fields.h"
#include "text_line.h"

namespace castor::isa {

namespace {

const std::map<std::string, Command>& mnemonics() {
  static const std::map<std::string, Command> table = [] {
    std::map<std::string, Command> result{
        {"config_ex", {0, 0, 0}}, {"config_mvin", {0, 1, 0}}, {"config_mvout", {0, 2, 0}}, {"config_norm", {0, 3, 0}}};
    const std::pair<const char*, Funct> names[] = {{"mvin", Funct::Mvin},
                                                   {"mvin2", Funct::Mvin2},
                                                   {"mvin3", Funct::Mvin3},
                                                   {"mvout", Funct::Mvout},
                                                   {"store_spad", Funct::StoreSpad},
                                                   {"compute_preloaded", Funct::ComputePreloaded},
                                                   {"compute_accumulated", Funct::ComputeAccumulated},
                                                   {"preload", Funct::Preload},
                                                   {"flush", Funct::Flush},
                                                   {"loop_ws", Funct::LoopWs},
                                                   {"loop_ws_config_bounds", Funct::LoopWsConfigBounds},
                                                   {"loop_ws_config_addrs_ab", Funct::LoopWsConfigAddrsAb},
                                                   {"loop_ws_config_addrs_dc", Funct::LoopWsConfigAddrsDc},
                                                   {"loop_ws_config_strides_ab", Funct::LoopWsConfigStridesAb},
                                                   {"loop_ws_config_strides_dc", Funct::LoopWsConfigStridesDc},
                                                   {"loop_ws_config_spad_ab", Funct::LoopWsConfigSpadAb},
                                                   {"loop_ws_config_spad_c", Funct::LoopWsConfigSpadC},
                                                   {"loop_conv_ws", Funct::LoopConvWs},
                                                   {"loop_conv_ws_config_1", Funct::LoopConvWsConfig1},
                                                   {"loop_conv_ws_config_2", Funct::LoopConvWsConfig2},
                                                   {"loop_conv_ws_config_3", Funct::LoopConvWsConfig3},
                                                   {"loop_conv_ws_config_4", Funct::LoopConvWsConfig4},
                                                   {"loop_conv_ws_config_5", Funct::LoopConvWsConfig5},
                                                   {"loop_conv_ws_config_6", Funct::LoopConvWsConfig6},
                                                   {"clkgate_en", Funct::ClockGateEnable},
                                                   {"counter", Funct::Counter}};
    for (const auto& [name, funct] : names) result[name] = {static_cast<std::uint8_t>(funct), 0, 0};
    return result;
  }();
  return table;
}

const char* const activation_names[] = {"none", "relu", "layernorm", "igelu", "softmax"};

/// Reads the fields of a view from a line.
class FieldReader {
 public:
  FieldReader(TextLine& line, const LocalLayout& layout) : line_(line), layout_(layout) {}

  template <class Number>
  void number(const char* name, Number& field, std::uint64_t largest) {
    names_.emplace_back(name);
    field = static_cast<Number>(line_.take_number(name, field, largest));
  }

  void signed_number(const char* name, std::int32_t& field) {
    const auto text = take(name);
    if (!text) return;
    const auto value = parse_signed(*text);
    if (!value || *value < INT32_MIN || *value > INT32_MAX)
      line_.fail(name + ("=" + *text) + "; allowed: -2147483648..2147483647");
    field = static_cast<std::int32_t>(*value);
  }

  void flag(const char* name, bool& field) {
    names_.emplace_back(name);
    field = line_.take_number(name, field ? 1 : 0, 1) != 0;
  }

  void dram(const char* name, VirtAddr& field) {
    names_.emplace_back(name);
    field = VirtAddr{line_.take_number(name, field.value(), ~0ULL)};
  }

  void local(const char* name, LocalAddr& field) {
    const auto text = take(name);
    if (text) field = local_from(name, *text);
  }

  void scale(const char* name, std::uint32_t& field) {
    const auto text = take(name);
    if (!text) return;
    if (*text == "keep") {
      field = ConfigMvout::keep_scale;
    } else if (text->rfind("0x", 0) == 0) {
      field = static_cast<std::uint32_t>(bounded(name, *text, 0xFFFFFFFFULL));
    } else {
      const auto value = parse_single(*text);
      if (!value) line_.fail(name + ("=" + *text) + "; allowed: a float, its bits as 0x..., or keep");
      std::memcpy(&field, &*value, sizeof field);
    }
  }

  void activation(const char* name, Activation& field, std::uint32_t largest) {
    const auto text = take(name);
    if (!text) return;
    for (std::uint32_t code = 0; code <= largest; ++code)
      if (*text == activation_names[code]) return field = static_cast<Activation>(code), void();
    const auto code = parse_unsigned(*text);
    if (!code || *code > largest) line_.fail(name + ("=" + *text) + "; allowed: none, relu, layernorm, igelu, softmax");
    field = static_cast<Activation>(*code);
  }

  void dataflow(const char* name, bool& weight_stationary) {
    const auto text = take(name);
    if (!text) return;
    if (*text != "ws" && *text != "os") line_.fail(name + ("=" + *text) + "; allowed: ws, os");
    weight_stationary = *text == "ws";
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::optional<std::string> take(const char* name) {
    names_.emplace_back(name);
    return line_.take(name);
  }

  std::uint64_t bounded(const std::string& name, const std::string& text, std::uint64_t largest) {
    const auto value = parse_unsigned(text);
    if (!value || *value > largest) line_.fail(name + "=" + text + "; allowed: 0.." + hex_text(largest));
    return *value;
  }

  /// garbage, sp+<row>, acc+<row>[+accumulate][+full], or the 32 raw bits.
  LocalAddr local_from(const std::string& name, const std::string& text) {
    if (text == "garbage") return LocalAddr::garbage();
    const std::size_t plus = text.find('+');
    if (plus == std::string::npos) return LocalAddr{static_cast<std::uint32_t>(bounded(name, text, 0xFFFFFFFFULL))};
    const std::string memory = text.substr(0, plus);
    if (memory != "sp" && memory != "acc")
      line_.fail(name + "=" + text + "; allowed: 0x<bits>, garbage, sp+<row>, acc+<row>[+accumulate][+full]");
    const bool acc = memory == "acc";
    return acc ? accumulator_from(name, text.substr(plus + 1))
               : LocalAddr::sp(row_from(name, text.substr(plus + 1), layout_.sp_rows()));
  }

  LocalAddr accumulator_from(const std::string& name, std::string rest) {
    bool accumulate = false, full = false;
    for (std::size_t plus; (plus = rest.rfind('+')) != std::string::npos; rest.resize(plus)) {
      const std::string word = rest.substr(plus + 1);
      if (word != "accumulate" && word != "full") line_.fail(name + ": '" + word + "'; allowed: accumulate, full");
      (word == "full" ? full : accumulate) = true;
    }
    return LocalAddr::acc(row_from(name, rest, layout_.acc_rows()), accumulate, full);
  }

  std::uint32_t row_from(const std::string& name, const std::string& text, std::uint32_t rows) {
    const auto row = parse_unsigned(text);
    if (!row || *row >= rows) line_.fail(name + ": row " + text + "; allowed: 0.." + std::to_string(rows - 1));
    return static_cast<std::uint32_t>(*row);
  }

  TextLine& line_;
  const LocalLayout& layout_;
  std::vector<std::string> names_;
};

/// Appends the fields of a view to a line; those that equal the default are left out, except operands.
class FieldWriter {
 public:
  template <class Number>
  void number(const char* name, Number& field, std::uint64_t largest) {
    add(name, std::to_string(field));
    speakable_ = speakable_ && field <= largest;
  }
  void signed_number(const char* name, std::int32_t& field) { add(name, std::to_string(field)); }
  void flag(const char* name, bool& field) {
    if (field)
      add(name, "1");
    else
      add_cleared(name);
  }
  void dram(const char* name, VirtAddr& field) { add(name, hex_text(field.value())); }
  void local(const char* name, LocalAddr& field) {
    add(name, field == LocalAddr::garbage() ? "garbage" : hex_text(field.raw()));
  }
  void scale(const char* name, std::uint32_t& field) { add(name, scale_text(field)); }
  void activation(const char* name, Activation& field, std::uint32_t largest) {
    const auto code = static_cast<unsigned>(field);
    add(name, code <= 4 ? activation_names[code] : std::to_string(code));
    speakable_ = speakable_ && code <= largest;
  }
  void dataflow(const char* name, bool& ws) { add(name, ws ? "ws" : "os"); }

  std::string text() const { return text_; }
  /// Whether the reader would take every field.
  bool speakable() const { return speakable_; }

 private:
  void add(const char* name, const std::string& value) { text_ += std::string(" ") + name + "=" + value; }
  /// Flags that are set unless told otherwise must be written when cleared.
  void add_cleared(const char* name) {
    if (std::strcmp(name, "no_pool") == 0) add(name, "0");
  }
  static std::string scale_text(std::uint32_t field) {
    float value;
    std::memcpy(&value, &field, sizeof value);
    if (field == ConfigMvout::keep_scale) return "keep";
    return std::isfinite(value) ? single_text(value) : hex_text(field);
  }

  std::string text_;
  bool speakable_ = true;
};

std::string raw_text(const Command& c) {
  return "command funct=" + std::to_string(c.funct) + " rs1=" + hex_text(c.rs1) + " rs2=" + hex_text(c.rs2);
}

Command raw_from(TextLine& line) {
  Command command;
  command.funct = static_cast<std::uint8_t>(line.take_number("funct", 0, 127));
  command.rs1 = line.take_number("rs1", 0, ~0ULL);
  command.rs2 = line.take_number("rs2", 0, ~0ULL);
  line.finish({"funct", "rs1", "rs2"});
  return command;
}

/// The view a line starts from: the struct's defaults, and what the mnemonic itself says.
template <class View>
View fresh(const View& decoded) {
  return (void)decoded, View{};
}
Mvin fresh(const Mvin& decoded) { return {decoded.state, {}, {}}; }
Compute fresh(const Compute& decoded) { return {decoded.preloaded, {}, {}}; }

}  // namespace

std::string mnemonic(const Command& command) {
  for (const auto& [name, pattern] : mnemonics())
    if (pattern.funct == command.funct && (command.funct != 0 || pattern.config_kind() == command.config_kind()))
      return name;
  return "";
}

std::string to_text(const Command& command, ConvEncoding encoding) {
  std::string text;
  with_view(command, encoding, [&](auto view) {
    FieldWriter writer;
    walk(writer, view, encoding);
    if (writer.speakable() && encode_view(view, encoding) == command) text = mnemonic(command) + writer.text();
  });
  return text.empty() ? raw_text(command) : text;
}

bool is_command_word(const std::string& word) { return word == "command" || mnemonics().count(word) != 0; }

Command command_from(TextLine& line, const StreamOptions& options) {
  if (line.word() == "command") return raw_from(line);
  const auto found = mnemonics().find(line.word());
  if (found == mnemonics().end()) line.fail("unknown mnemonic");
  Command command = found->second;
  with_view(command, options.conv_encoding, [&](const auto& decoded) {
    auto view = fresh(decoded);
    FieldReader reader(line, options.limits.layout);
    walk(reader, view, options.conv_encoding);
    line.finish(reader.names());
    command = encode_view(view, options.conv_encoding);
  });
  line.finish({});
  if (const auto error = range_error(command, options.limits)) line.fail(*error);
  return command;
}

Command command_from_text(const std::string& text, const std::string& where, const StreamOptions& options) {
  TextLine line(text, where);
  return command_from(line, options);
}

}  // namespace castor::isa

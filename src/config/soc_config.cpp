#include "castor/config/soc_config.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/config/settings.h"

namespace castor::config {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  std::iota(cost[0].begin(), cost[0].end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

/// How unlike a known path is to the one stated: whole against whole, or name against name in another group.
std::size_t unlikeness(const std::string& stated, const std::string& known) {
  const std::size_t whole = edit_distance(stated, known);
  return std::min(whole, edit_distance(last_part(stated), last_part(known)) + 1);
}

std::optional<std::string> closest(const Group& root, const std::string& stated) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(2, last_part(stated).size() / 3) + 1;
  root.for_each([&](const ParamBase& param) {
    const std::size_t distance = unlikeness(stated, param.path());
    if (distance < least) least = distance, best = param.path();
  });
  return best;
}

/// The keys one may write in `group`.
std::string keys_of(const Group& group) {
  std::string keys;
  const auto add = [&](const std::string& key) { keys += (keys.empty() ? "" : ", ") + key; };
  for (const ParamBase* param : group.params()) add(param->key());
  for (const Group* member : group.groups()) add(member->key());
  return keys;
}

/// The innermost group whose path begins `path`.
const Group& innermost(const Group& group, const std::string& path) {
  for (const Group* member : group.groups()) {
    if ((path + ".").rfind(member->path() + ".", 0) == 0) return innermost(*member, path);
  }
  return group;
}

[[noreturn]] void refuse_unknown(const Group& root, const Setting& setting) {
  const Group& group = innermost(root, setting.path);
  std::string wrong = "unknown key";
  if (group.path() == setting.path) wrong = "is a group of parameters, not a parameter";
  const auto guess = closest(root, setting.path);
  if (guess && group.path() != setting.path) wrong += ", did you mean " + *guess + "?";
  throw UserError(setting.origin.text() + ": " + setting.path + ": " + wrong + "; allowed: " + keys_of(group));
}

ParamBase* find(Group& group, const std::string& path) {
  for (ParamBase* param : group.params()) {
    if (param->path() == path) return param;
  }
  for (Group* member : group.groups()) {
    if (ParamBase* param = find(*member, path)) return param;
  }
  return nullptr;
}

void apply(Group& root, const Setting& setting) {
  ParamBase* param = find(root, setting.path);
  if (!param) refuse_unknown(root, setting);
  param->assign(setting.text, setting.origin);
}

/// What `soc.cores` states: the settings of each core, under their paths within it.
class CoreSettings {
 public:
  /// True if the setting is one of soc.cores.
  bool take(const Setting& setting) {
    const std::string key = cores_key;
    if (setting.path == key) return begin(setting), true;
    if (setting.path.rfind(key + "[", 0) != 0) return false;
    const std::size_t bracket = setting.path.find("].");
    const std::string index = setting.path.substr(key.size() + 1, bracket - key.size() - 1);
    if (bracket == std::string::npos || !is_core(index)) refuse_core(setting);
    add(cores_[std::stoul(index)], {setting.path.substr(bracket + 2), setting.text, setting.origin}, setting.path);
    return true;
  }
  const std::vector<std::vector<Setting>>& cores() const { return cores_; }

 private:
  // A list, or a number, takes the place of what was stated before.
  void begin(const Setting& setting) {
    const bool number = is_number(setting.text) && setting.text.size() < 4;
    const std::size_t count = number ? std::stoul(setting.text) : 0;
    if (count < 1 || count > SocConfig::max_cores) {
      throw UserError(setting.origin.text() + ": soc.cores: '" + setting.text +
                      "' is no number of cores; allowed: 1 to " + std::to_string(SocConfig::max_cores) +
                      ", or a list with an entry for each core");
    }
    cores_.assign(count, {});
  }

  static void add(std::vector<Setting>& core, const Setting& setting, const std::string& path) {
    std::string allowed;
    for (const Group* group : SocConfig().own_groups()) {
      if (setting.path.rfind(group->path() + ".", 0) == 0) return core.push_back(setting);
      allowed += (allowed.empty() ? "" : ", ") + group->path();
    }
    throw UserError(setting.origin.text() + ": " + path + ": no part of a core; allowed: " + allowed);
  }

  [[noreturn]] void refuse_core(const Setting& setting) const {
    const std::string most = cores_.empty() ? "" : " 0 to " + std::to_string(cores_.size() - 1);
    throw UserError(setting.origin.text() + ": " + setting.path + ": there is no such core; allowed: soc.cores[I].KEY" +
                    (cores_.empty() ? ", after soc.cores=N" : " with I from" + most));
  }

  static bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  }
  bool is_core(const std::string& index) const {
    return is_number(index) && index.size() < 4 && std::stoul(index) < cores_.size();
  }

  std::vector<std::vector<Setting>> cores_;
};

std::vector<Setting> all_settings(const std::string& path, const std::vector<std::string>& overrides) {
  std::vector<Setting> settings;
  if (!path.empty()) settings = read_settings(path);
  for (const std::string& text : overrides) settings.push_back(parse_override(text));
  return settings;
}

}  // namespace

SocConfig SocConfig::load(const std::string& path, const std::vector<std::string>& overrides) {
  SocConfig config;
  CoreSettings stated;
  for (const Setting& setting : all_settings(path, overrides))
    if (!stated.take(setting)) apply(config, setting);
  config.validate();
  for (const std::vector<Setting>& settings : stated.cores()) {
    SocConfig core = config;
    core.cores_.clear();
    for (const Setting& setting : settings) apply(core, setting);
    core.validate();
    config.cores_.push_back(std::move(core));
  }
  return config;
}

MemoryWindow SocConfig::memory_of(std::size_t core) const {
  constexpr std::uint64_t whole = std::uint64_t{2} << 20;  // a superpage
  const std::uint64_t part = soc.dram_size().count() / cores() / whole * whole;
  return cores() == 1 ? MemoryWindow{soc.dram_base, soc.dram_size}
                      : MemoryWindow{soc.dram_base() + part * core, Bytes{part}};
}

void SocConfig::check() const {
  const std::string block = std::to_string(bus.block_bytes().count()) + " B";
  require(gemmini.dma_buswidth() == bus.width(), {&gemmini.dma_buswidth, &bus.width},
          "gemmini.dma_buswidth (" + gemmini.dma_buswidth.text() + ") must equal bus.width (" + bus.width.text() + ")");
  require(gemmini.dma_maxbytes() <= bus.block_bytes(), {&gemmini.dma_maxbytes, &bus.block_bytes},
          "gemmini.dma_maxbytes must not exceed bus.block_bytes (" + block + ")");
  require(l2.block_bytes() == bus.block_bytes(), {&l2.block_bytes, &bus.block_bytes},
          "l2.block_bytes must equal bus.block_bytes (" + block + ")");
  require(host.l1d.block_bytes() == bus.block_bytes(), {&host.l1d.block_bytes, &bus.block_bytes},
          "host.l1d.block_bytes must equal bus.block_bytes (" + block + ")");
  require(host.l1i.block_bytes() == bus.block_bytes(), {&host.l1i.block_bytes, &bus.block_bytes},
          "host.l1i.block_bytes must equal bus.block_bytes (" + block + ")");
  require(memory_bus.beat_bytes() <= bus.block_bytes(), {&memory_bus.beat_bytes, &bus.block_bytes},
          "memory_bus.beat_bytes must not exceed bus.block_bytes (" + block + ")");
  require(l2.put_beats >= bus.block_beats(), {&l2.put_beats, &bus.block_bytes},
          "l2.put_beats must hold a block of " + std::to_string(bus.block_beats()) + " beats");
  check_tags();
  for (const DeviceParams::Window& device : devices.windows()) {
    require(!device.overlaps(soc.dram_base, soc.dram_size), {device.base, &soc.dram_base, &soc.dram_size},
            device.base->path() + " lies in memory");
    require(!device.overlaps(soc.sram_base, soc.sram_size), {device.base, &soc.sram_base, &soc.sram_size},
            device.base->path() + " lies in the SRAM");
  }
  require(!dram.llc.enabled || dram.model() == DramModel::Ddr3, {&dram.llc.enabled, &dram.model},
          "a last-level cache needs dram.model: ddr3");
  require(bus.block_bytes() <= dram.llc.block_bytes(), {&dram.llc.block_bytes, &bus.block_bytes},
          "dram.llc.block_bytes must be at least bus.block_bytes (" + block + ")");
  check_translation();
}

/// The L2 has 32 bits for a tag, and as many for its banks.
void SocConfig::check_tags() const {
  constexpr unsigned most_banks = 32;
  require(l2.banks <= most_banks, {&l2.banks}, "at most " + std::to_string(most_banks) + " banks are modelled");
  const std::uint64_t way = l2.sets() * l2.block_bytes().count() * l2.banks;
  const std::uint64_t last = soc.dram_base().value() + (soc.dram_size().count() - 1);
  require(last / way >> 32 == 0, {&soc.dram_base, &soc.dram_size, &l2.capacity, &l2.ways},
          "memory must end below 2^32 times a way of the L2 (" + std::to_string(way) + " B)");
}

void SocConfig::check_translation() const {
  const unsigned tags = std::max(1U, gemmini.tlb_size / tlb.sectors), ways = tlb.ways == 0 ? tags : tlb.ways();
  require(tags % ways == 0 && is_pow2(tags / ways), {&gemmini.tlb_size, &tlb.sectors, &tlb.ways},
          "gemmini.tlb_size / tlb.sectors (" + std::to_string(tags) +
              " tags) must make a power of two of sets of tlb.ways");
  if (!soc.virtual_memory) return;
  const std::uint64_t page = paging.page_bytes().count();
  require(soc.dram_base().value() % page == 0, {&paging.page_bytes, &soc.dram_base},
          "soc.dram_base must be a multiple of paging.page_bytes");
  constexpr std::uint64_t lower_half = std::uint64_t{1} << 38;  // of Sv39's addresses
  require(soc.dram_base().value() + soc.dram_size().count() <= lower_half, {&soc.dram_base, &soc.dram_size},
          "soc.dram_base + soc.dram_size must not exceed 2^38 where soc.virtual_memory is on");
}

MemoryWindow SocConfig::addresses_of(std::size_t core) const {
  const MemoryWindow memory = memory_of(core);
  return {soc.virtual_memory ? soc.dram_base() : memory.base, memory.size};
}

}  // namespace castor::config

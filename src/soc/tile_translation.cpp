#include "castor/soc/tile_translation.h"

#include "castor/common/error.h"
#include "castor/functional/stream_access.h"
#include "castor/soc/catalogue.h"

namespace castor::soc {

namespace {

/// The command of a stream that did it, as the end of a sentence.
std::string culprit(const config::SocConfig& config, const host::CommandStreamHost& host,
                    const gemmini::TranslationFault& fault) {
  if (host.stream() == nullptr) return {};
  const functional::OracleParams params(config.gemmini);
  const auto access =
      functional::first_access(*host.stream(), host.items_passed() + 1, fault.vaddr, config.bus.block_bytes().count(),
                               fault.access == gemmini::DmaAccess::Write, params);
  if (!access) return {};
  const std::string line = access->line == 0 ? "" : ", line " + std::to_string(access->line);
  return "; command: " + isa::to_text(access->command, params.loops.conv_encoding) + " (item " +
         std::to_string(access->item + 1) + " of the stream" + line + ")";
}

}  // namespace

bool translates(const Surroundings& around) {
  switch (around.options.work_of(around.core).driver) {
    case Driver::CommandStream:
      return around.config.soc.virtual_memory;
    case Driver::TraceReplay:
      return around.options.translated_replay;
    case Driver::Riscv:
      break;
  }
  return true;  // the program decides
}

TileTranslation::TileTranslation(const Surroundings& around, Tile& tile, memory::SystemBus& bus) {
  read_tables(around, tile, bus);
  for (unsigned port = 0; port < tile.accelerator->translation_ports(); ++port)
    tile.accelerator->connect_walker(port, walker_->add_port());
  if (tile.stream_host) page_stream(around, tile);
  if (tile.replay_host) page_replay(around, tile);
  if (tile.riscv_host) follow_program(tile);
}

void TileTranslation::read_tables(const Surroundings& around, Tile& tile, memory::SystemBus& bus) {
  if (!tile.caches && !tile.boom_caches) {
    cache_ = std::make_unique<host::L1DataCache>((around.prefix + "l1d").c_str(), around.clock, around.config.host.l1d,
                                                 around.config.bus);
    tile.bus_ports.push_back(bus.add_client("core" + std::to_string(around.core) + "_data"));
    cache_->socket.bind(bus.socket(tile.bus_ports.back()));
  }
  host::TableReader& reader = cache_        ? *cache_
                              : tile.caches ? tile.caches->table_reader()
                                            : tile.boom_caches->table_reader();
  walker_ = std::make_unique<host::PageTableWalker>((around.prefix + "page_table_walker").c_str(), around.clock,
                                                    around.config.ptw, around.config.soc, reader, around.memory,
                                                    around.probes);
}

void TileTranslation::page_stream(const Surroundings& around, Tile& tile) {
  stream_ = std::make_unique<host::StreamPaging>(around.window, VirtAddr{around.config.soc.dram_base().value()},
                                                 around.config.paging, around.memory);
  paged_ = std::make_unique<host::PagedMemory>(around.memory, stream_->root());
  walker_->set_root([root = stream_->root()] { return root; });
  if (around.options.values) tile.stream_host->set_memory(*paged_);
  tile.stream_host->on_sfence([this, &accelerator = *tile.accelerator](Cycle now) {
    walker_->flush();
    accelerator.flush_translations(now);
  });
  tile.accelerator->on_translation_fault([&config = around.config, &accelerator = *tile.accelerator,
                                          &host = *tile.stream_host](Cycle, const gemmini::TranslationFault& fault) {
    throw UserError(accelerator.fault() + culprit(config, host, fault));
  });
}

void TileTranslation::page_replay(const Surroundings& around, Tile& tile) {
  replay_ = std::make_unique<host::ReplayedPaging>("paging", around.clock, around.config, around.memory, *cache_);
  walker_->set_root([root = replay_->root()] { return root; });
  tile.replay_host->translate_with(*replay_);
}

/// The accelerator's ports go first.
template <class Caches>
void TileTranslation::connect(Caches& caches, const host::CsrFile& csrs) {
  for (host::CoreTlb* tlb : {&caches.data_tlb(), &caches.instruction_tlb()}) {
    tlb->connect(csrs, walker_->add_port(host::PageTableWalker::Caller::Above));
    core_tlbs_.push_back(tlb);
  }
}

void TileTranslation::follow_program(Tile& tile) {
  const host::CsrFile& csrs = tile.riscv_host->hart().csrs();
  if (tile.caches) connect(*tile.caches, csrs);
  if (tile.boom_caches) connect(*tile.boom_caches, csrs);
  walker_->set_root([&host = *tile.riscv_host] { return host.root_table(); });
  tile.riscv_host->when_fenced([this, &accelerator = *tile.accelerator](Cycle now) {
    walker_->flush();
    for (host::CoreTlb* tlb : core_tlbs_) tlb->flush();
    accelerator.sfence(now);
  });
  tile.accelerator->on_translation_fault(
      [&host = *tile.riscv_host](Cycle now, const gemmini::TranslationFault&) { host.wake(now + 1); });
}

}  // namespace castor::soc

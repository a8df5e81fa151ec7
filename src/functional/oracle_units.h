// The parts of the oracle, named after the machine's: local memories, load, store and execute unit. No time anywhere.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "castor/functional/oracle.h"

namespace castor::functional {

/// Main memory as commands address it.
class Oracle::VirtualMemory {
 public:
  VirtualMemory(Memory& memory, Translate translate) : memory_(memory), translate_(std::move(translate)) {}
  void read(VirtAddr address, std::uint8_t* bytes, std::size_t count) const;
  void write(VirtAddr address, const std::uint8_t* bytes, std::size_t count);

 private:
  Memory& memory_;
  Translate translate_;
};

/// Scratchpad and accumulator.
class Oracle::LocalMemory {
 public:
  LocalMemory(const OracleParams& params, const Arithmetic& arithmetic);

  /// The row `offset` rows behind `base`. Falling off the memory is a UserError that names `what`.
  LocalAddr at(LocalAddr base, std::int64_t offset, const char* what) const;
  RowBytes read(LocalAddr address) const;
  RowBytes read(bool accumulator, std::uint32_t row) const;
  void set(bool accumulator, std::uint32_t row, const RowBytes& value);

  /// Writes bytes [first, first + count) of a row and records it.
  void write(LocalAddr address, std::uint32_t first, const std::uint8_t* bytes, std::size_t count, Writes& writes);
  /// Writes the first `lanes` elements of an accumulator row, adding to what is there if the address says so.
  void write_accumulator(LocalAddr address, const RowBytes& acc_row, unsigned lanes, Writes& writes);

 private:
  std::uint8_t* row_bytes(bool accumulator, std::uint32_t row);
  std::uint32_t rows(bool accumulator) const;
  std::size_t row_size(bool accumulator) const;

  const OracleParams& params_;
  const Arithmetic& arithmetic_;
  std::array<std::vector<std::uint8_t>, 2> bytes_;  ///< scratchpad, accumulator
};

/// config_mvin, mvin. RTL twins: LoadController.scala, VectorScalarMultiplier.scala, PixelRepeater.scala,
/// ZeroWriter.scala.
class Oracle::LoadUnit {
 public:
  LoadUnit(const OracleParams& params, const Arithmetic& arithmetic, VirtualMemory& memory, LocalMemory& local);
  void configure(const isa::Command& command);
  void mvin(const isa::Command& command, Writes& writes);
  /// Local rows an mvin writes, from its first to one past its last.
  std::uint32_t rows_spanned(const isa::Mvin& mvin) const;

 private:
  struct Target;
  void write_block(const Target& target, const std::uint8_t* elements, unsigned lanes, Writes& writes);
  void write_pixels(const Target& target, const RowBytes& row, unsigned lanes, Writes& writes);

  const OracleParams& params_;
  const Arithmetic& arithmetic_;
  VirtualMemory& memory_;
  LocalMemory& local_;
  std::array<isa::ConfigMvin, 3> states_;
};

/// config_mvout, config_norm, mvout, store_spad. RTL twins: StoreController.scala, AccumulatorScale.scala,
/// Normalizer.scala.
class Oracle::StoreUnit {
 public:
  StoreUnit(const OracleParams& params, const Arithmetic& arithmetic, VirtualMemory& memory, LocalMemory& local);
  void configure(const isa::Command& command);
  void configure_norm(const isa::Command& command);
  void mvout(const isa::Command& command, Writes& writes);
  void store_spad(const isa::Command& command, Writes& writes);

 private:
  void mvout_rows(const isa::Mvout& mvout, Writes& writes);
  void mvout_one_dimensional(const isa::Mvout& mvout, Writes& writes);
  void mvout_pooled(const isa::Mvout& mvout, Writes& writes);
  RowBytes pooled_pixel(const isa::Mvout& mvout, std::uint32_t pr, std::uint32_t pc) const;
  RowBytes window_element(const isa::Mvout& mvout, std::int64_t orow, std::int64_t ocol) const;
  /// Elements as they leave; an empty row when a statistics pass writes nothing.
  RowBytes outgoing(LocalAddr address, unsigned lanes, bool last_block);
  RowBytes scaled(LocalAddr address, const NormResult& norm) const;
  RowBytes normalised(LocalAddr address, unsigned lanes, bool last_block);
  void write_scratchpad(std::int64_t row, LocalAddr destination, const std::uint8_t* source, std::size_t bytes,
                        Writes& writes);
  void put(VirtAddr address, std::vector<std::uint8_t> bytes, Writes& writes);

  const OracleParams& params_;
  const Arithmetic& arithmetic_;
  VirtualMemory& memory_;
  LocalMemory& local_;
  isa::ConfigMvout config_;
  NormConstants constants_;
  std::uint32_t stats_id_ = 0;
  std::vector<NormStatistics> statistics_;
};

/// config_ex, preload, compute. RTL twins: ExecuteController.scala, MeshWithDelays.scala, PE.scala.
class Oracle::ExecuteUnit {
 public:
  ExecuteUnit(const OracleParams& params, const Arithmetic& arithmetic, LocalMemory& local);
  void configure(const isa::Command& command);
  /// Keeps `writes` (the preload's record) until the compute that makes its C rows.
  void preload(const isa::Command& command, Writes writes, std::vector<Writes>& finished);
  void compute(const isa::Command& command, std::vector<Writes>& finished);
  /// An output-stationary result still inside the array leaves it.
  void drain(std::vector<Writes>& finished);
  /// Whether local rows [row, row + rows) hold a result that is still inside the array.
  bool result_pending_in(bool accumulator, std::uint32_t row, std::uint32_t rows) const;
  bool result_pending_for(const isa::LocalBlock& operand, std::uint32_t stride) const;
  std::uint32_t a_stride() const { return config_.a_stride; }

 private:
  struct Result {
    bool valid = false;
    isa::LocalBlock destination;
    Writes writes;
  };

  void fetch(const isa::LocalBlock& block, std::uint32_t stride, bool transposed, const char* what,
             std::vector<RowBytes>& rows) const;
  RowBytes operand_row(LocalAddr address) const;
  void compute_ws(std::vector<Writes>& finished);
  void compute_os(std::vector<Writes>& finished);
  void write_result(LocalAddr address, const RowBytes& array_row, std::uint32_t cols, Writes& writes);
  PeMatrix& active() { return matrices_[active_]; }
  PeMatrix& loading() { return matrices_[active_ ^ 1]; }

  const OracleParams& params_;
  const Arithmetic& arithmetic_;
  LocalMemory& local_;
  isa::ConfigEx config_;
  bool configured_ = false;
  std::array<PeMatrix, 2> matrices_;
  unsigned active_ = 0;
  Result named_;   ///< by the newest preload, before its compute
  Result inside_;  ///< output-stationary: computed, not yet read out
  std::vector<RowBytes> a_, bd_;
};

}  // namespace castor::functional

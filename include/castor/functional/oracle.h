// The untimed oracle: executes Gemmini commands in program order on plain arrays. The judge of every value in Castor.
// Reference: sections 2 to 10 of the ISA description; loop commands expand by castor/functional/loop_expander.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/common/local_addr.h"
#include "castor/config/gemmini_params.h"
#include "castor/functional/loop_expander.h"
#include "castor/functional/memory.h"
#include "castor/isa/command.h"
#include "castor/isa/stream.h"

namespace castor::functional {

/// What the oracle needs to know of an instance. The default is the measured machine.
struct OracleParams {
  OracleParams() = default;
  explicit OracleParams(const config::GemminiParams& gemmini);

  ElementTypes types;
  LocalLayout layout;
  LoopParams loops;
  bool has_normalizations = false;
  bool has_nonlinear_activations = true;
  bool stores_to_scratchpad = false;
  bool mvin_scale = true;       ///< rows of input elements are scaled
  bool mvin_scale_acc = false;  ///< full-width rows to the accumulator are scaled
  unsigned norm_stats = 4;      ///< statistics ids of the normaliser
  std::uint32_t max_mvin_cols = 64;

  isa::CommandLimits limits() const { return {layout, max_mvin_cols, stores_to_scratchpad}; }
  isa::StreamOptions stream_options() const { return {limits(), loops.conv_encoding}; }
};

/// One local row as a command left it. Only the bytes from `first` on were written, as many as `value` has.
struct LocalWrite {
  bool accumulator = false;
  std::uint32_t row = 0;    ///< row number inside scratchpad or accumulator
  std::uint32_t first = 0;  ///< first byte of the row that was written
  RowBytes value;           ///< contents after the write (accumulation already done)
};

/// Bytes a command wrote to memory.
struct MemoryWrite {
  VirtAddr address;
  std::vector<std::uint8_t> bytes;
};

/// Everything one plain command wrote. Rows written several times by one command appear once for each write, in order.
/// The C rows of a matmul belong to the preload that names them (as the reservation station completes it).
struct Writes {
  std::uint64_t sequence = 0;  ///< number of the plain command, counted from 0 in execution order
  isa::Command command;
  std::vector<LocalWrite> local;
  std::vector<MemoryWrite> memory;
};

class Oracle {
 public:
  /// Virtual to physical, for one byte; called once a 4 KiB page. The default is the identity.
  using Translate = std::function<PhysAddr(VirtAddr)>;

  Oracle(const OracleParams& params, Memory& memory, Translate translate = {});
  ~Oracle();

  /// Any command; a loop runs its expansion. Returns one record for each plain command that finished, in the order of
  /// finishing: a preload finishes with the compute that makes its C rows, or, output-stationary, when something forces
  /// the result out of the array (the next compute_preloaded, config_ex, mvout, flush, a command that touches those
  /// rows, drain).
  std::vector<Writes> execute(const isa::Command& command);

  /// A command as the reservation station receives it (no loops): for a checker that follows the model's own unroller.
  std::vector<Writes> execute_plain(const isa::Command& command);

  /// Forces out what the array still holds (a fence, or the end of the program).
  std::vector<Writes> drain();

  /// A whole stream, host operators included. Data images must be in memory already (see load_images).
  void run(const isa::Stream& stream);

  /// Sequence number the next plain command will get.
  std::uint64_t next_sequence() const { return sequence_; }

  RowBytes scratchpad_row(std::uint32_t row) const;
  RowBytes accumulator_row(std::uint32_t row) const;
  void set_scratchpad_row(std::uint32_t row, const RowBytes& value);
  void set_accumulator_row(std::uint32_t row, const RowBytes& value);

  const Arithmetic& arithmetic() const { return *arithmetic_; }
  const OracleParams& params() const { return params_; }

 private:
  class LocalMemory;
  class VirtualMemory;
  class LoadUnit;
  class StoreUnit;
  class ExecuteUnit;

  void check(const isa::Command& command) const;
  void finish(Writes writes, std::vector<Writes>& finished) const;

  OracleParams params_;
  std::unique_ptr<const Arithmetic> arithmetic_;
  Memory& memory_;
  LoopExpander expander_;
  std::unique_ptr<VirtualMemory> virtual_memory_;
  std::unique_ptr<LocalMemory> local_;
  std::unique_ptr<LoadUnit> load_;
  std::unique_ptr<StoreUnit> store_;
  std::unique_ptr<ExecuteUnit> execute_;
  std::uint64_t sequence_ = 0;
};

/// Puts every data image of a stream into memory; `folder` is the stream's.
void load_images(const isa::Stream& stream, const std::string& folder, Memory& memory);

}  // namespace castor::functional

// The untimed oracle: executes Gemmini commands in program order on plain arrays. The judge of every value in Castor.
// Reference: sections 2 to 10 of the ISA description; loop commands expand by castor/functional/loop_expander.h.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/common/local_addr.h"
#include "castor/functional/loop_expander.h"
#include "castor/functional/memory.h"
#include "castor/isa/command.h"
#include "castor/isa/stream.h"

namespace castor::functional {

/// What the oracle needs to know of an instance.
struct OracleParams {
  ElementTypes types;
  LocalLayout layout;
  isa::ConvEncoding conv_encoding = isa::ConvEncoding::Square;
  bool loop_spad_ids = false;  ///< a_spad_id, b_spad_id, LOOP_WS_CONFIG_SPAD_AB and the skip flags exist (HEAD)
  bool has_normalizations = false;
  bool has_first_layer_optimizations = true;
  bool has_max_pool = true;
  unsigned num_norm_stats = 2;
  std::uint32_t dma_maxbytes = 64;

  /// Columns of the widest mvin: max_block_len * dim.
  std::uint32_t max_mvin_cols() const { return dma_maxbytes / types.input.bytes(); }
};

/// One local row after a command wrote it. Only bytes [first, first + value.size()) were written.
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
  /// Virtual to physical; the default is the identity.
  using Translate = std::function<PhysAddr(VirtAddr)>;

  Oracle(const OracleParams& params, Memory& memory, Translate translate = {});
  ~Oracle();

  /// Any command. A loop runs its expansion. Returns one record for each plain command that finished writing, in order;
  /// an output-stationary result is reported, under its preload's sequence number, when something forces it out of the
  /// array.
  std::vector<Writes> execute(const isa::Command& command);

  /// A command as the reservation station receives it (no loops). For a checker that follows the model's own unroller.
  std::vector<Writes> execute_plain(const isa::Command& command);

  /// Forces out what the array still holds (a fence, or the end of the program).
  std::vector<Writes> drain();

  /// A whole stream: data images must be in memory already. Host operators run on the same memory.
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
  struct LoadState;
  struct StoreState;
  struct ExecuteState;

  void configure(const isa::Command& command);
  void configure_ex(const isa::Command& command);
  void configure_mvout(const isa::Command& command);
  void configure_norm(const isa::Command& command);

  void mvin(const isa::Command& command, Writes& writes);
  void mvin_row(const isa::Mvin& mvin, const LoadState& state, std::uint32_t r, std::vector<std::uint8_t>& bytes,
                Writes& writes);
  void write_loaded(LocalAddr destination, std::uint32_t first_lane, const RowBytes& elements, bool full_width,
                    Writes& writes);
  void write_repeated_pixels(LocalAddr destination, const RowBytes& elements, std::uint32_t repeats, Writes& writes);

  void mvout(const isa::Command& command, Writes& writes);
  void mvout_plain(const isa::Mvout& mvout, Writes& writes);
  void mvout_pooled(const isa::Mvout& mvout, Writes& writes);
  RowBytes pooled_pixel(const isa::Mvout& mvout, std::uint32_t pr, std::uint32_t pc);
  RowBytes stored_row(LocalAddr source, std::uint32_t lanes);
  void store_bytes(VirtAddr address, const RowBytes& row, std::size_t bytes, Writes& writes);

  void preload(const isa::Command& command);
  void compute(const isa::Command& command, std::vector<Writes>& finished);
  void compute_ws(const isa::Compute& compute, std::vector<Writes>& finished);
  void compute_os(const isa::Compute& compute, std::vector<Writes>& finished);
  void emit_os_result(std::vector<Writes>& finished);
  bool pending_result_touches(const isa::Command& command) const;
  RowBytes operand_row(LocalAddr base, std::int64_t row, std::uint32_t cols);
  void fetch_block(const isa::LocalBlock& block, std::uint32_t stride, bool transposed, std::vector<RowBytes>& rows);
  void write_result(LocalAddr destination, const RowBytes& array_row, std::uint32_t cols, Writes& writes);

  RowBytes read_row(LocalAddr address) const;
  void write_local(LocalAddr address, std::uint32_t first_byte, const std::uint8_t* bytes, std::size_t count,
                   Writes& writes);

  OracleParams params_;
  Memory& memory_;
  Translate translate_;
  std::unique_ptr<const Arithmetic> arithmetic_;
  LoopExpander expander_;
  std::vector<std::uint8_t> scratchpad_;
  std::vector<std::uint8_t> accumulator_;
  std::unique_ptr<LoadState[]> load_;
  std::unique_ptr<StoreState> store_;
  std::unique_ptr<ExecuteState> execute_state_;
  std::uint64_t sequence_ = 0;
};

}  // namespace castor::functional

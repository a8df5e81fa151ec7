// Random but legal command streams, reproducible from a seed: hazards between the three queues, partial tiles, all
// address forms, both dataflows, loops. What the RTL itself leaves undefined is avoided: two loads in flight into the
// same rows, a load of bytes that a store without a fence in between may still be writing, an execute result read back
// through a partly overlapping range, rows of two statistics ids of the normaliser under way together.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "castor/config/gemmini_params.h"
#include "castor/isa/stream.h"

namespace castor::test {

/// Where the streams keep their data in memory.
struct RandomMemoryMap {
  PhysAddr input{0x80000000};
  Bytes input_size = 16_KiB;
  PhysAddr output{0x80100000};
};

class RandomStream {
 public:
  /// Weight-stationary only unless `output_stationary`, then both dataflows.
  RandomStream(std::uint64_t seed, const config::GemminiParams& params, bool output_stationary = false);

  /// A stream of about `commands` commands that ends with a fence.
  isa::Stream build(unsigned commands);
  /// One past the last byte that the stream writes from RandomMemoryMap::output on.
  PhysAddr output_end() const { return output_; }

 private:
  struct RowRange {
    bool accumulator;
    std::uint32_t first, last;
    bool overlaps(const RowRange& other) const {
      return accumulator == other.accumulator && first <= other.last && other.first <= last;
    }
  };

  std::uint32_t pick(std::uint32_t low, std::uint32_t high);
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }
  float scale();

  void fill_with_numbers(std::vector<std::uint8_t>& bytes);
  void configure_all();
  void configure_execute();
  void configure_load(unsigned state);
  void configure_store();
  void fence();
  void load();
  void zero_load();
  void matmul();
  void name_last_result();
  void store_scratchpad();
  void store_accumulator();
  void store_pooled();
  void store_normalised();
  void wait_for_sums(LocalAddr destination);
  void loop_matmul();
  void loop_convolution();
  void quiet_after_loop();

  LocalAddr scratchpad_tile(std::uint32_t rows);
  LocalAddr accumulator_tile(std::uint32_t rows);
  bool load_may_write(const RowRange& range);
  VirtAddr input_address(std::uint64_t bytes);
  VirtAddr output_address(std::uint64_t bytes);
  template <class Command>
  void add(const Command& command) {
    stream_.add(command.encode());
  }

  const config::GemminiParams& params_;
  std::mt19937_64 random_;
  bool output_stationary_;
  std::uint32_t dim_;
  LocalLayout layout_;
  isa::Stream stream_;
  RandomMemoryMap map_;
  PhysAddr output_;
  isa::ConfigEx ex_;
  bool nameless_result_ = false;  // the last output-stationary preload named no destination
  isa::ConfigMvin ld_[3];
  isa::ConfigMvout st_;
  std::vector<RowRange> loading_;        // destinations of loads since the last fence
  std::optional<RowRange> last_result_;  // C rows of the last compute since the last fence
};

}  // namespace castor::test

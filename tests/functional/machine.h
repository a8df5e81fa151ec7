// An oracle with memory, and short ways to say commands to it.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "castor/functional/oracle.h"

namespace castor::functional {

inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

template <class T>
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t cols) : cols_(cols), values_(rows * cols) {}
  T& operator()(std::size_t r, std::size_t c) { return values_.at(r * cols_ + c); }
  const T& operator()(std::size_t r, std::size_t c) const { return values_.at(r * cols_ + c); }
  std::size_t rows() const { return values_.size() / cols_; }
  std::size_t cols() const { return cols_; }
  const std::vector<T>& values() const { return values_; }
  std::vector<T>& values() { return values_; }
  friend bool operator==(const Matrix& a, const Matrix& b) { return a.cols_ == b.cols_ && a.values_ == b.values_; }

 private:
  std::size_t cols_;
  std::vector<T> values_;
};

template <class T, class Random>
Matrix<T> random_matrix(std::size_t rows, std::size_t cols, Random& random, int low = -128, int high = 127) {
  Matrix<T> matrix(rows, cols);
  for (T& value : matrix.values())
    value = static_cast<T>(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
  return matrix;
}

/// The rule of a scaled store, written down a second time.
inline std::int8_t scaled_reference(std::int32_t x, float scale, bool relu = false) {
  if (relu && x < 0) x = 0;
  const float product = std::nearbyint(static_cast<float>(x) * scale);
  return static_cast<std::int8_t>(product > 127 ? 127 : product < -128 ? -128 : product);
}

class Machine {
 public:
  explicit Machine(const OracleParams& params = {}) : oracle(params, memory) {}

  template <class View>
  std::vector<Writes> run(const View& view) {
    return oracle.execute(view.encode());
  }
  std::vector<Writes> run(const isa::Command& command) { return oracle.execute(command); }

  template <class T>
  void put(std::uint64_t address, const std::vector<T>& values) {
    memory.write(PhysAddr{address}, values.data(), values.size() * sizeof(T));
  }
  template <class T>
  std::vector<T> get(std::uint64_t address, std::size_t count) const {
    std::vector<T> values(count);
    memory.read(PhysAddr{address}, values.data(), count * sizeof(T));
    return values;
  }

  void load_config(std::uint64_t stride, std::uint32_t state = 0, float scale = 1.0F, bool shrink = false) {
    isa::ConfigMvin config;
    config.state = state;
    config.stride = stride;
    config.scale = bits_of(scale);
    config.shrink = shrink;
    run(config);
  }
  void store_config(std::uint32_t stride, float scale = 1.0F, Activation activation = Activation::None) {
    isa::ConfigMvout config;
    config.stride = stride;
    config.acc_scale = bits_of(scale);
    config.activation = activation;
    run(config);
  }
  std::vector<Writes> mvin(std::uint64_t dram, LocalAddr local, std::uint32_t rows, std::uint32_t cols) {
    return run(isa::Mvin{0, VirtAddr{dram}, {local, rows, cols}});
  }
  std::vector<Writes> mvout(std::uint64_t dram, LocalAddr local, std::uint32_t rows, std::uint32_t cols) {
    return run(isa::Mvout{VirtAddr{dram}, {local, rows, cols}});
  }

  std::int8_t sp(std::uint32_t row, unsigned lane) const { return oracle.scratchpad_row(row).get<std::int8_t>(lane); }
  std::int32_t acc(std::uint32_t row, unsigned lane) const {
    return oracle.accumulator_row(row).get<std::int32_t>(lane);
  }
  void set_sp(std::uint32_t row, const std::vector<std::int8_t>& values) {
    RowBytes bytes(16);
    for (std::size_t i = 0; i < values.size(); ++i) bytes.set<std::int8_t>(i, values[i]);
    oracle.set_scratchpad_row(row, bytes);
  }
  void set_acc(std::uint32_t row, const std::vector<std::int32_t>& values) {
    RowBytes bytes(64);
    for (std::size_t i = 0; i < values.size(); ++i) bytes.set<std::int32_t>(i, values[i]);
    oracle.set_accumulator_row(row, bytes);
  }
  void set_sp_tile(std::uint32_t row, const Matrix<std::int8_t>& tile) {
    for (std::size_t r = 0; r < tile.rows(); ++r)
      set_sp(row + static_cast<std::uint32_t>(r),
             {tile.values().begin() + static_cast<std::ptrdiff_t>(r * tile.cols()),
              tile.values().begin() + static_cast<std::ptrdiff_t>((r + 1) * tile.cols())});
  }

  SparseMemory memory;
  Oracle oracle;
};

}  // namespace castor::functional

// One local row in flight: raw bytes, as many as the row has, stored in place.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "castor/common/error.h"

namespace castor {

/// Bytes of one scratchpad row (dim x input element) or accumulator row (dim x accumulator element), at most 256.
/// Copies move only the bytes in use. An empty row stands for "values are not computed" (--values off).
class RowBytes {
 public:
  static constexpr std::size_t capacity = 256;

  RowBytes() = default;
  explicit RowBytes(std::size_t size) : size_(checked(size)) { std::memset(bytes_.data(), 0, size); }
  RowBytes(const std::uint8_t* source, std::size_t size) : size_(checked(size)) {
    std::memcpy(bytes_.data(), source, size);
  }
  RowBytes(const RowBytes& other) : size_(other.size_) { copy(other); }
  RowBytes& operator=(const RowBytes& other) {
    size_ = other.size_;
    copy(other);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Another size; bytes beyond the old size are whatever the storage held.
  void resize(std::size_t size) { size_ = checked(size); }
  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }

  /// Element `i` of a row of T.
  template <class T>
  T get(std::size_t i) const {
    T value;
    std::memcpy(&value, bytes_.data() + i * sizeof(T), sizeof(T));
    return value;
  }
  template <class T>
  void set(std::size_t i, T value) {
    std::memcpy(bytes_.data() + i * sizeof(T), &value, sizeof(T));
  }

  friend bool operator==(const RowBytes& a, const RowBytes& b) {
    return a.size_ == b.size_ && std::memcmp(a.data(), b.data(), a.size_) == 0;
  }
  friend bool operator!=(const RowBytes& a, const RowBytes& b) { return !(a == b); }

 private:
  /// The common row sizes move in a few registers, without a call; bytes beyond the size come along unseen.
  void copy(const RowBytes& other) {
    if (size_ <= 16)
      std::memmove(bytes_.data(), other.bytes_.data(), 16);
    else if (size_ <= 64)
      std::memmove(bytes_.data(), other.bytes_.data(), 64);
    else
      std::memmove(bytes_.data(), other.bytes_.data(), size_);
  }

  static std::size_t checked(std::size_t size) {
    CASTOR_ASSERT(size <= capacity);
    return size;
  }

  std::size_t size_ = 0;
  alignas(16) std::array<std::uint8_t, capacity> bytes_;
};

}  // namespace castor

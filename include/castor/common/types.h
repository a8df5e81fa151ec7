// The quantities of the machine as types that do not mix: cycles, byte counts, physical, virtual and local addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>

namespace castor {

/// A point in a clock domain's time, or a distance between two, in cycles of that domain.
class Cycle {
 public:
  constexpr Cycle() = default;
  explicit constexpr Cycle(std::uint64_t count) : count_(count) {}
  constexpr std::uint64_t count() const { return count_; }

  /// Later than every event: "asleep until woken".
  static constexpr Cycle never() { return Cycle{std::numeric_limits<std::uint64_t>::max()}; }

  friend constexpr Cycle operator+(Cycle a, std::uint64_t b) { return Cycle{a.count_ + b}; }
  friend constexpr std::uint64_t operator-(Cycle a, Cycle b) { return a.count_ - b.count_; }
  Cycle& operator++() { return ++count_, *this; }
  Cycle& operator+=(std::uint64_t n) { return count_ += n, *this; }
  friend constexpr bool operator==(Cycle a, Cycle b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Cycle a, Cycle b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Cycle a, Cycle b) { return a.count_ < b.count_; }
  friend constexpr bool operator<=(Cycle a, Cycle b) { return a.count_ <= b.count_; }
  friend constexpr bool operator>(Cycle a, Cycle b) { return a.count_ > b.count_; }
  friend constexpr bool operator>=(Cycle a, Cycle b) { return a.count_ >= b.count_; }
  friend std::ostream& operator<<(std::ostream& out, Cycle c) { return out << c.count_; }

 private:
  std::uint64_t count_ = 0;
};

/// A number of bytes.
class Bytes {
 public:
  constexpr Bytes() = default;
  explicit constexpr Bytes(std::uint64_t count) : count_(count) {}
  constexpr std::uint64_t count() const { return count_; }
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes{a.count_ + b.count_}; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes{a.count_ - b.count_}; }
  friend constexpr Bytes operator*(Bytes a, std::uint64_t n) { return Bytes{a.count_ * n}; }
  friend constexpr std::uint64_t operator/(Bytes a, Bytes b) { return a.count_ / b.count_; }
  friend constexpr bool operator==(Bytes a, Bytes b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Bytes a, Bytes b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Bytes a, Bytes b) { return a.count_ < b.count_; }
  friend constexpr bool operator<=(Bytes a, Bytes b) { return a.count_ <= b.count_; }
  friend std::ostream& operator<<(std::ostream& out, Bytes b) { return out << b.count_ << " B"; }

 private:
  std::uint64_t count_ = 0;
};

constexpr Bytes operator""_B(unsigned long long n) { return Bytes{n}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes{n << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes{n << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return Bytes{n << 30}; }

/// An address of one space; spaces do not mix. Offsets are plain byte counts.
template <class Space>
class Address {
 public:
  constexpr Address() = default;
  explicit constexpr Address(std::uint64_t value) : value_(value) {}
  constexpr std::uint64_t value() const { return value_; }
  friend constexpr Address operator+(Address a, std::uint64_t offset) { return Address{a.value_ + offset}; }
  friend constexpr std::uint64_t operator-(Address a, Address b) { return a.value_ - b.value_; }
  friend constexpr bool operator==(Address a, Address b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Address a, Address b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Address a, Address b) { return a.value_ < b.value_; }
  friend constexpr bool operator<=(Address a, Address b) { return a.value_ <= b.value_; }
  friend std::ostream& operator<<(std::ostream& out, Address a) {
    const auto flags = out.flags();
    out << "0x" << std::hex << a.value_;
    out.flags(flags);
    return out;
  }

 private:
  std::uint64_t value_ = 0;
};

using PhysAddr = Address<struct PhysicalSpace>;
using VirtAddr = Address<struct VirtualSpace>;

/// An index that only fits the vector of its own kind (bank 2 is not row 2).
template <class Kind>
class Index {
 public:
  constexpr Index() = default;
  explicit constexpr Index(std::uint32_t value) : value_(value) {}
  constexpr std::uint32_t value() const { return value_; }
  friend constexpr bool operator==(Index a, Index b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Index a, Index b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Index a, Index b) { return a.value_ < b.value_; }

 private:
  std::uint32_t value_ = 0;
};

using BankId = Index<struct BankKind>;

}  // namespace castor

template <class Space>
struct std::hash<castor::Address<Space>> {
  std::size_t operator()(castor::Address<Space> a) const noexcept { return std::hash<std::uint64_t>{}(a.value()); }
};

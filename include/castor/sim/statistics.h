// Statistics: member objects, declared once with unit and doc; their printed name is their C++ name under the SystemC
// path.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "castor/common/types.h"

namespace castor::sim {

class Statistic;

/// The statistics of one module: `struct Stats : StatGroup { Counter hits{this, "hits", "count", "..."}; } stats;`
class StatGroup {
 public:
  StatGroup() = default;
  StatGroup(const StatGroup&) = delete;
  StatGroup& operator=(const StatGroup&) = delete;
  const std::vector<const Statistic*>& members() const { return members_; }

 private:
  friend class Statistic;
  std::vector<const Statistic*> members_;
};

class Statistic {
 public:
  Statistic(StatGroup* group, std::string name, std::string unit, std::string doc)
      : name_(std::move(name)), unit_(std::move(unit)), doc_(std::move(doc)) {
    group->members_.push_back(this);
  }
  Statistic(const Statistic&) = delete;
  Statistic& operator=(const Statistic&) = delete;
  virtual ~Statistic() = default;
  const std::string& name() const { return name_; }
  const std::string& unit() const { return unit_; }
  const std::string& doc() const { return doc_; }
  virtual std::uint64_t value() const = 0;

 private:
  std::string name_;
  std::string unit_;
  std::string doc_;
};

/// A count that only grows.
class Counter : public Statistic {
 public:
  using Statistic::Statistic;
  void operator++() { ++count_; }
  void operator+=(std::uint64_t n) { count_ += n; }
  std::uint64_t value() const override { return count_; }

 private:
  std::uint64_t count_ = 0;
};

/// One counter for each enumerator of Reason (whose last enumerator is `count_`), named by `names`.
/// For reasons that exclude each other: the counts add up to the cycles observed.
template <class Reason>
class ReasonCounts {
 public:
  static constexpr std::size_t size = static_cast<std::size_t>(Reason::count_);
  ReasonCounts(StatGroup* group, const std::string& prefix, const std::array<const char*, size>& names,
               const std::string& doc) {
    counters_.reserve(size);
    for (const char* name : names)
      counters_.push_back(std::make_unique<Counter>(group, prefix + "." + name, "cycles", doc));
  }
  void add(Reason reason, std::uint64_t cycles = 1) { *counters_[static_cast<std::size_t>(reason)] += cycles; }
  std::uint64_t value(Reason reason) const { return counters_[static_cast<std::size_t>(reason)]->value(); }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& counter : counters_) sum += counter->value();
    return sum;
  }

 private:
  std::vector<std::unique_ptr<Counter>> counters_;
};

}  // namespace castor::sim

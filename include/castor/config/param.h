// A parameter of the machine: declared once, in one line, as a member of its group.
//
//   class GemminiParams : public Group {
//     Param<Bytes>    sp_capacity{this, "sp_capacity", 256_KiB, range(1_KiB, 64_MiB), "capacity of the scratchpad"};
//     Param<unsigned> acc_latency{this, "acc_latency", 2, unit::cycles, range(2, 64), "length of the write pipeline"};
//     Param<bool>     has_store_spad{this, "has_store_spad", by(&GemminiParams::rtl_generation, false, true), "..."};
//   };
//
// Reading it is reading a T: `params.acc_latency` or `params.acc_latency()`. Files and the command line override it by
// key.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "castor/config/group.h"
#include "castor/config/origin.h"
#include "castor/config/range.h"
#include "castor/config/value_text.h"

namespace castor::config {

/// What every parameter can tell about itself, whatever its type.
class ParamBase {
 public:
  ParamBase(Group* group, const char* key, Unit unit, const char* doc);
  virtual ~ParamBase() = default;

  const char* key() const { return key_; }
  std::string path() const;
  const char* unit() const { return unit_.name; }
  const char* doc() const { return doc_; }
  const Origin& origin() const { return origin_; }

  virtual std::string type() const = 0;
  virtual std::string default_text() const = 0;
  virtual std::string range_text() const = 0;
  virtual std::string text() const = 0;  ///< the value as a file would spell it
  virtual PlainValue plain() const = 0;  ///< the value for report.json

  /// Take the value that a file or the command line states; a UserError names the origin, this parameter, what is
  /// allowed.
  void assign(const std::string& text, const Origin& origin);

 protected:
  friend class Group;
  virtual void read(const std::string& text) = 0;  ///< throws BadValue
  virtual void settle(const Group& group) = 0;     ///< a default that follows another parameter does so now

  Group& group() { return *reinterpret_cast<Group*>(reinterpret_cast<char*>(this) - from_group_); }
  const Group& group() const { return const_cast<ParamBase*>(this)->group(); }

  Unit unit_;
  Origin origin_ = Origin::standard();

 private:
  const char* key_;
  const char* doc_;
  std::ptrdiff_t from_group_;  ///< a distance, so that a copied group holds working copies of its parameters
};

/// The default of a parameter: a constant, or a rule that follows a parameter of the same group declared above it.
template <class T>
struct Default {
  template <class U, class = std::enable_if_t<std::is_convertible_v<U, T>>>
  Default(const U& constant) : value(constant) {}  // NOLINT: a plain value is the normal default
  Default(std::function<T(const Group&)> rule, std::string leader, std::string text)
      : rule(std::move(rule)), leader(std::move(leader)), text(std::move(text)) {}

  T value{};
  std::function<T(const Group&)> rule;  ///< empty for a constant
  std::string leader;                   ///< key of the parameter that the rule follows
  std::string text;
};

/// A default of today's RTL that differs from the RTL which was measured: the parameter `generation` chooses.
template <class G, class E, class T>
Default<T> by(Param<E> G::*generation, T old, T head) {
  const auto rule = [=](const Group& group) {
    return (static_cast<const G&>(group).*generation)() == E::Old ? old : head;
  };
  return {rule, "rtl_generation", ValueText<T>::write(old) + " [old], " + ValueText<T>::write(head) + " [head]"};
}

/// A default equal to another parameter of the group.
template <class G, class T>
Default<T> as(Param<T> G::*leader, const char* key) {
  const auto rule = [=](const Group& group) { return (static_cast<const G&>(group).*leader)(); };
  return {rule, key, std::string("as ") + key};
}

template <class T>
class Param final : public ParamBase {
  using Text = ValueText<T>;
  using Legal = std::conditional_t<std::is_same_v<T, double>, RealRange, Range>;

 public:
  Param(Group* group, const char* key, Default<T> standard, const char* doc)
      : Param(group, key, std::move(standard), unit::none, Legal{}, doc) {}
  Param(Group* group, const char* key, Default<T> standard, Legal legal, const char* doc)
      : Param(group, key, std::move(standard), unit::none, std::move(legal), doc) {}
  Param(Group* group, const char* key, Default<T> standard, Unit unit, Legal legal, const char* doc)
      : ParamBase(group, key, unit, doc), default_(std::move(standard)), legal_(std::move(legal)) {
    settle(*group);
  }

  const T& operator()() const { return value_; }
  operator const T&() const { return value_; }  // NOLINT: a parameter reads as its value

  /// A value stated by code (tests, sweeps); the same checks as in a file.
  void set(const T& value) { assign(Text::write(value), Origin::program()); }

  std::string type() const override { return Text::type(); }
  std::string default_text() const override { return default_.rule ? default_.text : Text::write(default_.value); }
  std::string range_text() const override { return Text::legal(legal_); }
  std::string text() const override { return Text::write(value_); }
  PlainValue plain() const override { return Text::plain(value_); }

 private:
  void read(const std::string& text) override {
    const T value = Text::read(text, unit_);
    if (!Text::holds(legal_, value)) throw BadValue{Text::write(value) + " is out of range", range_text()};
    value_ = value;
  }

  void settle(const Group& group) override {
    if (!origin_.is_default()) return;
    value_ = default_.rule ? default_.rule(group) : default_.value;
    if (default_.rule) origin_ = Origin::follows(default_.leader);
  }

  Default<T> default_;
  Legal legal_;
  T value_{};
};

}  // namespace castor::config

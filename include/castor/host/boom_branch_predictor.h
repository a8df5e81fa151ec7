// What a BOOM core's front end guesses, in three steps: each corrects the one before, a fetch stage later.
//
// RTL twin: BOOM's ifu/bpd (TAGE-L without its loop predictor): faubtb.scala, btb.scala, bim.scala, tage.scala,
// ras.scala.
//   stage 1  16 recently taken branches and jumps with a counter of two bits
//   stage 2  branch target buffer of 128 x 2 entries, direction by 2048 counters of two bits
//   stage 3  direction by six tagged tables over 2 to 64 branches of history, the longest that knows the branch
//   decides;
//            targets of direct jumps and branches from the instruction; returns from a stack of 32
// Tables: 128 x 2 sets of history, 256 from 8 on, tags of 7 to 9 bits, counters of three bits, useful bits that age all
// 2048 updates. Model: looked up an instruction (the RTL: a packet), trained at once (the RTL: at commit), history
// holds branches of the right path only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace castor::host {

class BoomBranchPredictor {
 public:
  enum class Kind : std::uint8_t { Branch, Jump, Indirect, Return };

  /// A branch or jump, and where it really leads.
  struct Flow {
    std::uint64_t pc;
    std::uint64_t sequential;
    std::uint64_t target;  ///< of a direct jump or branch if it is taken
    std::uint64_t next;
    Kind kind;
    bool calls;  ///< leaves a return address
    bool taken() const { return next != sequential; }
  };
  struct Guess {
    bool right;
    unsigned stage;  ///< the first whose guess, and that of all later ones, is the last one's
  };

  BoomBranchPredictor();
  /// Guesses, then learns the truth.
  Guess follow(const Flow& flow);

 private:
  static constexpr unsigned recent_entries = 16;
  static constexpr unsigned btb_sets = 128, btb_ways = 2;
  static constexpr unsigned base_counters = 2048;
  static constexpr unsigned tables = 6;
  static constexpr unsigned return_depth = 32;
  static constexpr unsigned useful_period = 2048;
  static constexpr std::uint64_t no_pc = ~0ULL;

  struct Recent {
    std::uint64_t pc = no_pc, target = 0;
    std::uint8_t counter = 0;
  };
  struct Target {
    std::uint64_t pc = no_pc, target = 0;
  };
  struct Tagged {
    std::uint16_t tag = 0xffff;  // nobody's
    std::uint8_t counter = 4;    // 4 and more: taken
    std::uint8_t useful = 0;
  };
  struct Shape {
    unsigned entries, history, tag_bits;
  };
  /// What the tagged tables say.
  struct Direction {
    bool taken, alternative;
    unsigned provider = tables;  // none
  };
  static const std::array<Shape, tables> shapes_;

  std::uint64_t first(const Flow& flow) const;
  std::uint64_t second(const Flow& flow) const;
  std::uint64_t third(const Flow& flow, const Direction& direction) const;
  Direction direction(std::uint64_t pc);
  bool base_taken(std::uint64_t pc) const { return base_[pc / 2 % base_counters] >= 2; }
  void find_entries(std::uint64_t pc);
  void learn_direction(const Flow& flow, const Direction& direction);
  void allocate(unsigned above, bool taken);
  void learn_target(const Flow& flow);
  void learn_recent(const Flow& flow);
  void track_returns(const Flow& flow);

  std::array<Recent, recent_entries> recent_;
  unsigned recent_next_ = 0;
  std::array<Target, btb_sets * btb_ways> targets_;
  std::array<std::uint8_t, btb_sets> target_next_{};
  std::array<std::uint8_t, base_counters> base_;
  std::array<std::vector<Tagged>, tables> tagged_;
  std::array<Tagged*, tables> at_{};  // of the branch looked up
  std::array<std::uint16_t, tables> tag_{};
  std::uint64_t history_ = 0;
  unsigned updates_ = 0;
  std::array<std::uint64_t, return_depth> returns_{};
  unsigned return_top_ = 0;
};

}  // namespace castor::host

#include "replay.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <set>
#include <sstream>

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::memory::test {

namespace {

constexpr std::uint64_t block = 64;
std::uint64_t line_of(std::uint64_t address) { return address / block * block; }

/// One DMA request of the run, with its answers in both worlds (cycles from the segment's start).
struct Request {
  std::uint64_t cycle = 0;
  std::uint64_t address = 0;
  unsigned source = 0, log2_size = 0;
  bool write = false;
  std::uint64_t sent = 0;
  std::vector<std::uint64_t> measured, modelled;
};

std::vector<Request> requests_of(const std::vector<RtlEvent>& beats, bool write) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < beats.size();) {
    const unsigned size = 1u << beats[i].log2_size;
    requests.push_back({beats[i].cycle, beats[i].address, beats[i].id, beats[i].log2_size, write, 0, {}, {}});
    i += write ? std::max(1u, size / 16) : 1;
  }
  return requests;
}

// Each answer belongs to the oldest request of its source that is not complete.
void assign_answers(std::vector<Request>& requests, const std::vector<RtlEvent>& answers) {
  std::map<unsigned, std::deque<Request*>> open;
  for (Request& request : requests) open[request.source].push_back(&request);
  for (const RtlEvent& answer : answers) {
    auto& waiting = open[answer.id];
    if (waiting.empty()) continue;
    Request& request = *waiting.front();
    request.measured.push_back(answer.cycle);
    const unsigned beats = request.write ? 1 : std::max(1u, (1u << request.log2_size) / 16);
    if (request.measured.size() == beats) waiting.pop_front();
  }
}

/// Offers the requests of one initiator at their cycles.
class Player : public sim::ClockedModule, public tlm::tlm_bw_transport_if<> {
 public:
  Player(const sc_core::sc_module_name& name, sim::ClockDomain& domain, bool write)
      : ClockedModule(name, domain, write ? sim::level::stream_writer : sim::level::stream_reader),
        socket("socket"),
        domain_(domain),
        write_(write) {
    socket.bind(*this);
  }
  void play(Cycle base, std::vector<Request>& requests) {
    base_ = base;
    requests_ = &requests;
    next_ = 0;
    wake(base);
  }
  bool idle() const { return requests_ == nullptr || (next_ == requests_->size() && in_flight_ == 0); }

  Cycle step(Cycle now) override {
    if (refused_ != nullptr && now + 1 >= room_again_) take_again();
    if (requests_ == nullptr || next_ == requests_->size()) return refused_ != nullptr ? now + 1 : Cycle::never();
    if (refused_ != nullptr) wake(now + 1);
    Request& request = (*requests_)[next_];
    const Cycle due = base_ + request.cycle;
    if (now < due) return due;
    if (busy_) return Cycle::never();  // END_REQ wakes
    if (now < free_from_) return free_from_;
    send(now, request);
    ++next_;
    return next_ < requests_->size() ? std::max(now + 1, base_ + (*requests_)[next_].cycle) : Cycle::never();
  }
  std::string waiting_for() const override { return in_flight_ != 0 ? "answers" : ""; }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    const Cycle now = domain_.now();
    if (phase == tlm::END_REQ) {
      busy_ = false;
      free_from_ = now + 1;
      wake(free_from_);
      return tlm::TLM_ACCEPTED;
    }
    const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    Request& request = *by_payload_[&payload];
    if (refuses(request, now)) return tlm::TLM_ACCEPTED;
    request.modelled.push_back(now - base_);
    phase = tlm::END_RESP;
    if (tilelink.beats_delivered + 1u < tilelink.response_beats) return tlm::TLM_UPDATED;
    --in_flight_;
    payload.release();
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  tlm::tlm_initiator_socket<> socket;

 private:
  // The measured initiator had no room before the cycle in which it took the beat.
  bool refuses(const Request& request, Cycle now) {
    if (write_) return false;  // acknowledgements are always taken
    const std::size_t beat = request.modelled.size();
    if (beat >= request.measured.size() || base_ + request.measured[beat] <= now) return false;
    refused_ = by_payload_.begin()->first;
    for (const auto& [payload, owner] : by_payload_)
      if (owner == &request) refused_ = payload;
    room_again_ = base_ + request.measured[beat];
    wake(now);  // steps after the bus
    return true;
  }
  void take_again() {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_fw(*std::exchange(refused_, nullptr), phase, delay);
  }

  void send(Cycle now, Request& request) {
    tlm::tlm_generic_payload& payload = pool_.take();
    const unsigned size = 1u << request.log2_size;
    const std::uint16_t beats = std::max(1u, size / 16);
    sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    tilelink.log2_size = request.log2_size;
    tilelink.source = request.source;
    tilelink.request_beats = write_ ? beats : 1;
    tilelink.response_beats = write_ ? 1 : beats;
    tilelink.full_put = write_;
    payload.set_command(write_ ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(request.address);
    payload.set_data_length(size);
    payload.set_data_ptr(data_);
    by_payload_[&payload] = &request;
    request.sent = now - base_;
    ++in_flight_;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    busy_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
  }

  sim::ClockDomain& domain_;
  bool write_;
  sim::TransactionPool pool_;
  std::vector<Request>* requests_ = nullptr;
  std::size_t next_ = 0;
  Cycle base_{};
  bool busy_ = false;
  Cycle free_from_{};
  tlm::tlm_generic_payload* refused_ = nullptr;
  Cycle room_again_{};
  unsigned in_flight_ = 0;
  std::map<tlm::tlm_generic_payload*, Request*> by_payload_;
  std::uint8_t data_[64] = {};
};

/// What memory was asked for.
struct MemoryWatch : sim::Observer {
  void memory_read(Cycle now, unsigned id, PhysAddr address, unsigned) override {
    fetches.push_back({now.count(), address.value(), id, 8});
  }
  void memory_write(Cycle now, unsigned id, PhysAddr address, unsigned) override {
    write_backs.push_back({now.count(), address.value(), id, 8});
  }
  std::vector<RtlEvent> fetches, write_backs;
};

/// Gives up the lines that the measured L2 gave up.
class MeasuredVictims : public VictimChoice {
 public:
  explicit MeasuredVictims(InclusiveCache& l2) : l2_(l2) {}

  void begin(const RtlSegment& segment, const std::vector<Request>& requests) {
    touched_.clear();
    victims_.clear();
    clean_.clear();
    for (const Request& request : requests) touched_.insert(line_of(request.address));
    for (const RtlEvent& write_back : segment.write_backs)
      victims_[l2_.set_of(PhysAddr{write_back.address})].push_back(write_back);
    for (const RtlEvent& fetch : segment.fetches) find_clean_victim(segment, requests, fetch);
    set_contents(segment, requests);
  }

  std::uint8_t victim(Directory& directory, std::uint32_t set, std::uint32_t tag) override {
    const std::uint64_t address = l2_.address_of(set, tag).value();
    auto& write_backs = victims_[set];
    if (!write_backs.empty()) {
      const std::uint32_t gone = l2_.tag_of(PhysAddr{write_backs.front().address});
      write_backs.erase(write_backs.begin());
      const std::uint8_t way = way_of(directory, set, gone);
      directory.entry(set, way) = {gone, 0, LineState::Tip, true};
      return way;
    }
    const std::uint8_t way = untouched_way(directory, set);
    if (clean_.count(address) != 0)
      directory.entry(set, way) = {0x7fffffff, 0, LineState::Tip, false};
    else
      directory.entry(set, way) = {};
    return way;
  }

 private:
  // A release goes before the acquire and costs the MSHR its turn.
  void find_clean_victim(const RtlSegment& segment, const std::vector<Request>& requests, const RtlEvent& fetch) {
    const auto asked = [&](std::uint64_t line) {
      for (const Request& request : requests)
        if (line_of(request.address) == line) return request.cycle;
      return std::uint64_t{0};
    };
    const std::uint64_t begun = asked(fetch.address);
    bool overtaken = false, blocked = false;
    for (const RtlEvent& other : segment.fetches) {
      overtaken |= other.cycle < fetch.cycle && asked(other.address) > begun;
      blocked |= other.cycle + 1 == fetch.cycle;
    }
    for (const RtlEvent& other : segment.write_backs)
      blocked |= other.cycle < fetch.cycle && fetch.cycle < other.cycle + 12;
    overtaken |= fetch.cycle - begun > 6 && !blocked && &fetch - segment.fetches.data() < 10;
    if (overtaken) clean_.insert(fetch.address);
  }

  void set_contents(const RtlSegment& segment, const std::vector<Request>& requests) {
    std::set<std::uint64_t> fetched;
    for (const RtlEvent& fetch : segment.fetches) fetched.insert(fetch.address);
    std::set<std::uint64_t> seen;
    for (const Request& request : requests) {
      const std::uint64_t line = line_of(request.address);
      if (!seen.insert(line).second) continue;
      if (fetched.count(line) != 0)
        remove(line);
      else if (!request.write || request.log2_size < 6 || hit(request))
        insert(line, request.write);
    }
  }
  // A whole-line write needs no fetch: only its acknowledgement tells.
  static bool hit(const Request& request) {
    return !request.measured.empty() && request.measured[0] == request.cycle + 10;
  }
  void remove(std::uint64_t line) {
    const std::uint32_t set = l2_.set_of(PhysAddr{line}), tag = l2_.tag_of(PhysAddr{line});
    for (std::uint32_t way = 0; way < l2_.directory().ways(); ++way)
      if (l2_.directory().entry(set, way).tag == tag) l2_.directory().entry(set, way) = {};
  }
  // A line that is written was written before, in these programs: its directory entry does not change.
  void insert(std::uint64_t line, bool written) {
    const std::uint32_t set = l2_.set_of(PhysAddr{line}), tag = l2_.tag_of(PhysAddr{line});
    DirectoryEntry& entry = l2_.directory().entry(set, way_of(l2_.directory(), set, tag));
    if (entry.tag != tag || entry.state == LineState::Invalid) entry = {tag, 0, LineState::Tip, written};
    entry.dirty |= written;
  }
  std::uint8_t way_of(Directory& directory, std::uint32_t set, std::uint32_t tag) {
    for (std::uint32_t way = 0; way < directory.ways(); ++way)
      if (directory.entry(set, way).tag == tag && directory.entry(set, way).state != LineState::Invalid) return way;
    return untouched_way(directory, set);
  }
  std::uint8_t untouched_way(Directory& directory, std::uint32_t set) {
    for (std::uint32_t way = 0; way < directory.ways(); ++way)
      if (directory.entry(set, way).state == LineState::Invalid) return way;
    for (std::uint32_t way = 0; way < directory.ways(); ++way)
      if (touched_.count(l2_.address_of(set, directory.entry(set, way).tag).value()) == 0) return way;
    return 0;
  }

  InclusiveCache& l2_;
  std::set<std::uint64_t> touched_, clean_;
  std::map<std::uint32_t, std::vector<RtlEvent>> victims_;
};

/// Starts segment after segment and compares.
class Conductor : public sim::Clocked {
 public:
  Conductor(sim::ClockDomain& domain, MemorySystem& memory, Player& reader, Player& writer, MemoryWatch& watch,
            const std::vector<RtlSegment>& run, const ReplayOptions& options)
      : domain_(domain),
        reader_(reader),
        writer_(writer),
        watch_(watch),
        run_(run),
        options_(options),
        victims_(memory.l2()) {
    if (options.told) memory.l2().directory().set_victim_choice(&victims_);
    domain.enrol(*this, sim::level::host);
  }

  Cycle step(Cycle now) override {
    CASTOR_ASSERT(!playing_ || now < base_ + run_[segment_].last + 100000);  // else the memory side hangs
    if (playing_ && (now < base_ + run_[segment_].last + 1 || !reader_.idle() || !writer_.idle())) return wait(now);
    if (playing_) end();
    if (segment_ == run_.size()) return domain_.finish(), Cycle::never();
    if (!playing_) begin(now);
    return wait(now);
  }
  std::string block_name() const override { return "conductor"; }
  const std::vector<Comparison>& comparisons() const { return comparisons_; }

 private:
  Cycle wait(Cycle now) const { return std::max(now + 1, base_ + run_[segment_].last + 1); }

  // A segment may begin later than measured if the one before is not over.
  void begin(Cycle now) {
    const RtlSegment& segment = run_[segment_];
    base_ = std::max(now + 1, last_ + segment.gap);
    reads_ = requests_of(segment.reads, false);
    writes_ = requests_of(segment.writes, true);
    assign_answers(reads_, segment.read_beats);
    assign_answers(writes_, segment.write_acks);
    std::vector<Request> all = reads_;
    all.insert(all.end(), writes_.begin(), writes_.end());
    std::stable_sort(all.begin(), all.end(), [](const Request& a, const Request& b) { return a.cycle < b.cycle; });
    if (options_.told) victims_.begin(segment, all);
    lines_.clear();
    for (const Request& request : all) lines_.insert(line_of(request.address));
    watch_.fetches.clear();
    watch_.write_backs.clear();
    reader_.play(base_, reads_);
    writer_.play(base_, writes_);
    playing_ = true;
  }

  void end() {
    const RtlSegment& segment = run_[segment_];
    last_ = base_ + segment.last;
    Comparison result;
    const bool print = !options_.details.empty() && segment.name.find(options_.details) != std::string::npos;
    compare(reads_, segment.has_beats, result.read_beats, result, print);
    compare(writes_, true, result.write_acks, result, print);
    compare(segment.fetches, watch_.fetches, result.fetches, result, true, print);
    compare(segment.write_backs, watch_.write_backs, result.write_backs, result, false, print);
    comparisons_.push_back(result);
    playing_ = false;
    ++segment_;
  }

  void compare(const std::vector<Request>& requests, bool recorded, Tally& tally, Comparison& result, bool print) {
    for (const Request& request : requests) {
      if (request.sent != request.cycle) result.late_requests.add(request.sent - request.cycle);
      if (print) {
        std::printf("%s src %x addr %llx size %u: A %llu", request.write ? "wr" : "rd", request.source,
                    static_cast<unsigned long long>(request.address), 1u << request.log2_size,
                    static_cast<unsigned long long>(request.cycle));
        if (request.sent != request.cycle) std::printf(" (sent %llu)", static_cast<unsigned long long>(request.sent));
        for (std::size_t i = 0; i < request.modelled.size(); ++i)
          std::printf(" %lld/%lld", static_cast<long long>(i < request.measured.size() ? request.measured[i] : -1),
                      static_cast<long long>(request.modelled[i]));
        std::printf("\n");
      }
      if (!recorded) continue;
      if (request.measured.size() != request.modelled.size()) ++result.missing;
      for (std::size_t i = 0; i < std::min(request.measured.size(), request.modelled.size()); ++i)
        tally.add(static_cast<std::int64_t>(request.modelled[i]) - static_cast<std::int64_t>(request.measured[i]));
    }
  }

  // By line; what the core asked for is left out.
  void compare(const std::vector<RtlEvent>& measured, const std::vector<RtlEvent>& modelled, Tally& tally,
               Comparison& result, bool only_touched, bool print) {
    std::map<std::uint64_t, std::deque<std::uint64_t>> by_line;
    for (const RtlEvent& event : modelled) by_line[event.address].push_back(event.cycle - base_.count());
    for (const RtlEvent& event : measured) {
      if (only_touched && lines_.count(event.address) == 0) continue;
      auto& cycles = by_line[event.address];
      if (print)
        std::printf("%s %llx: %llu/%lld\n", only_touched ? "ar" : "aw", static_cast<unsigned long long>(event.address),
                    static_cast<unsigned long long>(event.cycle),
                    cycles.empty() ? -1LL : static_cast<long long>(cycles.front()));
      if (cycles.empty()) {
        ++result.missing;
        continue;
      }
      tally.add(static_cast<std::int64_t>(cycles.front()) - static_cast<std::int64_t>(event.cycle));
      cycles.pop_front();
    }
    for (const auto& [line, cycles] : by_line) {
      if (print)
        for (const std::uint64_t cycle : cycles)
          std::printf("%s %llx: -/%llu\n", only_touched ? "ar" : "aw", static_cast<unsigned long long>(line),
                      static_cast<unsigned long long>(cycle));
      result.missing += cycles.size();
    }
  }

  sim::ClockDomain& domain_;
  Player& reader_;
  Player& writer_;
  MemoryWatch& watch_;
  const std::vector<RtlSegment>& run_;
  ReplayOptions options_;
  MeasuredVictims victims_;
  std::vector<Request> reads_, writes_;
  std::set<std::uint64_t> lines_;
  std::size_t segment_ = 0;
  bool playing_ = false;
  Cycle base_{}, last_{};
  std::vector<Comparison> comparisons_;
};

}  // namespace

void Tally::add(std::int64_t difference) {
  const std::uint64_t size = std::llabs(difference);
  ++(size == 0 ? exact : size == 1 ? off_by_one : size <= 4 ? near : far);
  sum += difference;
}

void Tally::add(const Tally& other) {
  exact += other.exact;
  off_by_one += other.off_by_one;
  near += other.near;
  far += other.far;
  sum += other.sum;
}

std::string Tally::text() const {
  if (total() == 0) return "-";
  std::ostringstream out;
  out << exact << "/" << total() << " exact, " << off_by_one << " by 1, " << near << " by 2-4, " << far
      << " more (mean " << static_cast<double>(sum) / static_cast<double>(total()) << ")";
  return out.str();
}

void Comparison::add(const Comparison& other) {
  read_beats.add(other.read_beats);
  write_acks.add(other.write_acks);
  fetches.add(other.fetches);
  write_backs.add(other.write_backs);
  late_requests.add(other.late_requests);
  missing += other.missing;
}

Tally Comparison::all() const {
  Tally sum = read_beats;
  sum.add(write_acks);
  sum.add(fetches);
  sum.add(write_backs);
  return sum;
}

std::vector<Comparison> replay(const std::vector<RtlSegment>& run, const ReplayOptions& options) {
  config::SocConfig config;
  config.l2.warm_reset.set(true);
  config.dram.latency.set(options.latency);
  config.settle();
  sim::ClockDomain domain("clock", sc_core::sc_time(1, sc_core::SC_NS));
  sim::Probes probes;
  MemoryWatch watch;
  probes.attach(watch);
  MemorySystem memory("memory", domain, config, probes);
  const unsigned port = memory.bus().add_accelerator(0);
  Player reader("reader", domain, false), writer("writer", domain, true);
  reader.socket.bind(memory.bus().socket(port, 0));
  writer.socket.bind(memory.bus().socket(port, 1));
  Conductor conductor(domain, memory, reader, writer, watch, run, options);
  sc_core::sc_start();
  for (const std::string& line : domain.waiters()) std::printf("waits: %s\n", line.c_str());
  domain.rethrow_failure();
  for (const std::string& line : domain.waiters()) std::printf("waits: %s\n", line.c_str());
  return conductor.comparisons();
}

}  // namespace castor::memory::test

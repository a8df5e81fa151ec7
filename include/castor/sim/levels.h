// The combinational depth of every clocked block of the machine, in one place: from the wires' ends to their sources
// where queues are `pipe`, from sources to ends where a wire leads within a cycle. See clock_domain.h for the rule.
#pragma once

#include "castor/sim/clock_domain.h"

namespace castor::sim::level {

// Memory system: only registered queues between its blocks.
inline constexpr Level dram = 0;
inline constexpr Level last_level_cache = 1;
inline constexpr Level memory_bus = 2;
inline constexpr Level l2 = 3;

// Write path of the accelerator, downstream first (its queues are `pipe`).
inline constexpr Level scratchpad_writer = 9;
inline constexpr Level stream_writer = 10;
inline constexpr Level accumulator_scale = 12;

// Who writes a bank in this cycle decides who may read it: execute results, then DMA rows, then zero rows.
inline constexpr Level spatial_array = 20;
inline constexpr Level result_writer = 22;
inline constexpr Level load_writer = 24;
inline constexpr Level scratchpad_window = 25;

// Delivers D beats: after the load writer, whose rows of this cycle decide whether the beat merger has room.
inline constexpr Level system_bus = 26;

// Reads: the execute controller before the DMA.
inline constexpr Level execute_controller = 30;
inline constexpr Level store_reader = 34;

// Request generation, downstream first.
inline constexpr Level stream_reader = 40;
inline constexpr Level load_controller = 42;
inline constexpr Level store_controller = 44;

// Completions of this cycle are seen by the reservation station, then by the loop unrollers' throttles.
inline constexpr Level reservation_station = 50;
inline constexpr Level loop_matmul = 52;
inline constexpr Level loop_conv = 54;
inline constexpr Level command_front_end = 56;

// The accelerator's busy, when all its blocks have stepped; then the queue before it, then the host.
inline constexpr Level accelerator = 57;
inline constexpr Level rocc_router = 58;

// The core's caches: after the D beats and probes of the cycle; the core may access in the same cycle.
inline constexpr Level l1_caches = 59;

// What devices do by themselves (a timer) is seen by the harts of the same cycle.
inline constexpr Level devices = 59;

// The walker goes to the data cache before the core does; its answers are registers.
inline constexpr Level page_table_walker = 60;

// The host sees the accelerator's `ready` and `busy` of the cycle. Harts are at host + their number: what one stores
// the next one loads in the same cycle.
inline constexpr Level host = 61;

}  // namespace castor::sim::level

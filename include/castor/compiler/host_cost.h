// Cycles the host takes for what it computes itself: scalar code on an in-order core, data in its caches.
// Documented in docs/compiler.md; one line an operator.
#pragma once

#include <cstdint>

namespace castor::compiler::host_cost {

constexpr std::uint64_t call = 200;           ///< any operator: call, loop set-up
constexpr std::uint64_t quantise = 12;        ///< an element: load, divide, round, saturate, store
constexpr std::uint64_t dequantise = 8;       ///< an element
constexpr std::uint64_t copy = 2;             ///< an element, words at a time where aligned
constexpr std::uint64_t rescale = 10;         ///< an element
constexpr std::uint64_t lookup = 5;           ///< an element
constexpr std::uint64_t pool_cell = 4;        ///< a window cell of an element
constexpr std::uint64_t pool_result = 6;      ///< an element of the result
constexpr std::uint64_t average_result = 20;  ///< an element of the result: multiply, round, saturate
constexpr std::uint64_t arithmetic = 14;      ///< an element of an elementwise product or sum
constexpr std::uint64_t lrn = 180;            ///< an element: power function
constexpr std::uint64_t lrn_neighbour = 3;    ///< a neighbouring channel of an element
constexpr std::uint64_t softmax = 90;         ///< an element: exponential, division
constexpr std::uint64_t mac = 4;              ///< a multiply-accumulate of a convolution on the host

}  // namespace castor::compiler::host_cost

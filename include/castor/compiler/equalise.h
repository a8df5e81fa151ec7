// Network -> the same network in floats, with the channels of activations brought to similar ranges: what one scale a
// tensor loses in the small channels is won back by moving a factor from a channel's producer to its readers.
#pragma once

#include "castor/compiler/network.h"

namespace castor::compiler {

/// Largest magnitude of every channel of every tensor, over the calibration samples.
using ChannelRanges = std::vector<std::vector<float>>;

/// A channel of range r is divided by (r / largest)^strength, or less where its producer's weights would become the
/// layer's largest: 0 leaves all as it is, 1 makes ranges equal. Only where every reader is, perhaps behind pools and
/// concatenations, a convolution or matrix product.
struct Equalised {
  Network network;
  std::vector<std::vector<float>> factors;  ///< by tensor: what its channels were divided by; empty: nothing
};
Equalised equalise(Network network, const ChannelRanges& ranges, float strength);

}  // namespace castor::compiler

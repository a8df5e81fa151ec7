// A command stream: what a host feeds one accelerator, with its initial memory image and named outputs; and its text
// form.
//
// Text, one item a line, `#` starts a comment:
//   mvin dram=0x80001000 local=0x0 rows=16 cols=64         any Gemmini command: mnemonic and named fields
//   fence                                                  wait until the accelerator is idle
//   host_work cycles=120                                   the host is busy
//   host_op kind=softmax input=0x80004000 count=1000 scale=0.25f shape=[1,1000]
//   layer name="conv_1" op=Conv on=accelerator macs=118013952
//   data address=0x80000000 bytes=00ff10                   initial memory
//   data address=0x80001000 file=model.bin offset=0 size=4096
//   stream conv_encoding=square                            meaning of loop_conv_ws_config_*; must fit the configuration
//   output name="prob" address=0x80009000 type=int8 shape=[1,1000] scale=0.0078125f
// Numbers: decimal or 0x hexadecimal. Floats end in `f` or hold a point or an exponent and round-trip exactly.
// Local addresses also take `garbage`, `sp+<row>`, `acc+<row>[+accumulate][+full]`. Fields left out take the defaults
// of castor/isa/command.h.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "castor/common/types.h"
#include "castor/isa/command.h"

namespace castor::isa {

/// The host waits until the accelerator is not busy.
struct Fence {
  friend bool operator==(const Fence&, const Fence&) { return true; }
};

/// The host does something that takes time and touches no simulated memory.
struct HostWork {
  Cycle cycles;
  friend bool operator==(const HostWork& a, const HostWork& b) { return a.cycles == b.cycles; }
};

/// One named argument of a host operator.
using HostArg = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

/// An operator the host computes with real values (castor/functional/host_ops.h). Arguments keep their order.
struct HostOp {
  std::string kind;
  std::vector<std::pair<std::string, HostArg>> args;
  Cycle cycles;  ///< documented cost on the host (argument `cycles`)

  HostOp& with(const std::string& name, HostArg value) {
    args.emplace_back(name, std::move(value));
    return *this;
  }
  const HostArg* find(const std::string& name) const;
  bool has(const std::string& name) const { return find(name) != nullptr; }
  /// Typed access; a missing argument or one of another type is a UserError that names the operator and the argument.
  std::int64_t integer(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  double real(const std::string& name) const;
  double real(const std::string& name, double otherwise) const;
  std::string text(const std::string& name) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  PhysAddr address(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name) const;
  std::vector<double> reals(const std::string& name) const;
  friend bool operator==(const HostOp& a, const HostOp& b) {
    return a.kind == b.kind && a.args == b.args && a.cycles == b.cycles;
  }
};

enum class Placement : std::uint8_t { Accelerator, Host };

/// Everything from here to the next LayerBegin belongs to this layer of the model.
struct LayerBegin {
  std::string name;
  std::string op;
  Placement on = Placement::Accelerator;
  std::uint64_t macs = 0;
  friend bool operator==(const LayerBegin& a, const LayerBegin& b) {
    return a.name == b.name && a.op == b.op && a.on == b.on && a.macs == b.macs;
  }
};

using StreamItem = std::variant<Command, Fence, HostWork, HostOp, LayerBegin>;

/// Initial contents of memory: bytes given here, or a slice of a file (path relative to the stream's folder).
struct DataImage {
  PhysAddr address;
  std::vector<std::uint8_t> bytes;
  std::string file;  ///< empty: `bytes` holds the data
  std::uint64_t offset = 0;
  Bytes size;  ///< of the slice; for inline data bytes.size()
  friend bool operator==(const DataImage& a, const DataImage& b) {
    return a.address == b.address && a.bytes == b.bytes && a.file == b.file && a.offset == b.offset && a.size == b.size;
  }
};

/// A tensor that the program leaves in memory (or, as an input, expects there).
struct NamedTensor {
  std::string name;
  PhysAddr address;
  std::string type = "int8";  ///< int8, uint8, int32, float32
  std::vector<std::int64_t> shape;
  double scale = 1.0;
  std::int64_t zero_point = 0;
  std::string layout;  ///< empty: row-major as `shape`; otherwise the compiler's word for it (e.g. "NHWC")
  friend bool operator==(const NamedTensor& a, const NamedTensor& b) {
    return a.name == b.name && a.address == b.address && a.type == b.type && a.shape == b.shape && a.scale == b.scale &&
           a.zero_point == b.zero_point && a.layout == b.layout;
  }
};

struct Stream {
  std::vector<StreamItem> items;
  std::vector<unsigned> lines;  ///< of the text, one for each item; empty if it was not read from one
  std::vector<DataImage> data;
  std::vector<NamedTensor> inputs;
  std::vector<NamedTensor> outputs;
  /// Meaning of the LOOP_CONV_WS configuration commands in `items`.
  ConvEncoding conv_encoding = ConvEncoding::Square;

  template <class Item>
  void add(Item item) {
    items.emplace_back(std::move(item));
  }
};

/// What a reader needs to judge a stream.
struct StreamOptions {
  CommandLimits limits;
  ConvEncoding conv_encoding = ConvEncoding::Square;
};

/// Errors are UserErrors "NAME:LINE: mnemonic: what; allowed: what".
Stream read_stream(std::istream& text, const std::string& name, const StreamOptions& options = {});
Stream read_stream_file(const std::string& path, const StreamOptions& options = {});

void write_stream(const Stream& stream, std::ostream& text);
/// Data images larger than `inline_limit` bytes go into one binary file beside the stream (PATH with `.bin` appended).
void write_stream_file(const Stream& stream, const std::string& path, Bytes inline_limit = Bytes{256});

/// One command as the writer prints it (also used by traces and diagnostics).
std::string to_text(const Command& command, ConvEncoding encoding = ConvEncoding::Square);
/// One line of text as a command. `where` opens the error message.
Command command_from_text(const std::string& line, const std::string& where, const StreamOptions& options = {});

/// The folder of a stream's path, for load_image.
std::string folder_of(const std::string& path);
/// The bytes of an image, read from its file if need be; `folder` is the stream's.
std::vector<std::uint8_t> load_image(const DataImage& image, const std::string& folder);

}  // namespace castor::isa

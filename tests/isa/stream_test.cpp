#include "castor/isa/stream.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <sstream>

#include "castor/common/error.h"

namespace castor::isa {
namespace {

Stream parse(const std::string& text, ConvEncoding encoding = ConvEncoding::Square) {
  std::istringstream in(text);
  StreamOptions options;
  options.conv_encoding = encoding;
  return read_stream(in, "stream.txt", options);
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

const Command& command_of(const Stream& stream, std::size_t i = 0) { return std::get<Command>(stream.items.at(i)); }

TEST(StreamText, ReadsACommandByItsFieldNames) {
  const Stream stream = parse("mvin dram=0x80001000 local=0x0 rows=16 cols=64\n");
  EXPECT_EQ(command_of(stream), (Mvin{0, VirtAddr{0x80001000}, {LocalAddr::sp(0), 16, 64}}.encode()));
}

TEST(StreamText, FillsFieldsLeftOutWithDefaults) {
  const Stream stream = parse("config_ex dataflow=os in_shift=3\nconfig_mvout stride=64 acc_scale=keep\n");
  ConfigEx ex;
  ex.weight_stationary = false;
  ex.in_shift = 3;
  EXPECT_EQ(command_of(stream), ex.encode());
  EXPECT_EQ(ConfigMvout::decode(command_of(stream, 1)).acc_scale, 0xFFFFFFFFu);
}

TEST(StreamText, ReadsSymbolicLocalAddresses) {
  const Stream stream = parse(
      "preload bd=sp+12 bd_rows=16 bd_cols=16 c=acc+5+accumulate c_rows=16 c_cols=16\n"
      "compute_preloaded a=0x10 a_rows=16 a_cols=16 bd=garbage\n");
  const Preload preload = Preload::decode(command_of(stream));
  EXPECT_EQ(preload.source.addr, LocalAddr::sp(12));
  EXPECT_EQ(preload.destination.addr, LocalAddr::acc(5, true));
  EXPECT_EQ(Compute::decode(command_of(stream, 1)).bd.addr, LocalAddr::garbage());
}

TEST(StreamText, IgnoresCommentsAndBlankLinesButCountsThem) {
  EXPECT_EQ(error_of("# a comment\n\n  fence # trailing\nmvin rows=17 cols=16 # too many\n"),
            "stream.txt:4: mvin: rows=17; allowed: 1..16");
}

TEST(StreamText, NamesUnknownMnemonicsAndFields) {
  EXPECT_EQ(error_of("mvinn rows=1\n").substr(0, 35), "stream.txt:1: mvinn: unknown mnemon");
  EXPECT_EQ(error_of("mvin rows=1 cols=1 row=3\n"),
            "stream.txt:1: mvin: unknown field row; allowed: dram, local, rows, cols");
  EXPECT_EQ(error_of("mvin rows\n"), "stream.txt:1: mvin: 'rows' has no value; allowed: name=value");
  EXPECT_EQ(error_of("mvin rows=1 rows=2\n"), "stream.txt:1: mvin: field rows given twice");
}

TEST(StreamText, NamesAddressesOutOfRange) {
  EXPECT_EQ(error_of("mvin local=sp+16384 rows=1 cols=1\n"), "stream.txt:1: mvin: local: row 16384; allowed: 0..16383");
  EXPECT_EQ(error_of("mvin local=0x3ff8 rows=16 cols=16\n"),
            "stream.txt:1: mvin: local: scratchpad rows 16376..16391 out of range; allowed: 0..16383");
}

TEST(StreamText, NamesBadNumbers) {
  EXPECT_EQ(error_of("config_mvin state=3\n"), "stream.txt:1: config_mvin: state=3; allowed: 0..2");
  EXPECT_EQ(error_of("mvin rows=one cols=1\n"), "stream.txt:1: mvin: rows=one; allowed: 0..65535");
  EXPECT_EQ(error_of("config_mvin scale=big\n"),
            "stream.txt:1: config_mvin: scale=big; allowed: a float, its bits as 0x..., or keep");
  EXPECT_EQ(error_of("config_ex dataflow=is\n"), "stream.txt:1: config_ex: dataflow=is; allowed: ws, os");
  EXPECT_EQ(error_of("host_work\n"), "stream.txt:1: host_work: field cycles is missing");
}

TEST(StreamText, ReadsHostOperatorsWithTypedArguments) {
  const Stream stream = parse(
      "host_op kind=lrn input=0x80 alpha=0.25 beta=1e-3f size=5 axes=[1,-2] taps=[0.5,1] mode=\"a b\" cycles=77\n");
  const auto& op = std::get<HostOp>(stream.items.at(0));
  EXPECT_EQ(op.kind, "lrn");
  EXPECT_EQ(op.cycles, Cycle{77});
  EXPECT_EQ(op.address("input"), PhysAddr{0x80});
  EXPECT_EQ(op.real("alpha"), 0.25);
  EXPECT_EQ(op.real("beta"), 1e-3);
  EXPECT_EQ(op.real("size"), 5.0);
  EXPECT_EQ(op.integers("axes"), (std::vector<std::int64_t>{1, -2}));
  EXPECT_EQ(op.reals("taps"), (std::vector<double>{0.5, 1.0}));
  EXPECT_EQ(op.text("mode"), "a b");
  EXPECT_EQ(op.integer("absent", 9), 9);
  EXPECT_THROW(op.integer("absent"), UserError);
  EXPECT_THROW(op.integer("mode"), UserError);
}

TEST(StreamText, ReadsLayersDataAndOutputs) {
  const Stream stream = parse(
      "layer name=\"conv 1\" op=Conv on=host macs=99\n"
      "data address=0x100 bytes=00ffA0\n"
      "data address=0x200 file=image.bin offset=4 size=8\n"
      "output name=prob address=0x300 type=int8 shape=[1,10] scale=0.5\n");
  const auto& layer = std::get<LayerBegin>(stream.items.at(0));
  EXPECT_EQ(layer.name, "conv 1");
  EXPECT_EQ(layer.on, Placement::Host);
  EXPECT_EQ(stream.data.at(0).bytes, (std::vector<std::uint8_t>{0x00, 0xff, 0xa0}));
  EXPECT_EQ(stream.data.at(1).size, 8_B);
  EXPECT_EQ(stream.outputs.at(0).shape, (std::vector<std::int64_t>{1, 10}));
  EXPECT_EQ(stream.outputs.at(0).scale, 0.5);
}

TEST(StreamText, RefusesAStreamOfTheOtherConvolutionEncoding) {
  EXPECT_EQ(error_of("stream conv_encoding=rectangular\n"),
            "stream.txt:1: stream: conv_encoding=rectangular; allowed by this configuration: square");
  EXPECT_NO_THROW(parse("stream conv_encoding=rectangular\n", ConvEncoding::Rectangular));
}

TEST(StreamText, NamesAnUnfinishedQuote) {
  EXPECT_EQ(error_of("layer name=\"conv\n"), "stream.txt:1: layer: a quoted value does not end");
}

TEST(StreamFile, PutsLargeImagesBesideTheStreamAndReadsThemBack) {
  Stream stream;
  stream.data.push_back({PhysAddr{0x1000}, std::vector<std::uint8_t>(1000, 7), "", 0, 1000_B});
  stream.data.push_back({PhysAddr{0x2000}, {1, 2, 3}, "", 0, 3_B});
  stream.data.push_back({PhysAddr{0x3000}, std::vector<std::uint8_t>(300, 9), "", 0, 300_B});
  stream.add(Fence{});
  const std::string path = ::testing::TempDir() + "/castor_stream_test.txt";
  write_stream_file(stream, path);
  const Stream back = read_stream_file(path);
  ASSERT_EQ(back.data.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(load_image(back.data[i], folder_of(path)), stream.data[i].bytes);
  EXPECT_EQ(back.data[2].file, "castor_stream_test.txt.bin");
  EXPECT_THROW(load_image({PhysAddr{0}, {}, "castor_stream_test.txt.bin", 1299, 2_B}, folder_of(path)), UserError);
  std::remove(path.c_str());
  std::remove((path + ".bin").c_str());
}

TEST(StreamFile, NamesAMissingFile) { EXPECT_THROW(read_stream_file("/nonexistent/stream.txt"), UserError); }

// ---------------------------------------------------------------- random streams survive writing and reading

class RandomStream {
 public:
  RandomStream(unsigned seed, ConvEncoding encoding) : random_(seed), encoding_(encoding) {}

  Stream stream() {
    Stream s;
    s.conv_encoding = encoding_;
    for (unsigned i = 0; i < 60; ++i) add(s);
    s.data.push_back({PhysAddr{number(1ULL << 40)}, {1, 2, static_cast<std::uint8_t>(number(255))}, "", 0, 3_B});
    s.data.push_back({PhysAddr{64}, {}, "file name.bin", number(100), Bytes{number(50)}});
    s.outputs.push_back({"out \"x\"", PhysAddr{number(1000)}, "int32", {2, 3}, real(), -3, "NHWC"});
    s.inputs.push_back({"in", PhysAddr{8}, "float32", {}, 1.0, 0, ""});
    return s;
  }

 private:
  std::uint64_t number(std::uint64_t most) { return random_() % (most + 1); }
  std::uint32_t small(std::uint64_t most) { return static_cast<std::uint32_t>(number(most)); }
  double real() { return static_cast<double>(random_()) / 977.0 - 1e5; }
  LocalBlock block(std::uint64_t cols = 16) {
    const LocalAddr addr =
        number(1) ? LocalAddr::sp(small(16000)) : LocalAddr::acc(small(1000), number(1), number(1) && cols <= 16);
    return {addr, small(15) + 1, small(cols - 1) + 1};
  }

  void add(Stream& s) {
    switch (number(8)) {
      case 0:
        return s.add(Mvin{small(2), VirtAddr{number(~0ULL - 1)}, block()}.encode());
      case 1:
        return s.add(Mvout{VirtAddr{random_()}, block()}.encode());
      case 2:
        return s.add(Preload{{LocalAddr::garbage(), 16, 16}, block()}.encode());
      case 3:
        return s.add(Compute{number(1) == 1, block(), block()}.encode());
      case 4:
        return s.add(Fence{});
      case 5:
        return s.add(HostWork{Cycle{random_()}});
      case 6:
        return s.add(LayerBegin{"layer " + std::to_string(number(99)), "Conv",
                                number(1) ? Placement::Host : Placement::Accelerator, random_()});
      case 7:
        return s.add(host_op());
      default:
        return s.add(any_command());
    }
  }

  HostOp host_op() {
    HostOp op;
    op.kind = "kind";
    op.cycles = Cycle{number(50)};
    op.with("a", std::int64_t{-5}).with("b", real()).with("c", std::string("x=\\\" #y"));
    op.with("d", std::vector<std::int64_t>{1, -2, 3}).with("e", std::vector<double>{real(), 1.0});
    return op;
  }

  /// Random bits: fields fall on both sides of what the views keep, so this also tests the raw form.
  Command any_command() {
    static const std::uint8_t functs[] = {0, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 126};
    for (;;) {
      Command c{functs[number(sizeof functs - 1)], random_(), number(1) ? random_() : 0};
      if (c.is_config(ConfigKind::Mvin) || c.is_config(ConfigKind::Ex)) c.rs1 &= ~0x318ULL;
      if (!range_error(c, {})) return c;
    }
  }

  std::mt19937_64 random_;
  ConvEncoding encoding_;
};

TEST(StreamText, SurvivesWritingAndReading) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ConvEncoding encoding = seed % 2 ? ConvEncoding::Square : ConvEncoding::Rectangular;
    const Stream stream = RandomStream(seed, encoding).stream();
    std::ostringstream out;
    write_stream(stream, out);
    const Stream back = parse(out.str(), encoding);
    ASSERT_EQ(back.items.size(), stream.items.size());
    for (std::size_t i = 0; i < stream.items.size(); ++i) ASSERT_EQ(back.items[i], stream.items[i]) << "item " << i;
    ASSERT_EQ(back.data, stream.data);
    ASSERT_EQ(back.inputs, stream.inputs);
    ASSERT_EQ(back.outputs, stream.outputs);
  }
}

TEST(CommandText, SpellsFieldsRatherThanRawWords) {
  ConfigMvin config;
  config.stride = 64;
  config.scale = 0x3E4CCCCD;
  EXPECT_EQ(to_text(config.encode()), "config_mvin state=0 stride=64 scale=0.2 block_stride=16 pixel_repeats=1");
  EXPECT_EQ(to_text({99, 1, 2}), "command funct=99 rs1=0x1 rs2=0x2");
  EXPECT_EQ(command_from_text(to_text(config.encode()), "here"), config.encode());
}

}  // namespace
}  // namespace castor::isa

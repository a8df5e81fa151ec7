// Bad input of every kind: exit status 2 and one clear line that names where, what, and what is allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "program.h"

namespace castor::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string edge = source("configs/edge.yaml");

void expect_error(const Outcome& outcome, const testing::Matcher<std::string>& message) {
  EXPECT_EQ(outcome.status, 2) << outcome.out;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << "one line: " << outcome.err;
  EXPECT_THAT(outcome.err, message);
}

Outcome with_config(const std::string& yaml) { return castor({"config", "--config", file_with("soc.yaml", yaml)}); }

Outcome with_stream(const std::string& text) {
  return castor(
      {"run", "--config", edge, "--commands", file_with("program.stream", text), "--out", directory(), "--quiet"});
}

Outcome with_model(const std::string& model, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"run", "--config", edge, "--model", data(model), "--out", directory(), "--quiet"};
  words.insert(words.end(), more.begin(), more.end());
  return castor(words);
}

// ---- usage

TEST(BadUsage, NoSubcommand) {
  expect_error(castor({}), HasSubstr("a subcommand is needed; allowed: run, compile, header, config, replay"));
}

TEST(BadUsage, UnknownSubcommand) {
  expect_error(castor({"walk"}), HasSubstr("unknown subcommand 'walk'; allowed: run, compile, header, config, replay"));
}

TEST(BadUsage, UnknownFlag) {
  expect_error(castor({"run", "--config", edge, "--frobnicate"}),
               AllOf(HasSubstr("castor run: "), HasSubstr("--frobnicate"), HasSubstr("see castor run --help")));
}

TEST(BadUsage, AnAbbreviatedFlag) { expect_error(castor({"run", "--conf", edge}), HasSubstr("--conf")); }

TEST(BadUsage, NoConfig) { expect_error(castor({"run", "--model", "m.onnx"}), HasSubstr("--config")); }

TEST(BadUsage, NoWorkload) {
  expect_error(castor({"run", "--config", edge}),
               HasSubstr("core 0 has no workload; allowed: --model, --elf or --commands"));
}

TEST(BadUsage, TwoWorkloads) {
  expect_error(castor({"run", "--config", edge, "--model", "a", "--commands", "b"}),
               HasSubstr("2 workloads for 1 core; allowed: one"));
}

TEST(BadUsage, AWordTooMany) { expect_error(castor({"config", "edge"}), HasSubstr("castor config: ")); }

TEST(BadUsage, UnknownTrace) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--trace", "pcap"}),
               HasSubstr("--trace is 'pcap'; allowed: commands, marks, perfetto, vcd"));
}

TEST(BadUsage, ValuesNeitherOnNorOff) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--values", "maybe"}),
               HasSubstr("--values is 'maybe'; allowed: on, off"));
}

TEST(BadUsage, CheckWithoutValues) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--values", "off", "--check"}),
               HasSubstr("--check compares values; allowed with --values on only"));
}

TEST(BadUsage, MaxCyclesThatIsNoNumber) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--max-cycles", "soon"}),
               HasSubstr("--max-cycles is 'soon'; allowed: a whole number of cycles"));
}

TEST(BadUsage, SampleWindowThatIsNoNumber) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--sample", "often"}),
               HasSubstr("--sample is 'often'; allowed: a whole number of cycles"));
}

TEST(BadUsage, SampleWindowBelowZero) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--sample", "-5"}),
               HasSubstr("--sample is '-5'; allowed: a whole number of cycles"));
}

TEST(BadUsage, SampleWindowOfNoCycle) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--sample", "0"}),
               HasSubstr("--sample is '0'; allowed: at least 1 cycle"));
}

TEST(BadUsage, MaxCyclesBelowZero) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--max-cycles", "-5"}),
               HasSubstr("--max-cycles is '-5'; allowed: a whole number of cycles"));
}

TEST(BadUsage, AnInputWithoutAModel) {
  expect_error(castor({"run", "--config", edge, "--commands", "s", "--input", "x.npy"}),
               HasSubstr("--input goes with --model only"));
}

TEST(BadUsage, ATraceWithoutAKind) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--trace"}), HasSubstr("--trace"));
}

TEST(BadUsage, UnknownLogLevel) {
  expect_error(castor({"run", "--config", edge, "--model", "m", "--log-level", "loud"}),
               HasSubstr("--log-level is 'loud'; allowed: trace, debug, info, warn, error, critical, off"));
}

TEST(BadUsage, ATraceThatTheDiskDoesNotHold) {
  const std::string out = directory();
  std::filesystem::create_symlink("/dev/full", out + "/commands.trace");
  expect_error(castor({"run", "--config", edge, "--commands", file_with("program.stream", "fence\n"), "--out", out,
                       "--quiet", "--trace", "commands"}),
               HasSubstr("commands.trace cannot be written completely: is the disk full?"));
}

TEST(BadUsage, AReplayOnTwoCores) {
  expect_error(castor({"replay", "--config", edge, "-p", "soc.cores=2", "--trace", "none"}),
               HasSubstr("soc.cores: a trace is of one core, the machine has 2; allowed: 1"));
}

TEST(BadUsage, AnElfThatIsNotThere) {
  expect_error(castor({"run", "--config", edge, "--elf", "a.out"}), HasSubstr("--elf a.out: there is no such file"));
}

// ---- configuration

TEST(BadConfig, MissingFile) {
  expect_error(castor({"config", "--config", "/no/such.yaml"}), HasSubstr("/no/such.yaml"));
}

TEST(BadConfig, ADirectory) {
  expect_error(castor({"config", "--config", directory()}), HasSubstr("cannot be read; allowed: a configuration file"));
}

TEST(BadConfig, FilesThatIncludeEachOther) {
  expect_error(with_config("include: soc.yaml\n"), HasSubstr("files include each other"));
}

TEST(BadConfig, SomethingThatIsNotYaml) {
  expect_error(with_config("gemmini:\n  meshRows: [1\n"), AllOf(HasSubstr("soc.yaml:3"), HasSubstr("not YAML")));
}

TEST(BadConfig, ALastLevelCacheBeforeIdealMemory) {
  expect_error(with_config("dram:\n  llc:\n    enabled: true\n"),
               AllOf(HasSubstr("soc.yaml:3"), HasSubstr("a last-level cache needs dram.model: ddr3")));
}

TEST(BadConfig, AMeshThatIsNoPowerOfTwo) {
  expect_error(with_config("gemmini:\n  meshRows: 12\n  meshColumns: 12\n"),
               AllOf(HasSubstr("soc.yaml:2"), HasSubstr("power of two"), HasSubstr("not 12")));
}

TEST(BadConfig, AnAccumulatorLargerThanTheScratchpadAllows) {
  expect_error(
      with_config("gemmini:\n  acc_capacity: 1 MiB\n"),
      AllOf(HasSubstr("soc.yaml:2"), HasSubstr("gemmini.acc_capacity"), HasSubstr("too large"), HasSubstr("allowed")));
}

TEST(BadConfig, UnknownKey) {
  expect_error(with_config("gemmini:\n  meshRows: 16\n  mesh_rowz: 16\n"),
               AllOf(HasSubstr("soc.yaml:3"), HasSubstr("mesh_rowz")));
}

TEST(BadConfig, WrongUnit) {
  expect_error(with_config("gemmini:\n  sp_capacity: 256 cycles\n"),
               AllOf(HasSubstr("soc.yaml:2"), HasSubstr("gemmini.sp_capacity"), HasSubstr("allowed")));
}

TEST(BadConfig, ValueOutOfRange) {
  expect_error(with_config("dram:\n  latency: -5\n"), AllOf(HasSubstr("soc.yaml:2"), HasSubstr("dram.latency")));
}

TEST(BadConfig, BanksThatAreNoPowerOfTwo) {
  expect_error(with_config("gemmini:\n  sp_banks: 3\n"),
               AllOf(HasSubstr("soc.yaml:2"), HasSubstr("gemmini.sp_banks"), HasSubstr("power of two")));
}

TEST(BadConfig, AnAccumulatorLargerThanAllowed) {
  expect_error(with_config("gemmini:\n  acc_capacity: 4 GiB\n"),
               AllOf(HasSubstr("soc.yaml:2"), HasSubstr("gemmini.acc_capacity"), HasSubstr("allowed")));
}

TEST(BadConfig, ABadOverrideNamesItself) {
  expect_error(castor({"config", "-p", "l2.wayz=4"}), AllOf(HasSubstr("-p l2.wayz=4"), HasSubstr("wayz")));
}

// ---- models

TEST(BadModel, MissingFile) {
  expect_error(castor({"run", "--config", edge, "--model", "/no/such.onnx", "--out", directory()}),
               HasSubstr("--model /no/such.onnx: there is no such file"));
}

TEST(BadModel, Truncated) { expect_error(with_model("truncated.onnx"), HasSubstr("truncated.onnx")); }

TEST(BadModel, Empty) { expect_error(with_model("empty.onnx"), HasSubstr("empty.onnx")); }

TEST(BadModel, AnUnsupportedOperatorNamesTheNode) {
  expect_error(with_model("unsupported.onnx"), AllOf(HasSubstr("strange"), HasSubstr("Einsum")));
}

TEST(BadModel, AnUnsupportedAttributeNamesTheNode) {
  expect_error(with_model("attribute.onnx"), AllOf(HasSubstr("reshaped"), HasSubstr("auto_pad")));
}

TEST(BadModel, AnInputOfTheWrongShape) {
  expect_error(with_model("small-int8.onnx", {"--input", data("wrong-shape.npy")}),
               AllOf(HasSubstr("1x3x16x16"), HasSubstr("1x3x32x32")));
}

TEST(BadModel, AMissingInput) {
  expect_error(with_model("small-int8.onnx", {"--input", "/no/such.npy"}), HasSubstr("/no/such.npy"));
}

// ---- command streams

TEST(BadStream, MissingFile) {
  expect_error(castor({"run", "--config", edge, "--commands", "/no/such.stream", "--out", directory()}),
               HasSubstr("--commands /no/such.stream: there is no such file"));
}

TEST(BadStream, UnknownMnemonic) {
  expect_error(with_stream("# a comment\nmove dram=0x0\n"), HasSubstr("program.stream:2: move: unknown mnemonic"));
}

TEST(BadStream, ADirectory) {
  expect_error(castor({"run", "--config", edge, "--commands", directory(), "--out", directory()}),
               HasSubstr("is a directory; allowed: a file that can be read"));
}

TEST(BadStream, AnUnknownField) {
  expect_error(with_stream("mvin dram=0x1 local=sp+0 rows=16 cols=16 foo=1\n"),
               HasSubstr("program.stream:1: mvin: unknown field foo; allowed: dram, local, rows, cols"));
}

TEST(BadStream, AValueThatIsNoNumber) {
  expect_error(with_stream("mvin dram=zz local=sp+0 rows=1 cols=1\n"),
               HasSubstr("program.stream:1: mvin: dram=zz; allowed: "));
}

TEST(BadStream, AStoreIntoAScratchpadThatTileLinkDoesNotReach) {
  expect_error(with_stream("fence\nstore_spad destination=sp+0 stride=1 local=acc+0 rows=1 cols=1\n"),
               AllOf(HasSubstr("program.stream:2: store_spad: "), HasSubstr("allowed: with gemmini.has_store_spad")));
}

TEST(BadStream, BytesThatAreNoText) {
  expect_error(with_stream(std::string("\x01\x02\xff\x00\n", 5)),
               HasSubstr("program.stream:1: \\x01\\x02\\xff\\x00: unknown mnemonic"));
}

TEST(BadStream, RowsAboveDim) {
  expect_error(with_stream("mvin dram=0x80000000 local=sp+0 rows=17 cols=16\n"),
               HasSubstr("program.stream:1: mvin: rows=17; allowed: 1..16"));
}

TEST(BadStream, ALocalAddressOutOfRange) {
  expect_error(with_stream("mvin dram=0x80000000 local=sp+16384 rows=1 cols=16\n"),
               AllOf(HasSubstr("program.stream:1: mvin: "), HasSubstr("16384"), HasSubstr("allowed: ")));
}

TEST(BadStream, AnAddressThatIsNotMemory) {
  expect_error(with_stream("config_mvin stride=16\nmvin dram=0x10 local=sp+0 rows=1 cols=16\nfence\n"),
               AllOf(HasSubstr("0x10"), HasSubstr("cycle ")));
}

TEST(BadStream, DataThatDoesNotFitMemory) {
  expect_error(with_stream("data address=0x10 bytes=00\n"), HasSubstr("0x10"));
}

TEST(BadStream, ADataFileThatIsNotThere) {
  expect_error(with_stream("data address=0x80000000 file=none.bin offset=0 size=16\n"), HasSubstr("none.bin"));
}

// ---- output

TEST(BadOutput, ADirectoryThatCannotBeMade) {
  const std::string file = file_with("a-file", "x");
  expect_error(
      castor({"run", "--config", edge, "--commands", file_with("program.stream", one_tile), "--out", file + "/out"}),
      HasSubstr("--out " + file + "/out: cannot be made: Not a directory; allowed: a directory that can be written"));
}

TEST(BadOutput, ADirectoryNothingCanBeWrittenTo) {
  expect_error(castor({"run", "--config", edge, "--commands", file_with("program.stream", one_tile), "--out", "/proc"}),
               HasSubstr("--out /proc: "));
}

}  // namespace
}  // namespace castor::e2e

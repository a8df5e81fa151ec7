#include "castor/config/settings.h"

#include <gtest/gtest.h>

#include "user_error.h"

namespace castor::config {
namespace {

std::string spelled(const std::vector<Setting>& settings) {
  std::string text;
  for (const Setting& setting : settings) text += setting.path + "=" + setting.text + " ";
  return text;
}

TEST(Settings, KeepOrderPathAndLine) {
  const ScratchDirectory directory;
  const auto settings =
      read_settings(directory.write("a.yaml", "l2:\n  ways: 4\n  capacity: 1 MiB\nsoc:\n  clock_ghz: 2\n"));
  EXPECT_EQ(spelled(settings), "l2.ways=4 l2.capacity=1 MiB soc.clock_ghz=2 ");
  EXPECT_EQ(settings[1].origin.text(), directory.file("a.yaml") + ":3");
}

TEST(Settings, TakeAnEmptyFileForNoSettings) {
  const ScratchDirectory directory;
  EXPECT_TRUE(read_settings(directory.write("a.yaml", "")).empty());
  EXPECT_TRUE(read_settings(directory.write("b.yaml", "# nothing\n")).empty());
}

TEST(Settings, ComeFromIncludedFilesFirst) {
  const ScratchDirectory directory;
  directory.write("sub/base.yaml", "l2:\n  ways: 2\n");
  directory.write("sub/more.yaml", "include: base.yaml\nl2:\n  ways: 4\n");
  directory.write("other.yaml", "l2:\n  ways: 16\n");
  const auto top = directory.write("top.yaml", "l2:\n  ways: 8\ninclude: [sub/more.yaml, other.yaml]\n");
  EXPECT_EQ(spelled(read_settings(top)), "l2.ways=2 l2.ways=4 l2.ways=16 l2.ways=8 ");
}

TEST(Settings, MayIncludeAFileByTwoWays) {
  const ScratchDirectory directory;
  directory.write("base.yaml", "l2:\n  ways: 2\n");
  directory.write("left.yaml", "include: base.yaml\n");
  directory.write("right.yaml", "include: base.yaml\n");
  const auto top = directory.write("top.yaml", "include: [left.yaml, right.yaml]\n");
  EXPECT_EQ(spelled(read_settings(top)), "l2.ways=2 l2.ways=2 ");
}

TEST(Settings, RefuseAMissingFile) {
  const ScratchDirectory directory;
  const std::string path = directory.file("missing.yaml");
  EXPECT_EQ(user_error([&] { read_settings(path); }), path + ": cannot be read; allowed: a configuration file (YAML)");
  const std::string folder = directory.file("");
  EXPECT_EQ(user_error([&] { read_settings(folder); }),
            folder + ": cannot be read; allowed: a configuration file (YAML)");
}

TEST(Settings, RefuseAMissingIncludeAtItsLine) {
  const ScratchDirectory directory;
  const auto top = directory.write("top.yaml", "include:\n  - gone.yaml\n");
  EXPECT_EQ(user_error([&] { read_settings(top); }),
            top + ":2: include: there is no file '" + directory.file("gone.yaml") + "'");
}

TEST(Settings, RefuseFilesThatIncludeEachOther) {
  const ScratchDirectory directory;
  const auto a = directory.write("a.yaml", "include: b.yaml\n");
  const auto b = directory.write("b.yaml", "soc:\n  clock_ghz: 1\ninclude: a.yaml\n");
  EXPECT_EQ(user_error([&] { read_settings(a); }),
            b + ":3: include: files include each other: a.yaml -> b.yaml -> a.yaml");
  const auto self = directory.write("self.yaml", "include: self.yaml\n");
  EXPECT_EQ(user_error([&] { read_settings(self); }),
            self + ":1: include: files include each other: self.yaml -> self.yaml");
}

TEST(Settings, RefuseAnIncludeThatIsNoFileName) {
  const ScratchDirectory directory;
  const auto top = directory.write("top.yaml", "include: {a: b}\n");
  EXPECT_EQ(user_error([&] { read_settings(top); }),
            top + ":1: include: not a file name; allowed: a file name or a list of file names");
}

TEST(Settings, RefuseAKeyStatedTwice) {
  const ScratchDirectory directory;
  const auto value = directory.write("value.yaml", "l2:\n  ways: 4\n  ways: 8\n");
  EXPECT_EQ(user_error([&] { read_settings(value); }), value + ":3: l2.ways: stated twice, first in line 2");
  const auto group = directory.write("group.yaml", "l2:\n  ways: 4\nl2:\n  banks: 8\n");
  EXPECT_EQ(user_error([&] { read_settings(group); }), group + ":3: l2: stated twice, first in line 1");
  const auto dotted = directory.write("dotted.yaml", "l2:\n  ways: 4\nl2.ways: 8\n");
  EXPECT_EQ(user_error([&] { read_settings(dotted); }), dotted + ":3: l2.ways: stated twice, first in line 2");
}

TEST(Settings, RefuseWhatIsNoValue) {
  const ScratchDirectory directory;
  const auto list = directory.write("list.yaml", "l2:\n  ways: [4, 8]\n");
  EXPECT_EQ(user_error([&] { read_settings(list); }), list + ":2: l2.ways: a list; allowed: one value");
  const auto empty = directory.write("empty.yaml", "l2:\n  ways:\n");
  EXPECT_EQ(user_error([&] { read_settings(empty); }), empty + ":2: l2.ways: has no value");
  const auto text = directory.write("text.yaml", "just words\n");
  EXPECT_EQ(user_error([&] { read_settings(text); }),
            text + ":1: a configuration is 'group:' lines with 'parameter: value' lines below them");
}

TEST(Settings, RefuseATextThatIsNotYaml) {
  const ScratchDirectory directory;
  const auto path = directory.write("bad.yaml", "l2:\n  ways: [4\nsoc: }\n");
  EXPECT_EQ(user_error([&] { read_settings(path); }).rfind(path + ":3: not YAML: ", 0), 0u);
}

TEST(Settings, RefuseASecondDocument) {
  const ScratchDirectory directory;
  const auto path = directory.write("two.yaml", "l2:\n  ways: 4\n---\nl2:\n  ways: 8\n");
  EXPECT_EQ(user_error([&] { read_settings(path); }),
            path + ":4: a configuration file holds one YAML document, not several");
}

TEST(Override, IsKeyAndValue) {
  const Setting setting = parse_override("gemmini.sp_capacity = 512 KiB");
  EXPECT_EQ(setting.path, "gemmini.sp_capacity");
  EXPECT_EQ(setting.text, "512 KiB");
  EXPECT_EQ(setting.origin.kind(), Origin::Kind::CommandLine);
}

TEST(Override, IsRefusedWithoutKeyOrValue) {
  const std::string allowed = ": not an override; allowed: key=value, for example -p l2.ways=4";
  for (const char* text : {"l2.ways", "l2.ways=", "=4", ""}) {
    EXPECT_EQ(user_error([&] { parse_override(text); }), "-p " + std::string(text) + allowed);
  }
}

}  // namespace
}  // namespace castor::config

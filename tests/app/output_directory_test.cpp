#include "castor/app/output_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "castor/common/error.h"

namespace castor::app {
namespace {

std::string fresh(const std::string& name) {
  const std::string path = testing::TempDir() + "castor_out_" + name;
  std::filesystem::remove_all(path);
  return path;
}

TEST(OutputDirectory, IsMadeWithItsParents) {
  const std::string path = fresh("made") + "/a/b";
  const OutputDirectory out(path);
  out.write("x.txt", "hello");
  std::ifstream file(path + "/x.txt");
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path), {}), 1) << "the trial file is gone";
}

TEST(OutputDirectory, RefusesAPathBelowAFile) {
  const std::string path = fresh("file");
  std::ofstream(path) << "x";
  try {
    OutputDirectory out(path + "/below");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(std::string(error.what()),
              "--out " + path + "/below: cannot be made: Not a directory; allowed: a directory that can be written");
  }
}

TEST(OutputDirectory, RefusesADirectoryNothingCanBeWrittenTo) {
  try {
    OutputDirectory out("/proc");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("--out /proc: .castor-writes-here cannot be written: "));
  }
}

}  // namespace
}  // namespace castor::app

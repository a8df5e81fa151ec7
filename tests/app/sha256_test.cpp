#include "castor/app/sha256.h"

#include <gtest/gtest.h>

#include <fstream>

#include "castor/common/error.h"

namespace castor::app {
namespace {

std::string sum(const std::string& text) {
  Sha256 sha;
  sha.add(text.data(), text.size());
  return sha.hex();
}

// The examples of FIPS 180-4 and of NIST's test vectors.
TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(sum(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sum("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sum(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheMessageIsCut) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (const std::size_t cut : {1U, 55U, 56U, 63U, 64U, 65U, 200U}) {
    Sha256 sha;
    for (std::size_t at = 0; at < text.size(); at += cut) sha.add(text.data() + at, std::min(cut, text.size() - at));
    EXPECT_EQ(sha.hex(), sum(text)) << cut;
  }
}

TEST(Sha256, SumsAFile) {
  const std::string path = testing::TempDir() + "sha256_sums_a_file";
  std::ofstream(path) << "abc";
  EXPECT_EQ(sha256_of_file(path), sum("abc"));
  EXPECT_THROW(sha256_of_file(path + ".none"), UserError);
}

}  // namespace
}  // namespace castor::app

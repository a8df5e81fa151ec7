// SHA-256 of a file (FIPS 180-4), for the report. Own code: one function is no reason to depend on a library of
// ciphers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace castor::app {

class Sha256 {
 public:
  void add(const void* bytes, std::size_t count);
  /// Ends the message; lower-case hexadecimal.
  std::string hex();

 private:
  void take_block(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t bytes_ = 0;
};

/// A file that cannot be read is a UserError.
std::string sha256_of_file(const std::string& path);

}  // namespace castor::app

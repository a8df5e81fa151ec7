#include "castor/host/htif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "castor/common/error.h"

namespace castor::host {
namespace {

using testing::HasSubstr;

constexpr PhysAddr tohost{0x80001000}, fromhost{0x80001040}, words{0x80002000}, text{0x80003000};

struct Bench {
  explicit Bench(const std::string& typed = "") : keyboard(typed) {
    htif.when_exit([this](std::int64_t value) { code = value; });
  }
  void request(std::uint64_t word) {
    memory.put(tohost, word);
    htif.look();
  }
  void call(std::uint64_t number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) {
    const std::array<std::uint64_t, 8> values = {number, a, b, c};
    memory.put(words, values);
    request(words.value());
  }
  std::uint64_t answer() {
    const auto value = memory.get<std::uint64_t>(fromhost);
    memory.put<std::uint64_t>(fromhost, 0);
    htif.look();
    return value;
  }
  std::uint64_t result() { return memory.get<std::uint64_t>(words); }
  std::string refusal(std::uint64_t word) {
    try {
      request(word);
    } catch (const UserError& error) {
      return error.what();
    }
    ADD_FAILURE() << "no UserError";
    return "";
  }

  functional::SparseMemory memory;
  std::ostringstream console;
  std::istringstream keyboard;
  Htif htif{memory, tohost, fromhost, console, &keyboard};
  std::optional<std::int64_t> code;
};

std::uint64_t console_request(unsigned command, std::uint64_t payload = 0) {
  return 1ULL << 56 | static_cast<std::uint64_t>(command) << 48 | payload;
}

TEST(Htif, EndsTheProgramWithItsExitCode) {
  Bench bench;
  bench.request(1);
  EXPECT_EQ(bench.code, 0);
  bench.request(1337 << 1 | 1);
  EXPECT_EQ(bench.code, 1337);
  EXPECT_EQ(bench.memory.get<std::uint64_t>(tohost), 0U) << "the request is taken";
}

TEST(Htif, EndsTheProgramWithANegativeExitCode) {
  Bench bench;
  bench.request(~0ULL);
  EXPECT_EQ(bench.code, -1);
}

TEST(Htif, DoesNothingUntilThereIsARequest) {
  Bench bench;
  bench.htif.look();
  EXPECT_FALSE(bench.code);
  EXPECT_EQ(bench.answer(), 0U);
}

TEST(Htif, PrintsACharacterWithoutAnAnswer) {
  Bench bench;
  bench.request(console_request(1, 'h'));
  bench.request(console_request(1, 'i'));
  bench.request(console_request(1, 'C'));
  EXPECT_EQ(bench.console.str(), "hiC");
  EXPECT_EQ(bench.answer(), 0U);
  EXPECT_FALSE(bench.code) << "an odd character is no exit code";
}

TEST(Htif, WritesABufferThroughASystemCall) {
  Bench bench;
  bench.memory.write(text, "hello\n", 6);
  bench.call(64, 1, text.value(), 6);
  EXPECT_EQ(bench.console.str(), "hello\n");
  EXPECT_EQ(bench.result(), 6U);
  EXPECT_EQ(bench.answer(), 1U);
}

TEST(Htif, WritesABufferLongerThanAPiece) {
  Bench bench;
  const std::string line(10000, '=');
  bench.memory.write(text, line.data(), line.size());
  bench.call(64, 2, text.value(), line.size());
  EXPECT_EQ(bench.console.str(), line);
}

TEST(Htif, TellsOfABadDescriptor) {
  Bench bench;
  bench.call(64, 7, text.value(), 6);
  EXPECT_EQ(static_cast<std::int64_t>(bench.result()), -9);
  EXPECT_EQ(bench.console.str(), "");
  EXPECT_EQ(bench.answer(), 1U);
}

TEST(Htif, EndsTheProgramThroughASystemCall) {
  Bench bench;
  bench.call(93, 5);
  EXPECT_EQ(bench.code, 5);
}

TEST(Htif, AnswersWhenTheProgramHasTakenTheAnswerBefore) {
  Bench bench;
  bench.memory.put<std::uint64_t>(fromhost, 42);
  bench.call(64, 1, text.value(), 0);
  EXPECT_EQ(bench.answer(), 42U);
  EXPECT_EQ(bench.answer(), 1U);
  EXPECT_EQ(bench.answer(), 0U);
}

TEST(Htif, GivesTypedCharactersWithTheRequestsName) {
  Bench bench("ab");
  bench.request(console_request(0));
  EXPECT_EQ(bench.answer(), 0x0100000000000161U);
  bench.request(console_request(0));
  EXPECT_EQ(bench.answer(), 0x0100000000000162U);
  bench.request(console_request(0));
  EXPECT_EQ(bench.answer(), 0U) << "nothing is typed any more";
}

TEST(Htif, RefusesWhatItDoesNotKnow) {
  Bench bench;
  EXPECT_THAT(bench.refusal(2ULL << 56), HasSubstr("device 2; allowed: 0 (exit and system calls), 1 (console)"));
  EXPECT_THAT(bench.refusal(console_request(7)), HasSubstr("command of device 1, number 7; allowed: 0 (read), 1"));
  EXPECT_THAT(bench.refusal(1ULL << 48), HasSubstr("command of device 0, number 1; allowed: 0"));
  bench.memory.put<std::uint64_t>(words, 1024);
  EXPECT_THAT(bench.refusal(words.value()), HasSubstr("system call 1024; allowed: 64 (write), 93 (exit)"));
}

TEST(Htif, LetsAProgramWithoutFromhostPrintAndEnd) {
  functional::SparseMemory memory;
  std::ostringstream console;
  Htif htif(memory, tohost, std::nullopt, console);
  std::optional<std::int64_t> code;
  htif.when_exit([&](std::int64_t value) { code = value; });
  for (const std::uint64_t word : {console_request(1, 'x'), console_request(0), std::uint64_t{7}}) {
    memory.put(tohost, word);
    htif.look();
  }
  EXPECT_EQ(console.str(), "x");
  EXPECT_EQ(code, 3);
}

}  // namespace
}  // namespace castor::host

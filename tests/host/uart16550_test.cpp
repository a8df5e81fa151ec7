#include "castor/host/uart16550.h"

#include <gtest/gtest.h>

#include <sstream>

namespace castor::host {
namespace {

enum { Rbr = 0, Thr = 0, Ier = 1, Iir = 2, Fcr = 2, Lcr = 3, Mcr = 4, Lsr = 5, Msr = 6, Scr = 7 };

struct Bench {
  explicit Bench(const std::string& typed = "") : input(typed), uart(output, &input) {}
  unsigned read(unsigned reg) {
    std::uint64_t value = 0;
    EXPECT_TRUE(uart.read(Cycle{}, reg, 1, value));
    return static_cast<unsigned>(value);
  }
  void write(unsigned reg, std::uint8_t value) { EXPECT_TRUE(uart.write(Cycle{}, reg, 1, value)); }
  bool interrupt() { return uart.interrupt().level(); }

  std::ostringstream output;
  std::istringstream input;
  Uart16550 uart;
};

TEST(Uart16550, PrintsWhatIsSent) {
  Bench bench;
  for (const char character : std::string("hi\n\xff")) bench.write(Thr, static_cast<std::uint8_t>(character));
  EXPECT_EQ(bench.output.str(), "hi\n\xff");
  EXPECT_EQ(bench.read(Lsr), 0x60U) << "always ready for the next";
}

TEST(Uart16550, ReceivesWhatIsTypedInOrder) {
  Bench bench("ab");
  EXPECT_EQ(bench.read(Lsr) & 1, 1U);
  EXPECT_EQ(bench.read(Rbr), 'a');
  EXPECT_EQ(bench.read(Rbr), 'b');
  EXPECT_EQ(bench.read(Lsr) & 1, 0U);
  EXPECT_EQ(bench.read(Rbr), 0U);
}

TEST(Uart16550, KeepsTheDivisorBehindTheLatchBit) {
  Bench bench("x");
  bench.write(Lcr, 0x83);
  bench.write(0, 0x12);
  bench.write(1, 0x34);
  EXPECT_EQ(bench.read(0), 0x12U);
  EXPECT_EQ(bench.read(1), 0x34U);
  bench.write(Lcr, 0x03);
  EXPECT_EQ(bench.read(Lcr), 0x03U);
  EXPECT_EQ(bench.read(Ier), 0U);
  EXPECT_EQ(bench.output.str(), "") << "a divisor is not sent";
  EXPECT_EQ(bench.read(Rbr), 'x') << "nor does reading it receive";
}

TEST(Uart16550, HasAScratchRegister) {
  Bench bench;
  bench.write(Scr, 0x5a);
  EXPECT_EQ(bench.read(Scr), 0x5aU);
}

TEST(Uart16550, InterruptsWhileACharacterIsThere) {
  Bench bench("a");
  EXPECT_FALSE(bench.interrupt());
  bench.write(Ier, 0x01);
  EXPECT_TRUE(bench.interrupt());
  EXPECT_EQ(bench.read(Iir), 0x04U);
  EXPECT_TRUE(bench.interrupt()) << "reading IIR does not take the character";
  bench.read(Rbr);
  EXPECT_FALSE(bench.interrupt());
  EXPECT_EQ(bench.read(Iir), 0x01U);
}

TEST(Uart16550, InterruptsWhenTheTransmitterHasBecomeEmpty) {
  Bench bench;
  bench.write(Ier, 0x02);
  EXPECT_TRUE(bench.interrupt());
  EXPECT_EQ(bench.read(Iir), 0x02U);
  EXPECT_FALSE(bench.interrupt()) << "IIR has told of it";
  bench.write(Ier, 0x02);
  EXPECT_FALSE(bench.interrupt()) << "it was enabled before";
  bench.write(Thr, 'a');
  EXPECT_TRUE(bench.interrupt());
}

TEST(Uart16550, TellsOfReceptionBeforeTransmission) {
  Bench bench("a");
  bench.write(Ier, 0x03);
  EXPECT_EQ(bench.read(Iir), 0x04U);
  bench.read(Rbr);
  EXPECT_EQ(bench.read(Iir), 0x02U);
}

TEST(Uart16550, TellsATimeoutBelowTheTriggerLevelOfTheFifo) {
  Bench bench("abcd");
  bench.write(Ier, 0x01);
  bench.write(Fcr, 0x41);  // four characters
  EXPECT_EQ(bench.read(Iir), 0xc4U);
  bench.read(Rbr);
  EXPECT_EQ(bench.read(Iir), 0xccU);
}

TEST(Uart16550, TakesFromItsStreamNoMoreThanTheFifoHolds) {
  Bench bench("0123456789abcdefghij");
  bench.write(Fcr, 0x01);
  bench.read(Lsr);
  EXPECT_EQ(bench.input.tellg(), 16);
}

TEST(Uart16550, LoopsBackAndOverruns) {
  Bench bench;
  bench.write(Mcr, 0x10);
  bench.write(Ier, 0x05);
  bench.write(Thr, 'a');
  bench.write(Thr, 'b');
  EXPECT_EQ(bench.output.str(), "");
  EXPECT_EQ(bench.read(Iir), 0x06U) << "line status";
  EXPECT_EQ(bench.read(Lsr), 0x63U) << "overrun";
  EXPECT_EQ(bench.read(Lsr), 0x61U) << "reading it clears it";
  EXPECT_EQ(bench.read(Rbr), 'a');
}

TEST(Uart16550, DropsOnlyLoopedBackCharactersWhenTheFifoIsReset) {
  Bench bench("a");
  bench.read(Lsr);
  bench.write(Fcr, 0x07);
  EXPECT_EQ(bench.read(Rbr), 'a') << "a driver that sets the device up loses no input";
  bench.write(Mcr, 0x10);
  bench.write(Thr, 'b');
  bench.write(Fcr, 0x07);
  EXPECT_EQ(bench.read(Lsr) & 1, 0U);
}

TEST(Uart16550, LoopsItsModemWiresBack) {
  Bench bench;
  EXPECT_EQ(bench.read(Msr), 0xb0U) << "someone is always there";
  bench.write(Mcr, 0x12);  // RTS
  EXPECT_EQ(bench.read(Msr), 0x10U);
  bench.write(Mcr, 0x1d);  // DTR, OUT1, OUT2
  EXPECT_EQ(bench.read(Msr), 0xe0U);
}

TEST(Uart16550, RefusesAccessesThatAreNotABytesAndThoseBehindItsRegisters) {
  Bench bench;
  std::uint64_t value = 0;
  EXPECT_FALSE(bench.uart.read(Cycle{}, 0, 4, value));
  EXPECT_FALSE(bench.uart.write(Cycle{}, 0, 2, 'x'));
  EXPECT_FALSE(bench.uart.read(Cycle{}, 8, 1, value));
  EXPECT_EQ(bench.output.str(), "");
}

TEST(Uart16550, NeverReceivesWithoutAStream) {
  std::ostringstream output;
  Uart16550 uart(output);
  std::uint64_t value = 0;
  EXPECT_TRUE(uart.read(Cycle{}, Lsr, 1, value));
  EXPECT_EQ(value, 0x60U);
}

}  // namespace
}  // namespace castor::host

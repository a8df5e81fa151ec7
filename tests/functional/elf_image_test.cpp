#include "castor/functional/elf_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "castor/common/error.h"
#include "elf_file.h"

namespace castor::functional {
namespace {

using test::ElfFile;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ElfImage image_of(ElfFile file) { return ElfImage::parse(file.bytes(), "a.elf"); }

template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), AllOf(StartsWith("a.elf: "), HasSubstr("; allowed: "), Not(HasSubstr("\n"))));
    return error.what();
  }
  ADD_FAILURE() << "no UserError";
  return "";
}

std::string refusal_of(const std::vector<std::uint8_t>& bytes) {
  return refusal([&] { ElfImage::parse(bytes, "a.elf"); });
}
std::string refusal_of(ElfFile file) { return refusal_of(file.bytes()); }

TEST(ElfImage, KnowsItsEntryAndSegments) {
  ElfFile file;
  file.header.e_entry = ElfFile::base + 4;
  const ElfImage image = image_of(file);
  EXPECT_EQ(image.entry(), VirtAddr{0x80000004});
  ASSERT_EQ(image.segments().size(), 1U);
  EXPECT_EQ(image.segments()[0].address, PhysAddr{0x80000000});
  EXPECT_EQ(image.segments()[0].bytes.size(), 8U);
}

TEST(ElfImage, LoadsSegmentsAtTheirPhysicalAddressesAndClearsTheRest) {
  ElfFile file;
  file.segment(0x80001000, {1, 2, 3, 4}, 4);
  file.segments.back().p_vaddr = 0xffffffff80001000;
  SparseMemory memory;
  memory.put<std::uint64_t>(PhysAddr{0x80001000}, ~0ULL);
  memory.put<std::uint64_t>(PhysAddr{0x80001008}, ~0ULL);
  image_of(file).load(memory);
  EXPECT_EQ(memory.get<std::uint64_t>(PhysAddr{0x80001000}), 0x04030201U);
  EXPECT_EQ(memory.get<std::uint64_t>(PhysAddr{0x80001008}), ~0ULL) << "beyond the segment";
  EXPECT_EQ(memory.get<std::uint32_t>(PhysAddr{0x80000000}), 0x13U);
}

TEST(ElfImage, ReadsAFile) {
  const auto path = std::filesystem::temp_directory_path() / "castor-elf-image-test.elf";
  const std::vector<std::uint8_t> bytes = ElfFile().bytes();
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(ElfImage::read_file(path).entry(), VirtAddr{ElfFile::base});
  std::filesystem::remove(path);
  EXPECT_THROW(ElfImage::read_file(path), UserError) << "the file is gone";
}

TEST(ElfImage, FindsTheWordsOfTheHostInterface) {
  ElfFile file;
  EXPECT_FALSE(image_of(file).tohost());
  file.object("tohost", 0x80001000);
  file.object("fromhost", 0x80001040);
  const ElfImage image = image_of(file);
  EXPECT_EQ(image.tohost(), PhysAddr{0x80001000});
  EXPECT_EQ(image.fromhost(), PhysAddr{0x80001040});
}

TEST(ElfImage, IgnoresAnUndefinedSymbol) {
  ElfFile file;
  file.symbol("tohost", 0, 0, STT_OBJECT, SHN_UNDEF);
  EXPECT_FALSE(image_of(file).tohost());
}

TEST(ElfImage, NamesTheFunctionThatAnAddressLiesIn) {
  ElfFile file;
  file.function("main", 0x80000100, 0x40);
  file.function("_start", 0x80000000, 0x20);
  const ElfImage image = image_of(file);
  EXPECT_EQ(image.place(VirtAddr{0x80000100}), "main");
  EXPECT_EQ(image.place(VirtAddr{0x80000114}), "main+0x14");
  EXPECT_EQ(image.place(VirtAddr{0x80000004}), "_start+0x4");
  EXPECT_EQ(image.place(VirtAddr{0x80000020}), "") << "behind _start";
  EXPECT_EQ(image.place(VirtAddr{0x7ffffff0}), "") << "before all";
}

TEST(ElfImage, NamesTheLabelsOfAssemblerProgramsButNotThoseOfCompilers) {
  ElfFile file;
  file.label("test_2", 0x80000010);
  file.label(".L3", 0x80000018);
  file.label("$x", 0x80000018);
  file.object("table", 0x80000014);
  EXPECT_EQ(image_of(file).place(VirtAddr{0x8000001c}), "test_2+0xc");
}

TEST(ElfImage, PrefersAFunctionToALabelAtTheSameAddress) {
  ElfFile file;
  file.label("before", 0x80000010);
  file.function("f", 0x80000010, 8);
  file.label("after", 0x80000010);
  EXPECT_EQ(image_of(file).place(VirtAddr{0x80000012}), "f+0x2");
}

TEST(ElfImage, AcceptsAStrippedProgram) {
  ElfFile file;
  std::vector<std::uint8_t> bytes = file.bytes();
  file.header.e_shnum = 0;
  std::memcpy(bytes.data(), &file.header, sizeof(file.header));
  EXPECT_EQ(ElfImage::parse(bytes, "a.elf").place(VirtAddr{ElfFile::base}), "");
}

TEST(ElfImage, RefusesWhatIsNoElf) {
  EXPECT_THAT(refusal_of(std::vector<std::uint8_t>{}), HasSubstr("not an ELF file"));
  EXPECT_THAT(refusal_of(std::vector<std::uint8_t>(1000, '#')), HasSubstr("not an ELF file"));
}

TEST(ElfImage, RefusesAFileCutAtAnyByte) {
  ElfFile file;
  file.object("tohost", 0x80000000);
  const std::vector<std::uint8_t> whole = file.bytes();
  for (std::size_t size = SELFMAG; size < whole.size(); ++size) {
    const std::string error = refusal_of({whole.begin(), whole.begin() + size});
    EXPECT_THAT(error, HasSubstr("truncated")) << "cut to " << size << " bytes";
  }
}

TEST(ElfImage, RefusesA32BitProgram) {
  ElfFile file;
  file.header.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(refusal_of(file), HasSubstr("the program is 32-bit"));
}

TEST(ElfImage, RefusesABigEndianProgram) {
  ElfFile file;
  file.header.e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_THAT(refusal_of(file), HasSubstr("big-endian"));
}

TEST(ElfImage, RefusesAProgramForAnotherMachine) {
  ElfFile file;
  file.header.e_machine = EM_X86_64;
  EXPECT_THAT(refusal_of(file), HasSubstr("for machine 62, RISC-V is 243"));
}

TEST(ElfImage, RefusesAPositionIndependentProgram) {
  ElfFile file;
  file.header.e_type = ET_DYN;
  EXPECT_THAT(refusal_of(file), HasSubstr("position-independent"));
}

TEST(ElfImage, RefusesAProgramThatNeedsALoader) {
  for (const unsigned type : {PT_INTERP, PT_DYNAMIC}) {
    ElfFile file;
    file.segment(ElfFile::base, {'/', 0});
    file.segments.back().p_type = type;
    EXPECT_THAT(refusal_of(file), HasSubstr("dynamically linked"));
  }
}

TEST(ElfImage, RefusesAnObjectFile) {
  ElfFile file;
  file.header.e_type = ET_REL;
  EXPECT_THAT(refusal_of(file), HasSubstr("not an executable but of ELF type 1"));
}

TEST(ElfImage, RefusesAProgramWithNothingToLoad) {
  ElfFile file;
  file.segments[0].p_type = PT_NOTE;
  EXPECT_THAT(refusal_of(file), HasSubstr("nothing to load"));
}

TEST(ElfImage, RefusesASegmentWithMoreBytesThanRoom) {
  ElfFile file;
  file.segments[0].p_memsz = 4;
  EXPECT_THAT(refusal_of(file), HasSubstr("more bytes than room"));
}

TEST(ElfImage, RefusesASegmentOutsideMemory) {
  ElfFile file;
  file.segment(0x8000fff0, {1}, 15);
  const ElfImage fits = image_of(file);
  EXPECT_NO_THROW(fits.require_within(PhysAddr{0x80000000}, 64_KiB));
  EXPECT_THAT(refusal([&] { fits.require_within(PhysAddr{0x80000000}, 60_KiB); }),
              HasSubstr("16 bytes at 0x8000fff0 lies outside memory; allowed: 0x80000000 to 0x8000efff"));
  EXPECT_THAT(refusal([&] { fits.require_within(PhysAddr{0x90000000}, 64_KiB); }), HasSubstr("0x80000000"));
}

}  // namespace
}  // namespace castor::functional

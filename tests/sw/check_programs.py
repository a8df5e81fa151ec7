#!/usr/bin/python3
"""Programs as a bare-metal host expects them: 64-bit RISC-V, static, entered at the start of memory, with the two words of
the host-target interface in cache lines of their own, and with accelerator instructions."""
import struct
import sys

EM_RISCV, ET_EXEC, PT_LOAD, PT_INTERP, SHT_SYMTAB = 243, 2, 1, 3, 2
ENTRY = 0x80000000
CUSTOM_3 = 0x7B


def sections(image):
    offset, = struct.unpack_from("<Q", image, 0x28)
    size, count = struct.unpack_from("<HH", image, 0x3A)
    for i in range(count):
        yield struct.unpack_from("<IIQQQQIIQQ", image, offset + i * size)


def symbols(image):
    table = list(sections(image))
    for _, kind, _, _, offset, size, link, _, _, entry in table:
        if kind != SHT_SYMTAB:
            continue
        names = table[link][4]
        for at in range(offset, offset + size, entry):
            name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", image, at)
            yield image[names + name:image.index(b"\0", names + name)].decode(), section, value


def segments(image):
    offset, = struct.unpack_from("<Q", image, 0x20)
    size, count = struct.unpack_from("<HH", image, 0x36)
    for i in range(count):
        kind, flags, start, address, _, length, *_ = struct.unpack_from("<IIQQQQQQ", image, offset + i * size)
        yield kind, flags, address, image[start:start + length]


def custom_instructions(image):
    """Commands in executable segments; instructions are 2 or 4 bytes long."""
    count = 0
    for kind, flags, _, code in segments(image):
        at = 0
        while kind == PT_LOAD and flags & 1 and at + 4 <= len(code):
            word, = struct.unpack_from("<I", code, at)
            count += word & 0x7F == CUSTOM_3
            at += 4 if word & 3 == 3 else 2
    return count


def complaints(image):
    kind, machine, _, entry = struct.unpack_from("<HHIQ", image, 0x10)
    if image[:6] != b"\x7fELF\x02\x01" or machine != EM_RISCV or kind != ET_EXEC:
        return ["no 64-bit little-endian RISC-V executable"]
    found = [f"entry {entry:#x}, expected {ENTRY:#x}"] * (entry != ENTRY)
    found += ["dynamically linked"] * any(k == PT_INTERP for k, *_ in segments(image))
    named = {name: value for name, section, value in symbols(image) if section}
    lines = [named.get(name, 1) for name in ("tohost", "fromhost")]
    found += ["tohost and fromhost share a line or are missing"] * (any(a % 64 for a in lines) or lines[0] == lines[1])
    found += ["no accelerator instruction"] * (custom_instructions(image) == 0)
    return found


def main():
    failed = 0
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            for complaint in complaints(file.read()):
                print(f"{path}: {complaint}")
                failed += 1
    print(f"{len(sys.argv) - 1} programs, {failed} complaints")
    return 1 if failed or len(sys.argv) == 1 else 0


if __name__ == "__main__":
    sys.exit(main())

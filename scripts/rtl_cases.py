"""The measured cases of a folder: cases.csv, traces/*.trace.gz (whole programs) and events/*.gz (kernels with every event).

tests/rtl/README.md says what the files hold.
"""
import collections
import csv
import gzip
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINE_BYTES = 64
COLUMNS = ("file", "family", "segment", "commands", "span")  # that cases.csv needs


class UserError(Exception):
    """What the caller of a script got wrong, in one line."""


def open_text(path):
    return gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")


def find_cases(given):
    places = [given] if given else [ROOT / "tests/rtl", ROOT.parent / "shared/rtl"]
    for place in places:
        if (place / "cases.csv").is_file():
            return place
    raise UserError(f"no cases.csv in {' or '.join(map(str, places))}")


def read_cases(folder):
    """{trace file: {segment: row}}"""
    cases = {}
    with open(folder / "cases.csv", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
        if missing:
            raise UserError(f"{folder / 'cases.csv'}:1: no column {', '.join(missing)}; needed: {', '.join(COLUMNS)}")
        for row in reader:
            cases.setdefault(row["file"], {})[int(row["segment"])] = row
    return cases


def trace_path(folder, name):
    for candidate in (folder / "traces" / f"{name}.gz", folder / "traces" / name):
        if candidate.is_file():
            return candidate
    return None


def latency_of(name, rows):
    """Memory latency of a trace: column lat, or the file's name."""
    row = next(iter(rows.values()), {})
    match = re.search(r"lat(\d+)", name)
    return row.get("lat") or (match.group(1) if match else "0")


def evicting_segments(lines):
    """Segments in which the L2 evicts: it writes a line back, or reads one that was read before in this trace."""
    read_before, evicting, segment = set(), set(), None
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "segment":
            segment = int(words[1])
        elif words[1] == "aw":
            evicting.add(segment)
        elif words[1] == "ar":
            address = int(words[3], 16) // LINE_BYTES
            if address in read_before:
                evicting.add(segment)
            read_before.add(address)
    return evicting


# --- One case by name (FILE or FILE:SEGMENT) ---

Case = collections.namedtuple("Case", "path latency segment")  # segment None: all of the file


def stem(path):
    return path.name.removesuffix(".gz").removesuffix(".trace")


def find_case(folder, text):
    """The case that `text` names: a file of traces/ or events/ with or without its endings, or a path; then :SEGMENT."""
    name, _, segment = text.partition(":")
    files = sorted(path for part in ("traces", "events") for path in (folder / part).glob("*") if path.suffix in (".gz", ".trace"))
    given = pathlib.Path(name)
    path = given if given.is_file() else next((path for path in files if stem(path) == stem(given)), None)
    if path is None:
        raise UserError(f"--diff {text}: no such file; allowed: {', '.join(map(stem, files)) or f'none, {folder} holds no trace'}")
    rows = read_cases(folder).get(f"{stem(path)}.trace", {})
    return Case(path, latency_of(path.name, rows), segment or None)


# --- Kernels with every event, made into a program that can be replayed ---

KERNEL = re.compile(r"kernel (\d+) run (\d+): (.*)")
GAP = 1000  # cycles between kernels: the accelerator is idle, and the files do not tell how long
CONFIG_EX = {"WS": "0 3f80000000010004 1000000000000", "OS": "0 3f80000000010000 1000000000000"}
CONFIG_MVIN = "0 3f80000000100101 100"
CONFIG_MVOUT = "0 2 3f80000000000100"
MVIN_LINE = "2 {:x} 1004000000000"  # one row of 64 columns to local address 0


def is_kernel_file(lines):
    return any(KERNEL.match(line) for line in lines)


def kernels_as_segments(lines):
    """(the segments of a replay as lines, {segment number: kernel name "K.R"}).

    What the program did before a kernel is not in these files. A segment ahead of each kernel stands for it: rows 256 bytes
    apart, the kernel's dataflow, and the lines which the kernel finds in the L2. Which half of the local memories a loop
    begins with depends on the loops before and is not reproduced (kernels:1 and 4 begin
    with the other one).
    """
    kernels, result, names = split_kernels(lines), [], {}
    fetched = set()
    for index, (name, title, events) in enumerate(kernels):
        names[2 * index + 1] = name
        result.append(f"segment {2 * index} gap={GAP}\n")
        commands = [CONFIG_EX["OS" if title.startswith("OS") else "WS"], CONFIG_MVIN, CONFIG_MVOUT]
        commands += [MVIN_LINE.format(line * LINE_BYTES) for line in lines_found(events) if line not in fetched]
        result += [f"0 cmd {command}\n" for command in commands]
        result.append(f"segment {2 * index + 1} gap={GAP}\n")
        result += events
        fetched |= lines_touched(events)
    return result, names


def split_kernels(lines):
    """[(name, title, event lines)]"""
    kernels = []
    for line in lines:
        match = KERNEL.match(line)
        if match:
            kernels.append((f"{match[1]}.{match[2]}", match[3], []))
        elif kernels:
            kernels[-1][2].append(line)
    return kernels


def addresses(events, kinds):
    """Lines of memory named by events of these kinds (second field), in order."""
    split = (event.split() for event in events)
    return list(dict.fromkeys(int(words[3], 16) // LINE_BYTES for words in split if words[1] in kinds))


def lines_touched(events):
    return set(addresses(events, {"rda", "wra"}))


def lines_found(events):
    """Lines the DMA touches without the L2 having to read them first."""
    missed = set(addresses(events, {"ar"}))
    return [line for line in addresses(events, {"rda", "wra"}) if line not in missed]

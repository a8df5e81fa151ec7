"""The paper's numbers of figures 4, 8 and 9 and what Castor measures for them: from the results of the sweeps to claims.

A rate or gain is a fraction here (0.11 is 11 %). The gain of B over A is the cycles of A over those of B, less 1.

A miss of the private TLB is a request to what is behind it (second-level TLB or walker), and its rate is of the DMA's packets. Cycles are
those of the layers on the accelerator.
"""
import csv
import dataclasses
import json
import pathlib
import re
import statistics
import subprocess

FEW = 100  # packets: a window with less tells no rate
SECTORS, PRIVATE, SHARED, FILTER = "tlb.sectors", "gemmini.tlb_size", "ptw.l2_tlb_entries", "gemmini.use_tlb_register_filter"
READINGS = {4: "tags of four pages", 1: "tags of one page"}  # of "a TLB of N entries"
KINDS = ("conv", "matmul", "resadd")
DESIGNS = ("Base", "BigSP", "BigL2")


@dataclasses.dataclass
class Claim:
    """A number of the paper's text next to Castor's."""
    figure: str
    what: str
    paper: str  # as the paper says it
    low: float  # the same as a range of fractions
    high: float
    measured: float
    holds: bool  # the direction of what the paper says

    @property
    def ratio(self):
        """Measured over the nearest value that the paper's words allow; None if that is 0."""
        nearest = min(max(self.measured, self.low), self.high)
        return self.measured / nearest if nearest else None


class Results:
    """The folder of a sweep that is complete."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        with open(self.folder / "results.csv", newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))

    def names(self):
        return [row["point"] for row in self.rows]

    def report(self, name):
        return json.loads((self.folder / "points" / name / "report.json").read_text(encoding="utf-8"))

    def samples(self, name):
        with open(self.folder / "points" / name / "samples.csv", newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def gain(before, after):
    return before / after - 1


def share(part, whole):
    return part / whole if whole else 0.0


def printed(rate):
    """In whole percents, as the paper prints it."""
    return round(rate, 2)


def total(report, module, statistic):
    """A statistic, added up over all modules whose path ends so or matches so (a pattern)."""
    matching = [group for path, group in report["stats"].items() if re.search(module + "$", path)]
    return sum(group[statistic]["value"] for group in matching)


def accelerated(core):
    """The layers of a core that the accelerator runs: the paper's program has its image quantised beforehand."""
    return [layer for layer in core["layers"] if layer["on"] == "accelerator"]


def cycles_of(layers):
    return sum(layer["cycles"] for layer in layers)


def tlb(report, statistic):
    return total(report, r"\.dma\.tlb", statistic)


# ---- figure 4

def miss_rates(rows):
    """[(first cycle of a window, miss rate of the private TLB)] of the windows with at least FEW packets."""
    windows = {}
    for row in rows:
        counted = row["module"].rsplit(".", 1)[-1], row["statistic"]
        if counted in (("tlb", "packets"), ("page_table_walker", "requests")):
            window = windows.setdefault(int(row["cycle"]), {"packets": 0, "requests": 0})
            window[row["statistic"]] += int(row["value"])
    return [(cycle, window["requests"] / window["packets"]) for cycle, window in sorted(windows.items()) if window["packets"] >= FEW]


def claims_of_figure_4(rates):
    """rates: {pages under a tag: miss_rates()}"""
    return [highest_miss_rate(READINGS[sectors], [rate for _, rate in windows]) for sectors, windows in rates.items()]


def highest_miss_rate(reading, rates):
    peak = max(rates)
    return Claim("4", f"{reading}: miss rate of the private TLB, highest of all windows", "occasionally climbs to 20-30 %", 0.20, 0.30, peak,
                 peak >= 0.20 > statistics.median(rates))


# ---- figure 8

@dataclasses.dataclass
class Translation:
    """One bar of figure 8."""
    sectors: int
    private: int
    shared: int
    filter: bool
    cycles: int
    packets: int
    misses: int

    @property
    def hit_rate(self):
        """Of the private TLB, the filter registers included."""
        return 1 - share(self.misses, self.packets)


def translations(results):
    bars = []
    for row in results.rows:
        report = results.report(row["point"])
        bars.append(Translation(int(row[SECTORS]), int(row[PRIVATE]), int(row[SHARED]), row[FILTER] == "true", cycles_of(accelerated(report)),
                                tlb(report, "packets"), total(report, "page_table_walker", "requests")))
    return bars


def same_page(report):
    """How many of the reads, and of the writes, are in the page of the one before."""
    return [share(tlb(report, f"{kind}_same_page"), tlb(report, kind)) for kind in ("reads", "writes")]


def claims_of_figure_8(bars, report):
    reads, writes = same_page(report)
    claims = [Claim("8a", "consecutive reads in the same page", "87 %", 0.87, 0.87, reads, reads > 0.5),
              Claim("8a", "consecutive writes in the same page", "83 %", 0.83, 0.83, writes, writes > 0.5)]
    for sectors in dict.fromkeys(bar.sectors for bar in bars):
        here = [bar for bar in bars if bar.sectors == sectors]
        claims += claims_without_filters(READINGS[sectors], here) + claims_with_filters(READINGS[sectors], here)
    return claims


def claims_without_filters(reading, bars):
    plain = {(bar.private, bar.shared): bar for bar in bars if not bar.filter}
    smallest, most = min(private for private, _ in plain), max(shared for _, shared in plain)
    private = max(gain(plain[smallest, shared].cycles, plain[16, shared].cycles) for _, shared in plain)
    second = max(gain(plain[entries, 0].cycles, plain[entries, most].cycles) for entries, _ in plain)
    lowest = min(bar.hit_rate for bar in plain.values())
    return [
        Claim("8a", f"{reading}: private TLB from 4 to 16 entries, highest gain", "up to 11 %", 0.11, 0.11, private, private > second),
        Claim("8a", f"{reading}: {most} entries of shared TLB, highest gain", "never more than 8 %", 0.0, 0.08, second, printed(second) <= 0.08),
        Claim("8a", f"{reading}: hit rate of the private TLB, lowest", "above 84 %", 0.84, 1.0, lowest, lowest > 0.84),
    ]


def claims_with_filters(reading, bars):
    filtered = {(bar.private, bar.shared): bar for bar in bars if bar.filter}
    small = filtered[min(private for private, _ in filtered), 0]
    below = 1 - min(bar.cycles for bar in bars) / small.cycles
    further = max(gain(small.cycles, bar.cycles) for bar in filtered.values())
    return [
        Claim("8b", f"{reading}: 4 entries and filters, below the best of all points", "2 %", 0.0, 0.02, below, printed(below) <= 0.02),
        Claim("8b", f"{reading}: 4 entries and filters, hit rate with the filters", "90 %", 0.90, 0.90, small.hit_rate,
              printed(small.hit_rate) >= 0.90),
        Claim("8b", f"{reading}: 4 entries and filters, gain of any further entries", "less than 2 %", 0.0, 0.02, further, further < 0.02),
    ]


# ---- figure 9

def kinds_of(castor, config, model):
    """{layer: kernel that the accelerator runs for it}"""
    words = [str(castor), "compile", "--config", str(config), "--model", str(model), "--dump", "tiling"]
    text = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    found = (line.split() for line in text.splitlines() if line)
    return {words[0]: next((kind for kind in KINDS if kind in words[1:]), "other") for words in found}


@dataclasses.dataclass
class Machine:
    """One of the six machines: cycles in the layers of each kind (of all cores), of the slowest core, and the L2's miss rate."""
    cycles: dict
    overall: int
    l2_miss_rate: float


def machine_of(report, kinds):
    cores = report.get("cores") or [report]
    cycles = dict.fromkeys((*KINDS, "other"), 0)
    overall = []
    for core in cores:
        overall.append(cycles_of(accelerated(core)))
        for layer in accelerated(core):
            cycles[kinds.get(layer["name"], "other")] += layer["cycles"]
    hits, misses = (total(report, r"\.l2_\d+", name) for name in ("hits", "misses"))
    return Machine(cycles, max(overall), share(misses, hits + misses))


def speedup(machines, design, kind):
    before, after = machines["Base"], machines[design]
    return gain(before.overall, after.overall) if kind == "overall" else gain(before.cycles[kind], after.cycles[kind])


def claims_of_figure_9(one, two):
    claims = [sized(cores, kind, paper, speedup(machines, "BigSP", kind)) for cores, machines, kind, paper in (
        ("one core", one, "conv", 0.10), ("two cores", two, "conv", 0.08), ("one core", one, "matmul", 0.01), ("two cores", two, "matmul", 0.03))]
    for cores, machines in (("one core", one), ("two cores", two)):
        loss = speedup(machines, "BigSP", "resadd")
        claims.append(Claim("9", f"{cores}, BigSP: residual adds", "-1 to -4 %", -0.04, -0.01, loss, loss <= 0))
    return claims + claims_of_two_cores(two) + [
        winner("one core: BigSP over BigL2", "the most performant", gain(one["BigL2"].overall, one["BigSP"].overall)),
        winner("two cores: conv layers, BigSP over BigL2", "more than BigL2", gain(two["BigL2"].cycles["conv"], two["BigSP"].cycles["conv"])),
    ]


def claims_of_two_cores(two):
    resadd, big_l2, big_sp = speedup(two, "BigL2", "resadd"), speedup(two, "BigL2", "overall"), speedup(two, "BigSP", "overall")
    before, after = two["Base"].l2_miss_rate, two["BigL2"].l2_miss_rate
    return [
        Claim("9", "two cores, BigL2: residual adds", "+22 %", 0.22, 0.22, resadd, resadd > 0),
        Claim("9", "two cores, BigL2: miss rate of the L2, points", "-7.1 %", -0.071, -0.071, after - before, after < before),
        Claim("9", "two cores, BigL2: miss rate of the L2, relative", "-7.1 %", -0.071, -0.071, after / before - 1, after < before),
        Claim("9", "two cores, BigL2: overall", "+8.0 %", 0.08, 0.08, big_l2, big_l2 > max(big_sp, 0)),
        Claim("9", "two cores, BigSP: overall", "+4.2 %", 0.042, 0.042, big_sp, big_sp > 0),
    ]


def sized(cores, kind, paper, measured):
    return Claim("9", f"{cores}, BigSP: {kind} layers", f"+{100 * paper:.0f} %", paper, paper, measured, measured > 0)


def winner(what, paper, lead):
    return Claim("9", what, paper, 0.0, 1.0, lead, lead > 0)


# ---- the table

COLUMNS = ("figure", "number", "paper says", "Castor measures", "ratio", "direction")


def cells(claim):
    ratio = "-" if claim.ratio is None else f"{claim.ratio:.2f}"
    return (claim.figure, claim.what, claim.paper, f"{100 * claim.measured:.1f} %", ratio, "holds" if claim.holds else "differs")


def table(claims):
    """Markdown."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(cells, claims)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

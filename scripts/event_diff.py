"""Compares two event traces of one program, event by event: the RTL's and Castor's (`scripts/accuracy --diff CASE`).

Both are texts of segments (tests/rtl/README.md). Within a segment the i-th event of a kind and identity on one side is
matched with the i-th on the other; a lag is Castor's cycle minus the RTL's. Reported: the first divergence of the first
segments with what each side did around it, and a histogram of lags by kind of event.
"""
import collections
import itertools

# The fields that name an event; the rest (entries of the reservation station, DMA sources, memory port ids) may differ.
IDENTITY = {
    "cmd": lambda f: tuple(f),
    "alloc": lambda f: tuple(f),
    "ld": lambda f: tuple(f[1:]),
    "ex": lambda f: tuple(f[1:]),
    "st": lambda f: tuple(f[1:]),
    "done": lambda f: int(f[0], 16) >> 4,  # the queue
    "rdreq": lambda f: tuple(f[:2]),
    "rda": lambda f: tuple(f[1:]),
    "rdd": lambda f: (),
    "spw": lambda f: tuple(f),
    "spr": lambda f: tuple(f),
    "accw": lambda f: tuple(f),
    "accr": lambda f: tuple(f),
    "mesh": lambda f: (),
    "meshrow": lambda f: tuple(f),
    "meshout": lambda f: tuple(f[1:]),
    "wrreq": lambda f: tuple(f),
    "wra": lambda f: tuple(f[1:]),
    "wrd": lambda f: (),
    "ptwq": lambda f: tuple(f),
    "ptwr": lambda f: tuple(f),
    "ar": lambda f: tuple(f[1:2]),
    "aw": lambda f: tuple(f[1:2]),
}
# What the command traces hold; the header of a file with more events names them.
OF_COMMAND_TRACES = ("cmd", "alloc", "ld", "ex", "st", "done", "rda", "mesh", "wra", "wrd", "ptwq", "ptwr", "ar", "aw")
LAGS_SHOWN = 8
BEFORE, AFTER = 12, 6  # cycles shown around a divergence

Event = collections.namedtuple("Event", "cycle kind fields text")


def kinds_of(lines):
    """(kinds of events that can be compared, kinds that only the RTL's file has), by the header of the file."""
    header = " ".join(line.strip("# \n") for line in itertools.takewhile(lambda line: line.startswith("#"), lines))
    if "fields:" not in header:
        return list(OF_COMMAND_TRACES), []
    groups = header.split("fields:")[1].split(". ")[0].split("|")
    named = [kind for group in groups if group.split() for kind in group.split()[0].split("/")]
    return [kind for kind in IDENTITY if kind in named], [kind for kind in named if kind not in IDENTITY]


def read_segments(lines, kinds):
    """{segment number: [Event]} of a trace, events in order of time."""
    segments, current = {}, None
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "segment":
            current = segments.setdefault(int(words[1]), [])
        elif words[1] in kinds:
            current.append(Event(int(words[0]), words[1], words[2:], line.strip()))
    return segments


def matched(rtl, castor):
    """(matched pairs in RTL order, events only in the RTL, events only in Castor)."""
    waiting = collections.defaultdict(collections.deque)
    for event in castor:
        waiting[(event.kind, IDENTITY[event.kind](event.fields))].append(event)
    pairs, only_rtl = [], []
    for event in rtl:
        same = waiting[(event.kind, IDENTITY[event.kind](event.fields))]
        if same:
            pairs.append((event, same.popleft()))
        else:
            only_rtl.append(event)
    return pairs, only_rtl, [event for left in waiting.values() for event in left]


def first_divergence(pairs, only_rtl, only_castor):
    """(cycle, RTL event, Castor event) of what first comes at another cycle or on one side only; None if all agree."""
    candidates = [(min(r.cycle, c.cycle), r, c) for r, c in pairs if c.cycle != r.cycle]
    candidates += [(r.cycle, r, None) for r in only_rtl] + [(c.cycle, None, c) for c in only_castor]
    return min(candidates, key=lambda entry: entry[0], default=None)


def by_cycle(events, cycle):
    """{cycle: texts} around a cycle."""
    result = collections.defaultdict(list)
    for event in events:
        if cycle - BEFORE <= event.cycle <= cycle + AFTER:
            result[event.cycle].append(event.text)
    return {at: sorted(texts) for at, texts in result.items()}


def print_side_by_side(rtl, castor, cycle):
    left, right = by_cycle(rtl, cycle), by_cycle(castor, cycle)
    print(f"      {'RTL':<52} Castor")
    for at in sorted(left.keys() | right.keys()):
        for l, r in itertools.zip_longest(left.get(at, []), right.get(at, []), fillvalue=""):
            print(f"    {'>' if at == cycle else ' '} {l:<52} {r}".rstrip())


def print_divergence(name, rtl, castor, divergence):
    cycle, r, c = divergence
    print(f"segment {name}: first divergence in cycle {cycle}: RTL `{r.text if r else 'nothing'}`, "
          f"Castor `{c.text if c else 'nothing'}`")
    print_side_by_side(rtl, castor, cycle)


class Lags:
    """How far apart matched events are, and how many have no match, by kind."""

    def __init__(self):
        self.lags = collections.defaultdict(collections.Counter)
        self.only_rtl, self.only_castor = collections.Counter(), collections.Counter()

    def add(self, pairs, only_rtl, only_castor):
        for r, c in pairs:
            self.lags[r.kind][c.cycle - r.cycle] += 1
        self.only_rtl.update(event.kind for event in only_rtl)
        self.only_castor.update(event.kind for event in only_castor)

    def line(self, kind):
        counts = self.lags[kind]
        parts = [f"{lag:+d}: {n}" for lag, n in sorted(counts.items(), key=lambda e: (-e[1], abs(e[0])))[:LAGS_SHOWN]]
        if len(counts) > LAGS_SHOWN:
            parts.append(f"{len(counts) - LAGS_SHOWN} other lags ({min(counts):+d} to {max(counts):+d})")
        if self.only_rtl[kind]:
            parts.append(f"only RTL: {self.only_rtl[kind]}")
        if self.only_castor[kind]:
            parts.append(f"only Castor: {self.only_castor[kind]}")
        return f"  {kind:8} {', '.join(parts)}"

    def print(self, kinds):
        print("lags by kind of event (Castor's cycle minus the RTL's: events)")
        for kind in kinds:
            if self.lags[kind] or self.only_rtl[kind] or self.only_castor[kind]:
                print(self.line(kind))


def misses(events):
    return any(event.kind in ("ar", "aw") for event in events)


def report(rtl_segments, castor_segments, kinds, names, contexts=3):
    """Prints the comparison of the segments in `names` ({number: name}); returns how many differ."""
    lags, differing, hits, differing_hits = Lags(), 0, 0, 0
    for number, name in names.items():
        rtl, castor = rtl_segments[number], castor_segments.get(number, [])
        matching = matched(rtl, castor)
        lags.add(*matching)
        divergence = first_divergence(*matching)
        hit = not misses(rtl) and not misses(castor)
        hits += hit
        differing += divergence is not None
        differing_hits += hit and divergence is not None
        if divergence and differing <= contexts:
            print_divergence(name, rtl, castor, divergence)
    print(f"{len(names) - differing} of {len(names)} segments agree in every event; "
          f"{hits - differing_hits} of the {hits} in which the L2 misses nothing")
    lags.print(kinds)
    return differing

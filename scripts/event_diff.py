"""Compares two event traces of one program, event by event: the RTL's and Castor's (`scripts/accuracy --diff CASE`).

Both are texts of segments (tests/rtl/README.md). Within a segment the i-th event of a kind and identity on one side is matched with the i-th on the
other; a lag is Castor's cycle minus the RTL's. Reported: the first divergence with what each side did around it, and a histogram of lags by kind.
"""
import collections
import gzip

KINDS = ("cmd", "alloc", "ld", "ex", "st", "done", "mesh", "rda", "wra", "wrd", "ar", "aw", "ptwq", "ptwr")

# The fields that name an event; the rest (DMA source ids, memory port ids) are free to differ.
IDENTITY = {
    "cmd": lambda f: tuple(f),
    "alloc": lambda f: tuple(f),
    "ld": lambda f: tuple(f[1:]),
    "ex": lambda f: tuple(f[1:]),
    "st": lambda f: tuple(f[1:]),
    "done": lambda f: (f[0][:1],) if len(f[0]) == 2 else ("0",),
    "mesh": lambda f: (),
    "rda": lambda f: tuple(f[1:]),
    "wra": lambda f: tuple(f[1:]),
    "wrd": lambda f: (),
    "ar": lambda f: tuple(f[1:2]),
    "aw": lambda f: tuple(f[1:2]),
    "ptwq": lambda f: (),
    "ptwr": lambda f: (),
}

Event = collections.namedtuple("Event", "cycle kind fields text")


def open_text(path):
    return gzip.open(path, "rt") if str(path).endswith(".gz") else open(path)


def read_segments(lines):
    """{segment number: [Event]} of a trace, events in order of time."""
    segments, current = {}, None
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "segment":
            current = segments.setdefault(int(words[1]), [])
        elif words[1] in IDENTITY:
            current.append(Event(int(words[0]), words[1], words[2:], line.strip()))
    return segments


def lags(rtl, castor):
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


def first_divergence(pairs, only_rtl, only_castor, tolerance=0):
    """The earliest event (by RTL time) that comes at another cycle or on one side only; None if all agree."""
    candidates = [(r.cycle, r, c) for r, c in pairs if abs(c.cycle - r.cycle) > tolerance]
    candidates += [(r.cycle, r, None) for r in only_rtl] + [(c.cycle, None, c) for c in only_castor]
    return min(candidates, key=lambda entry: entry[0], default=None)


def around(events, cycle, before=12, after=8):
    return [event.text for event in events if cycle - before <= event.cycle <= cycle + after]


def print_side_by_side(rtl, castor, cycle):
    left, right = around(rtl, cycle), around(castor, cycle)
    print(f"    {'RTL':<52} Castor")
    for i in range(max(len(left), len(right))):
        print(f"    {left[i] if i < len(left) else '':<52} {right[i] if i < len(right) else ''}")


def histogram(pairs):
    """{kind: Counter of lags}."""
    result = collections.defaultdict(collections.Counter)
    for r, c in pairs:
        result[r.kind][c.cycle - r.cycle] += 1
    return result


def print_histogram(by_kind, missing, extra):
    print("  lags by kind of event (Castor minus RTL, cycles: events)")
    for kind in KINDS:
        if kind not in by_kind and not missing[kind] and not extra[kind]:
            continue
        counts = by_kind.get(kind, {})
        shown = ", ".join(f"{lag:+d}: {n}" for lag, n in sorted(counts.items(), key=lambda e: -e[1])[:8])
        rest = len(counts) - 8
        print(f"    {kind:5} {shown}{f', {rest} other lags' if rest > 0 else ''}"
              f"{f'; only RTL {missing[kind]}' if missing[kind] else ''}{f'; only Castor {extra[kind]}' if extra[kind] else ''}")


def report(rtl_segments, castor_segments, wanted=None, contexts=3):
    """Prints the comparison; returns whether everything agrees."""
    total, missing, extra = collections.defaultdict(collections.Counter), collections.Counter(), collections.Counter()
    shown = 0
    for number, rtl in sorted(rtl_segments.items()):
        if wanted is not None and number not in wanted:
            continue
        castor = castor_segments.get(number, [])
        pairs, only_rtl, only_castor = lags(rtl, castor)
        for kind, counts in histogram(pairs).items():
            total[kind].update(counts)
        missing.update(event.kind for event in only_rtl)
        extra.update(event.kind for event in only_castor)
        divergence = first_divergence(pairs, only_rtl, only_castor)
        if divergence and shown < contexts:
            shown += 1
            cycle, r, c = divergence
            print(f"  segment {number}: first divergence at cycle {cycle}: "
                  f"RTL `{r.text if r else 'nothing'}`, Castor `{c.text if c else 'nothing'}`")
            print_side_by_side(rtl, castor, cycle)
    print_histogram(total, missing, extra)
    return shown == 0

"""In which cycles the accelerator accepts the commands of a program: what was recorded on the RTL against what castor run does.

A recorded trace is cut into segments (tests/rtl/README.md); cycles are compared within a segment, from its first command on, so
that what a program prints in between does not count.
"""
import rtl_cases


def recorded(path):
    """[[(cycle, funct), ...]] of the segments of a trace."""
    segments = []
    with rtl_cases.open_text(path) as lines:
        for words in map(str.split, lines):
            if words[0] == "segment":
                segments.append([])
            elif not words[0].startswith("#") and words[1] == "cmd":
                segments[-1].append((int(words[0]), words[2]))
    return segments


def performed(path, lengths):
    """The same of the trace of a whole run, cut into segments of so many commands."""
    with open(path, encoding="utf-8") as lines:
        commands = [(int(words[0]), words[2]) for words in map(str.split, lines) if len(words) > 2 and words[1] == "cmd"]
    ends = [sum(lengths[:end]) for end in range(len(lengths) + 1)]
    return [commands[first:last] for first, last in zip(ends, ends[1:])]


def relative(segment):
    return [(cycle - segment[0][0], funct) for cycle, funct in segment]


def agreement(recorded_trace, performed_trace):
    """How many segments have commands, and in how many of these each comes in its cycle."""
    rtl = recorded(recorded_trace)
    castor = performed(performed_trace, list(map(len, rtl)))
    pairs = [(relative(left), relative(right)) for left, right in zip(rtl, castor) if left and right]
    return sum(map(bool, rtl)), sum(left == right for left, right in pairs)

"""Event traces compared by scripts/event_diff.py."""
import contextlib
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import event_diff

TRACE = """# castor rtl trace 1
segment 0 gap=10
0 cmd 2 84000000 10001000000000
4 alloc 2 84000000 10001000000000
5 ld 0 2 10001000000000
10 rda 0 84000000 4
11 rda 1 84000100 4
17 ar 3 84000000 8
30 done 0
""".splitlines()


def compare(rtl, castor, kinds=event_diff.OF_COMMAND_TRACES):
    """(how many segments differ, what was printed)"""
    rtl, castor = (event_diff.read_segments(lines, kinds) for lines in (rtl, castor))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        differing = event_diff.report(rtl, castor, kinds, {number: str(number) for number in rtl})
    return differing, out.getvalue()


def doctored(old, new):
    """The trace with one line replaced, or dropped if `new` is None."""
    assert old in TRACE
    return [line if line != old else new for line in TRACE if line != old or new is not None]


class Comparison(unittest.TestCase):
    def test_a_trace_agrees_with_itself(self):
        differing, text = compare(TRACE, TRACE)
        self.assertEqual(differing, 0)
        self.assertIn("1 of 1 segments agree in every event", text)
        self.assertIn("\n  rda      +0: 2\n", text)

    def test_an_event_that_is_late_is_the_first_divergence(self):
        differing, text = compare(TRACE, doctored("11 rda 1 84000100 4", "14 rda 1 84000100 4"))
        self.assertEqual(differing, 1)
        self.assertIn("segment 0: first divergence in cycle 11: RTL `11 rda 1 84000100 4`, Castor `14 rda 1 84000100 4`", text)
        self.assertIn("\n  rda      +0: 1, +3: 1\n", text)

    def test_an_event_that_is_early_diverges_in_its_own_cycle(self):
        _, text = compare(TRACE, doctored("30 done 0", "3 done 0"))
        self.assertIn("first divergence in cycle 3: RTL `30 done 0`, Castor `3 done 0`", text)
        self.assertIn("\n  done     -27: 1\n", text)

    def test_an_event_that_is_missing_is_found(self):
        _, text = compare(TRACE, doctored("17 ar 3 84000000 8", None))
        self.assertIn("first divergence in cycle 17: RTL `17 ar 3 84000000 8`, Castor `nothing`", text)
        self.assertIn("\n  ar       only RTL: 1\n", text)

    def test_an_event_too_many_is_found(self):
        _, text = compare(doctored("17 ar 3 84000000 8", None), TRACE)
        self.assertIn("first divergence in cycle 17: RTL `nothing`, Castor `17 ar 3 84000000 8`", text)
        self.assertIn("\n  ar       only Castor: 1\n", text)

    def test_another_address_is_another_event(self):
        _, text = compare(TRACE, doctored("11 rda 1 84000100 4", "11 rda 1 84000140 4"))
        self.assertIn("rda      +0: 1, only RTL: 1, only Castor: 1", text)

    def test_another_entry_or_source_is_none(self):
        differing, _ = compare(TRACE, doctored("11 rda 1 84000100 4", "11 rda f 84000100 4"))
        self.assertEqual(differing, 0)
        differing, _ = compare(TRACE, doctored("30 done 0", "30 done 5"))
        self.assertEqual(differing, 0)

    def test_a_completion_of_another_queue_is_another_event(self):
        differing, _ = compare(TRACE, doctored("30 done 0", "30 done 10"))
        self.assertEqual(differing, 1)

    def test_both_sides_are_shown_cycle_by_cycle(self):
        _, text = compare(TRACE, doctored("11 rda 1 84000100 4", "14 rda 1 84000100 4"))
        lines = [" ".join(line.split()) for line in text.splitlines()]
        self.assertIn("10 rda 0 84000000 4 10 rda 0 84000000 4", lines)
        self.assertIn("> 11 rda 1 84000100 4", lines)
        self.assertIn("14 rda 1 84000100 4", lines)

    def test_a_segment_castor_never_reached_differs(self):
        differing, text = compare(TRACE, ["segment 9 gap=1"])
        self.assertEqual(differing, 1)
        self.assertIn("RTL `0 cmd 2 84000000 10001000000000`, Castor `nothing`", text)

    def test_segments_without_misses_are_counted_apart(self):
        hit = ["segment 1 gap=9", "0 cmd 7 0 0"]
        self.assertIn("1 of 2 segments agree in every event; 1 of the 1 in which the L2 misses nothing",
                      compare(TRACE + hit, doctored("30 done 0", "31 done 0") + hit)[1])
        self.assertIn("1 of 2 segments agree in every event; 0 of the 1 in which the L2 misses nothing",
                      compare(TRACE + hit, TRACE + ["segment 1 gap=9", "1 cmd 7 0 0"])[1])

    def test_many_lags_are_cut_short(self):
        rtl = ["segment 0 gap=1"] + [f"{i} mesh 0 0 0" for i in range(0, 1000, 100)]
        castor = ["segment 0 gap=1"] + [f"{i + i // 100} mesh 0 0 0" for i in range(0, 1000, 100)]
        self.assertIn("+7: 1, 2 other lags (+0 to +9)", compare(rtl, castor)[1])


class Kinds(unittest.TestCase):
    def test_a_command_trace_has_no_rows(self):
        kinds, unknown = event_diff.kinds_of(TRACE)
        self.assertIn("rda", kinds)
        self.assertNotIn("spw", kinds)
        self.assertEqual(unknown, [])

    def test_the_header_of_a_kernel_file_names_them(self):
        kinds, unknown = event_diff.kinds_of(["# castor rtl events 1\n", "# fields: cmd/loop funct rs1 rs2 | rdd source |\n",
                                              "# spq fromDMA | spw row. Cycles are relative.\n", "kernel 1 run 1: x\n"])
        self.assertEqual(kinds, ["cmd", "rdd", "spw"])
        self.assertEqual(unknown, ["loop", "spq"])


if __name__ == "__main__":
    unittest.main()

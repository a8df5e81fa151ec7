"""The measured cases as scripts/rtl_cases.py reads them."""
import gzip
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import rtl_cases

KERNELS = """# castor rtl events 1
kernel 1 run 1: mvin
0 cmd 2 84000000 10001000000000
10 rda 0 84000000 4
11 rda 1 84000100 4
17 ar 3 84000100 8
kernel 1 run 2: OS preload, compute
0 cmd 6 0 0
12 rda 0 84000200 4
""".splitlines(keepends=True)


class Eviction(unittest.TestCase):
    def evicting(self, *lines):
        return rtl_cases.evicting_segments(["# castor rtl trace 1", *lines])

    def test_first_reads_of_lines_are_none(self):
        self.assertEqual(self.evicting("segment 0 gap=1", "5 ar 1 84000000 8", "6 ar 1 84000040 8"), set())

    def test_a_write_back_is_one(self):
        self.assertEqual(self.evicting("segment 0 gap=1", "5 ar 1 84000000 8", "segment 1 gap=1", "9 aw 3 84000000 8"), {1})

    def test_a_line_that_comes_back_was_evicted(self):
        self.assertEqual(self.evicting("segment 3 gap=1", "5 ar 1 84000000 8", "segment 4 gap=1", "9 ar 1 84000000 8"), {4})


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.cases("file,family,lat,segment,commands,span", "a.trace,issue,25,0,1,7", "a.trace,issue,25,1,1,9")
        for name in ("traces/a.trace.gz", "traces/b_lat100.trace.gz", "events/kernels.gz"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            with gzip.open(self.folder / name, "wt") as file:
                file.write("segment 0 gap=1\n")

    def cases(self, *lines):
        (self.folder / "cases.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def test_cases_are_found_by_file_and_segment(self):
        self.assertEqual(rtl_cases.read_cases(self.folder)["a.trace"][1]["span"], "9")

    def test_a_missing_column_is_named(self):
        self.cases("file,family,segment,span", "a.trace,issue,0,7")
        with self.assertRaisesRegex(rtl_cases.UserError, "cases.csv:1: no column commands; needed: file, family, segment, commands, span"):
            rtl_cases.read_cases(self.folder)

    def test_a_folder_without_cases_is_refused(self):
        with self.assertRaisesRegex(rtl_cases.UserError, "no cases.csv in "):
            rtl_cases.find_cases(self.folder / "traces")

    def test_latency_comes_from_the_column_else_from_the_name(self):
        self.assertEqual(rtl_cases.latency_of("b_lat100.trace", {0: {"lat": "7"}}), "7")
        self.assertEqual(rtl_cases.latency_of("b_lat100.trace", {0: {}}), "100")
        self.assertEqual(rtl_cases.latency_of("b.trace", {}), "0")

    def test_a_case_is_named_with_or_without_its_endings(self):
        for name in ("a", "a.trace", "a.trace.gz"):
            self.assertEqual(rtl_cases.find_case(self.folder, name), (self.folder / "traces/a.trace.gz", "25", None))

    def test_a_case_may_name_one_segment(self):
        self.assertEqual(rtl_cases.find_case(self.folder, "a:1").segment, "1")

    def test_kernels_with_every_event_are_cases_too(self):
        self.assertEqual(rtl_cases.find_case(self.folder, "kernels:3.2"), (self.folder / "events/kernels.gz", "0", "3.2"))

    def test_a_file_of_another_folder_is_named_by_its_path(self):
        path = self.folder / "events/kernels.gz"
        with tempfile.TemporaryDirectory() as other:
            (pathlib.Path(other) / "cases.csv").write_text("file,family,segment,commands,span\n", encoding="utf-8")
            self.assertEqual(rtl_cases.find_case(pathlib.Path(other), f"{path}:1").path, path)

    def test_an_unknown_case_is_answered_with_those_there_are(self):
        with self.assertRaisesRegex(rtl_cases.UserError, "--diff c: no such file; allowed: kernels, a, b_lat100"):
            rtl_cases.find_case(self.folder, "c")


class Kernels(unittest.TestCase):
    def setUp(self):
        self.lines, self.names = rtl_cases.kernels_as_segments(KERNELS)

    def test_are_told_from_command_traces(self):
        self.assertTrue(rtl_cases.is_kernel_file(KERNELS))
        self.assertFalse(rtl_cases.is_kernel_file(["segment 0 gap=1\n"]))

    def test_each_becomes_a_segment_of_its_own_events(self):
        self.assertEqual(self.names, {1: "1.1", 3: "1.2"})
        at = self.lines.index("segment 1 gap=1000\n")
        self.assertEqual(self.lines[at + 1:at + 5], KERNELS[2:6])

    def test_the_segment_ahead_loads_the_lines_that_the_kernel_finds_in_the_cache(self):
        ahead = self.lines[:self.lines.index("segment 1 gap=1000\n")]
        self.assertEqual([line for line in ahead if " cmd 2 " in line], ["0 cmd 2 84000000 1004000000000\n"])

    def test_the_segment_ahead_sets_the_dataflow_of_the_kernel(self):
        ahead = self.lines[self.lines.index("segment 2 gap=1000\n"):self.lines.index("segment 3 gap=1000\n")]
        self.assertIn("0 cmd 0 3f80000000010000 1000000000000\n", ahead)


if __name__ == "__main__":
    unittest.main()

"""scripts/accuracy as a user types it, with the program CASTOR_PROGRAM (default: build/castor)."""
import gzip
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASTOR = os.environ.get("CASTOR_PROGRAM", str(ROOT / "build/castor"))
HEADER = "family,file,segment,commands,rtl_cycles,castor_cycles,error_percent\r\n"
CONFIG_EX = "segment 0 gap=10\n0 cmd 0 3f80000000010004 1000000000000\n4 alloc 0 3f80000000010004 1000000000000\n5 ex 10 0 1000000000000\n7 done 10\n"
RECORD = "family,cases,mean_error_percent,bar_percent,beyond_bar\n"


class Accuracy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cases, self.out = pathlib.Path(folder.name) / "cases", pathlib.Path(folder.name) / "out"

    def run_script(self, *words):
        command = ["/usr/bin/python3", "-B", str(ROOT / "scripts/accuracy"), "--castor", CASTOR, "--out", str(self.out), *words]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def run_cases(self, *words):
        return self.run_script("--cases", str(self.cases), *words)

    def write(self, name, text):
        path = self.cases / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")

    def one_case(self, span, trace=CONFIG_EX):
        """A folder with one case: a config_ex, which takes 7 cycles."""
        self.write("cases.csv", f"file,family,lat,segment,commands,span\na.trace,issue,0,0,1,{span}\n")
        self.write("traces/a.trace.gz", trace)


class EveryCase(Accuracy):
    def test_a_folder_of_traces_and_cases_is_enough(self):
        self.one_case(7)
        result = self.run_cases()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.out / "accuracy.csv").read_bytes().decode(), HEADER + "issue,a.trace,0,1,7,7,0.0\r\n")
        self.assertIn("\ncases beyond the bar: 0\n", result.stdout)

    def test_the_plot_is_a_picture(self):
        self.one_case(7)
        self.run_cases()
        self.assertEqual((self.out / "error_by_family.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_the_cases_of_the_tree_are_the_default(self):
        result = self.run_script("--file", "issue", "--no-baseline")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("\nissue         236    236", result.stdout)
        self.assertTrue((self.out / "accuracy.csv").read_bytes().decode().startswith(HEADER + "issue,issue.trace,0,1,0,0,0"))

    def test_a_case_beyond_the_bar_is_listed_and_no_failure_where_nothing_is_recorded(self):
        self.one_case(14)
        result = self.run_cases()
        self.assertEqual(result.returncode, 0)
        self.assertIn("cases beyond the bar: 1\n  issue a:0: 1 commands, RTL 14, Castor 7 (-50.00 %)\n", result.stdout)

    def test_a_family_that_became_worse_is_a_failure(self):
        self.one_case(4)
        self.write("baseline.csv", RECORD + "issue,1,0.0,5,0\n")
        result = self.run_cases()
        self.assertEqual(result.returncode, 1)
        self.assertIn("accuracy: worse than baseline.csv: issue: mean error 75.000 %, 0.000 % before\n", result.stderr)

    def test_more_cases_beyond_the_bar_are_a_failure(self):
        self.one_case(14)
        self.write("baseline.csv", RECORD + "issue,1,50.0,5,0\n")
        result = self.run_cases()
        self.assertEqual(result.returncode, 1)
        self.assertIn("accuracy: worse than baseline.csv: issue: 1 cases beyond the bar, 0 before\n", result.stderr)

    def test_a_recorded_result_is_not_worse_than_itself(self):
        self.one_case(14)
        self.assertEqual(self.run_cases("--record", "--bar", "8").returncode, 0)
        self.assertEqual((self.cases / "baseline.csv").read_bytes().decode(),
                         RECORD.replace("\n", "\r\n") + "issue,1,50.0000,8,1\r\noverall,1,50.0000,8,1\r\n")
        self.assertEqual(self.run_cases().returncode, 0)

    def test_a_trace_that_cannot_be_replayed_is_a_failure(self):
        self.one_case(7, "segment 0 gap=10\nnonsense\n")
        result = self.run_cases()
        self.assertEqual(result.returncode, 1)
        self.assertIn("accuracy: a.trace.gz: exit 2: ", result.stderr)
        self.assertIn("accuracy: no segment could be compared\n", result.stderr)

    def test_a_trace_that_is_not_there_is_a_failure(self):
        self.write("cases.csv", "file,family,lat,segment,commands,span\na.trace,issue,0,0,1,7\n")
        result = self.run_cases()
        self.assertEqual(result.returncode, 1)
        self.assertIn("accuracy: a.trace: no such trace in ", result.stderr)

    def test_bad_usage_is_one_line(self):
        self.write("cases.csv", "file\na\n")
        for words, message in ((["--cases", str(self.out)], f"accuracy: no cases.csv in {self.out}\n"),
                               (["--castor", "nowhere"], "accuracy: nowhere is missing; scripts/build makes it\n"),
                               (["--config", "nowhere"], "accuracy: --config nowhere: no such file; allowed: a SoC (configs/*.yaml)\n"),
                               (["--cases", str(self.cases)], f"accuracy: {self.cases}/cases.csv:1: no column family, segment, commands, span; "
                                                              "needed: file, family, segment, commands, span\n")):
            result = self.run_script(*words)
            self.assertEqual((result.returncode, result.stderr), (2, message))


class OneCase(Accuracy):
    def test_a_case_that_agrees_in_every_event(self):
        self.one_case(7)
        result = self.run_cases("--diff", "a:0")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 of 1 segments agree in every event; 1 of the 1 in which the L2 misses nothing\n", result.stdout)
        self.assertIn("\n  ex       +0: 1\n", result.stdout)

    def test_a_doctored_trace_is_found_to_diverge(self):
        self.one_case(7, CONFIG_EX.replace("5 ex", "6 ex"))
        result = self.run_cases("--diff", "a:0")
        self.assertEqual(result.returncode, 1)
        self.assertIn("segment 0: first divergence in cycle 5: RTL `6 ex 10 0 1000000000000`, Castor `5 ex 10 0 1000000000000`\n", result.stdout)
        self.assertIn("\n  ex       -1: 1\n", result.stdout)

    def test_a_measured_kernel_agrees_in_rows_and_beats_too(self):
        result = self.run_script("--diff", "operations:2.2")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for line in ("rdreq    +0: 16", "rda      +0: 16", "rdd      +0: 64", "spw      +0: 64"):
            self.assertIn(f"\n  {line}\n", result.stdout)

    def test_some_kinds_of_event_can_be_compared_alone(self):
        self.one_case(7, CONFIG_EX.replace("5 ex", "6 ex"))
        self.assertEqual(self.run_cases("--diff", "a:0", "--kinds", "alloc,done").returncode, 0)
        self.assertEqual(self.run_cases("--diff", "a:0", "--kinds", "ex").returncode, 1)
        result = self.run_cases("--diff", "a:0", "--kinds", "ex,spw")
        self.assertEqual(result.returncode, 2)
        self.assertIn("accuracy: --kinds ex,spw: this case has no spw; allowed: cmd,alloc,ld,ex,", result.stderr)

    def test_a_case_that_is_not_there_is_one_line(self):
        self.one_case(7)
        for case, message in (("b", "accuracy: --diff b: no such file; allowed: a\n"),
                              ("a:1", "accuracy: --diff a:1: no such segment; allowed: 0\n"),
                              ("a:x", "accuracy: --diff a:x: no such segment; allowed: 0\n")):
            result = self.run_cases("--diff", case)
            self.assertEqual((result.returncode, result.stderr), (2, message))

    def test_a_segment_with_virtual_addresses_is_compared_walk_by_walk(self):
        result = self.run_script("--diff", "tlb2:368", "--kinds", "ptwq,ptwr")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1 of 1 segments agree in every event", result.stdout)
        self.assertRegex(result.stdout, r"ptwq +\+0: 1\n")


if __name__ == "__main__":
    unittest.main()

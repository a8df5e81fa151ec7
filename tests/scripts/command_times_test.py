"""Cycles of commands: recorded segments against the trace of a run."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import command_times

RECORDED = "# recorded\nsegment 0 gap=5\n0 cmd 7 0 0\n3 cmd 0 1 2\n9 done 1\nsegment 1 gap=9\n0 ar 1 80000000 8\nsegment 2 gap=4\n0 cmd 2 0 0\n4 cmd 2 0 0\n"


class Agreement(unittest.TestCase):
    def agreement(self, run):
        with tempfile.TemporaryDirectory() as folder:
            recorded, performed = pathlib.Path(folder) / "recorded.trace", pathlib.Path(folder) / "run.trace"
            recorded.write_text(RECORDED, encoding="utf-8")
            performed.write_text(run, encoding="utf-8")
            return command_times.agreement(recorded, performed)

    def test_does_not_count_the_time_between_segments(self):
        self.assertEqual(self.agreement("100 cmd 7 0 0\n103 cmd 0 1 2\n900 cmd 2 0 0\n904 cmd 2 0 0\n"), (2, 2))

    def test_sees_a_command_a_cycle_late(self):
        self.assertEqual(self.agreement("100 cmd 7 0 0\n104 cmd 0 1 2\n900 cmd 2 0 0\n904 cmd 2 0 0\n"), (2, 1))

    def test_sees_another_command(self):
        self.assertEqual(self.agreement("100 cmd 7 0 0\n103 cmd 1 1 2\n900 cmd 2 0 0\n904 cmd 2 0 0\n"), (2, 1))

    def test_counts_a_run_that_ended_early_as_different(self):
        self.assertEqual(self.agreement("100 cmd 7 0 0\n103 cmd 0 1 2\n900 cmd 2 0 0\n"), (2, 1))


if __name__ == "__main__":
    unittest.main()

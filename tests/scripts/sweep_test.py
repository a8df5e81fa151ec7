"""scripts/sweep on this machine: results, failures, interruptions. The program is a stand-in but in the last tests, which use
CASTOR_PROGRAM (default: build/castor)."""
import json
import os
import pty
import random
import signal
import subprocess
import time
import unittest

from sweep_bench import ROOT, SweepBench, alive, wait_until

CASTOR = os.environ.get("CASTOR_PROGRAM", str(ROOT / "build/castor"))


class Results(SweepBench):
    def test_every_point_has_a_row_and_a_report(self):
        self.points("", "run.sleep: 0.1", "", more="statistics: [soc.l2_*.misses, soc.none]\n")
        outcome = self.sweep()
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertEqual(outcome.stdout, f"sweep: 3 of 3 points finished, 0 failed, 3 of them run now; {self.out}/results.csv\n")
        self.assertEqual(outcome.stderr, "")
        rows = self.results()
        self.assertEqual(list(rows[0]), ["point", "run.number", "run.sleep", "status", "cycles", "seconds", "inferences_per_second",
                                         "wall_seconds", "soc.l2_*.misses", "soc.none", "message"])
        self.assertEqual([row["cycles"] for row in rows], ["10", "20", "30"])
        self.assertEqual([row["run.sleep"] for row in rows], ["", "0.1", ""])
        self.assertEqual([row["soc.l2_*.misses"] for row in rows], ["101", "102", "103"])
        for row in rows:
            report = json.loads((self.out / "points" / row["point"] / "report.json").read_text(encoding="utf-8"))
            self.assertEqual(report["cycles"], int(row["cycles"]))

    def test_runs_as_many_at_a_time_as_told(self):
        self.points(*[f"run.wait: {self.go}"] * 5)
        process = self.start("--jobs", "3")
        wait_until(lambda: len(self.starts()) == 3)
        time.sleep(0.3)
        self.assertEqual(len(self.starts()), 3)
        self.go.touch()
        self.assertEqual(process.wait(), 0)
        self.assertEqual(self.started(), [1, 2, 3, 4, 5])

    def test_lists_its_points(self):
        self.points("", "run.sleep: 1")
        self.assertEqual(self.sweep("--list").stdout, "run.number=1\nrun.number=2+run.sleep=1\n")
        self.assertEqual(self.starts(), [])

    def test_shows_one_line_of_progress_on_a_terminal(self):
        self.points("", f"run.wait: {self.go}")
        terminal, end = pty.openpty()
        with subprocess.Popen(self.words("--jobs", "1"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=end, env=self.environment) as process:
            os.close(end)
            shown = b""
            while b"1 of 2 points, 0 failed, 1 running, 0:0" not in shown:
                shown += os.read(terminal, 1000)
            self.go.touch()
            process.wait()
        os.close(terminal)
        self.assertNotIn(b"\n", shown)


class Failures(SweepBench):
    def test_are_recorded_with_their_message_and_do_not_stop_the_others(self):
        self.points("run.exit: 3", "", "run.signal: 9", "run.report: no")
        outcome = self.sweep("--jobs", "1")
        self.assertEqual(outcome.returncode, 1)
        rows = self.results()
        self.assertEqual([row["status"] for row in rows], ["failed", "finished", "failed", "failed"])
        self.assertEqual(rows[0]["message"], "exit 3: what is wrong and where")
        self.assertEqual(rows[2]["message"], "castor was killed by signal 9 (SIGKILL)")
        self.assertIn("castor left no report", rows[3]["message"])
        self.assertIn("sweep: run.number=1+run.exit=3: exit 3: what is wrong and where\n", outcome.stderr)

    def test_are_not_tried_again_unless_asked(self):
        self.points("run.exit: 3", "")
        self.sweep()
        self.assertEqual(self.sweep().returncode, 1)
        self.assertEqual(self.started(), [1, 2])
        self.assertEqual(self.sweep("--retry-failed").returncode, 1)
        self.assertEqual(self.started(), [1, 1, 2])


class Interruptions(SweepBench):
    def test_a_killed_sweep_takes_its_runs_along_and_goes_on_where_it_was(self):
        self.points("", "", f"run.wait: {self.go}", f"run.wait: {self.go}", "")
        process = self.start("--jobs", "2")
        wait_until(lambda: len(self.starts()) == 4)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: not any(alive(pid) for _, pid in self.starts()))
        before = self.finished()
        self.assertEqual(set(before), {"run.number=1", "run.number=2"})
        self.go.touch()
        self.assertEqual(self.sweep().returncode, 0)
        self.assertEqual(self.started(), [1, 2, 3, 3, 4, 4, 5])
        self.assertEqual({name: self.finished()[name] for name in before}, before)

    def test_no_finished_point_is_lost_whenever_it_is_killed(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        generator = random.Random(seed)
        self.points(*["run.sleep: 0.02"] * 25)
        for _ in range(6):
            before = self.finished()
            process = self.start("--jobs", "4")
            time.sleep(generator.uniform(0.1, 0.6))
            process.send_signal(signal.SIGKILL)
            process.wait()
            after = self.finished()
            self.assertEqual({name: after.get(name) for name in before}, before)
        outcome = self.sweep("--jobs", "4")
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertEqual([row["cycles"] for row in self.results()], [str(10 * number) for number in range(1, 26)])
        self.assertEqual(list(self.out.glob("running/*")), [])

    def test_an_interrupt_ends_the_runs_and_leaves_the_results_so_far(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.points("", f"run.wait: {self.go}")
            process = self.start("--jobs", "1")
            wait_until(lambda: 2 in self.started())
            process.send_signal(number)
            self.assertEqual(process.wait(), 130)
            self.assertEqual(process.stderr.read(), "sweep: interrupted; the same command does what is left\n")
            self.assertFalse(any(alive(pid) for _, pid in self.starts()))
            self.assertEqual([row["status"] for row in self.results()], ["finished", "not run"])
            self.log.unlink()

    def test_only_one_sweep_works_in_a_folder(self):
        self.points(f"run.wait: {self.go}")
        process = self.start()
        wait_until(lambda: self.starts())
        outcome = self.sweep()
        self.assertEqual(outcome.returncode, 2)
        self.assertEqual(outcome.stderr, f"--out {self.out}: another sweep works there; allowed: another folder, or wait\n")
        self.go.touch()
        self.assertEqual(process.wait(), 0)


class Changes(SweepBench):
    def rerun(self):
        outcome = self.sweep()
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return self.started(), outcome.stderr

    def test_what_is_finished_is_not_run_again(self):
        self.points("", "")
        self.rerun()
        self.assertEqual(self.rerun(), ([1, 2], ""))

    def test_a_new_point_is_run_alone(self):
        self.points("", "")
        self.rerun()
        self.points("", "", "")
        self.assertEqual(self.rerun()[0], [1, 2, 3])

    def test_another_configuration_or_workload_makes_results_outdated_and_says_so(self):
        self.points("")
        self.rerun()
        self.write("soc.yaml", "two")
        self.assertEqual(self.rerun(), ([1, 1], "sweep: 1 points were of another program, configuration or workload; they are simulated anew\n"))
        self.write("work.stream", "# another\n")
        self.assertEqual(self.rerun()[0], [1, 1, 1])


class BadUsage(SweepBench):
    def refusal(self, *words):
        outcome = self.sweep(*words)
        self.assertEqual(outcome.returncode, 2)
        self.assertEqual(self.starts(), [])
        return outcome.stderr

    def test_a_bad_sweep_file_is_one_line(self):
        self.write("sweep.yaml", "config: soc.yaml\n")
        self.assertEqual(self.refusal().count("\n"), 1)

    def test_a_parameter_that_castor_does_not_know_runs_nothing(self):
        self.points("", "un.known: 1")
        self.assertEqual(self.refusal(), "-p un.known=1: un.known: unknown key; allowed: run\n")

    def test_jobs_that_are_no_number(self):
        self.points("")
        self.assertIn("argument --jobs: is '0'; allowed: a whole number, at least 1", self.refusal("--jobs", "0"))

    def test_a_program_that_is_not_there(self):
        self.points("")
        self.assertIn("--castor /nowhere: cannot be read", self.refusal("--castor", "/nowhere"))

    def test_no_slurm(self):
        self.points("")
        self.environment["PATH"] = "/nowhere"
        self.assertEqual(self.refusal("--engine", "slurm"), "--engine slurm: there is no sbatch here; allowed: local\n")


class RealCastor(SweepBench):
    def test_the_rows_hold_what_castor_reports(self):
        self.write("work.stream", "config_mvin stride=64\nmvin dram=0x80000000 local=sp+0 rows=16 cols=64\nfence\n")
        self.write("sweep.yaml", f"config: {ROOT}/configs/rtl-default.yaml\nworkload: {{commands: work.stream, arguments: [--values, off]}}\n"
                   "grid: {dram.latency: [0, 100], l2.capacity: [17 KiB, 512 KiB]}\nstatistics: [soc.host.commands]\n")
        outcome = self.sweep("--castor", CASTOR)
        self.assertEqual(outcome.returncode, 1, outcome.stderr)
        rows = self.results()
        self.assertEqual([row["status"] for row in rows], ["failed", "finished", "failed", "finished"])
        self.assertIn("l2.capacity", rows[0]["message"])
        self.assertEqual(rows[1]["soc.host.commands"], "2")
        self.assertGreater(int(rows[3]["cycles"]), int(rows[1]["cycles"]))

    def test_a_parameter_that_there_is_not_is_told_as_castor_tells_it(self):
        self.write("sweep.yaml", f"config: {ROOT}/configs/rtl-default.yaml\nworkload: {{commands: work.stream}}\ngrid: {{l2.capacty: [1 MiB]}}\n")
        outcome = self.sweep("--castor", CASTOR)
        self.assertEqual(outcome.returncode, 2)
        self.assertRegex(outcome.stderr, r"^-p l2.capacty=1 MiB: l2.capacty: unknown key.*allowed:.*\n$")


if __name__ == "__main__":
    unittest.main()

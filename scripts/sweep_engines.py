"""Who runs the points of a sweep: this machine, or Slurm.

An engine has run(tasks): runs them all, calling `watch` often; results are in the folder when it returns. If it is interrupted
(KeyboardInterrupt) it ends what it started.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

from sweep_file import SweepError
from sweep_points import Running, write_whole

PERIOD = 0.05  # seconds between two looks
ARRAY = 1000  # tasks of one job array: Slurm's MaxArraySize allows 1001 unless told otherwise
HERE = pathlib.Path(__file__).resolve().parent


class Local:
    def __init__(self, folder, jobs, watch):
        self.folder, self.jobs, self.watch = folder, jobs, watch
        self.running = []

    def run(self, tasks):
        self.folder.clear_running()
        waiting = list(reversed(tasks))
        try:
            while waiting or self.running:
                while waiting and len(self.running) < self.jobs:
                    self.running.append(Running(self.folder, waiting.pop()))
                self.settle_ended()
                self.watch(len(self.running))
                time.sleep(PERIOD)
        finally:
            for running in self.running:
                running.stop()

    def settle_ended(self):
        for running in [running for running in self.running if running.ended()]:
            self.running.remove(running)
            running.settle()


class Slurm:
    """One job array; a task is a point. Its jobs are noted in slurm/jobs.json, so that a later sweep waits for what an earlier
    one, killed, has submitted."""

    def __init__(self, folder, jobs, watch, options):
        self.folder, self.jobs, self.watch, self.options = folder, jobs, watch, options
        self.place = folder.path / "slurm"
        self.notes = self.place / "jobs.json"
        if shutil.which("sbatch") is None:
            raise SweepError("--engine slurm: there is no sbatch here; allowed: local")

    def run(self, tasks):
        self.wait(self.noted_jobs())
        left = [task for task in tasks if not self.settled(task)]
        if not left:
            return
        self.folder.clear_running()
        self.place.mkdir(parents=True, exist_ok=True)
        jobs = []
        for first in range(0, len(left), ARRAY):
            jobs.append(self.submit(left[first:first + ARRAY], first // ARRAY))
            write_whole(self.notes, json.dumps(jobs))
        self.wait(jobs)
        for task in left:
            if not self.settled(task):
                self.folder.fail(task, f"its task of Slurm job {' '.join(jobs)} ended without a result; see {self.place}")

    def settled(self, task):
        return self.folder.finished(task) or self.folder.failed(task)

    def noted_jobs(self):
        try:
            return json.loads(self.notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []

    def submit(self, tasks, number):
        listing = self.place / f"tasks-{number}.json"
        write_whole(listing, json.dumps({"folder": str(self.folder.path), "tasks": [vars(task) for task in tasks]}, indent=1))
        script = f"#!/bin/sh\nexec '{sys.executable}' -B '{HERE / 'sweep_points.py'}' '{listing}'\n"
        limit = f"%{self.jobs}" if self.jobs else ""
        words = ["sbatch", "--parsable", f"--array=0-{len(tasks) - 1}{limit}", "--job-name=castor-sweep",
                 f"--output={self.place}/%A_%a.log", *self.options]
        result = subprocess.run(words, input=script, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise SweepError(f"--engine slurm: {' '.join(result.stderr.split())}; allowed: what sbatch accepts (--sbatch OPTION)")
        return result.stdout.strip().split(";")[0]

    def wait(self, jobs):
        try:
            while waiting := self.queued(jobs):
                self.watch(waiting)
                time.sleep(20 * PERIOD)
        except KeyboardInterrupt:
            subprocess.run(["scancel", *jobs], stderr=subprocess.DEVNULL, check=False)
            raise

    def queued(self, jobs):
        """How many tasks are waiting or running."""
        if not jobs:
            return 0
        result = subprocess.run(["squeue", "--noheader", "--array", "--format=%i", f"--jobs={','.join(jobs)}"],
                                capture_output=True, text=True, check=False)
        if result.returncode != 0 and "Invalid job id" not in result.stderr:
            raise SweepError(f"--engine slurm: squeue: {' '.join(result.stderr.split())}; allowed: a Slurm that answers; the jobs "
                             f"{' '.join(jobs)} go on, the same command takes their results up")
        return len(result.stdout.split())

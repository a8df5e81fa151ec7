"""A folder with a sweep of a stand-in for castor, for the tests of scripts/sweep."""
import csv
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "tests/scripts/stand_in_castor"
PATIENCE = 120  # seconds until a test gives up waiting


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.01)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class SweepBench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out, self.log, self.go = self.folder / "out", self.folder / "log", self.folder / "go"
        self.write("soc.yaml", "one")
        self.write("work.stream", "fence\n")
        self.environment = {**os.environ, "STAND_IN_LOG": str(self.log)}

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def points(self, *points, more=""):
        """A sweep file; a point is what follows run.number, which counts from 1."""
        lines = [f"  - {{run.number: {number}{', ' if point else ''}{point}}}" for number, point in enumerate(points, 1)]
        self.write("sweep.yaml", "config: soc.yaml\nworkload: {commands: work.stream}\n" + more + "points:\n" + "\n".join(lines) + "\n")

    def words(self, *words):
        return ["/usr/bin/python3", "-B", str(ROOT / "scripts/sweep"), str(self.folder / "sweep.yaml"), "--out", str(self.out),
                "--castor", str(STAND_IN), *words]

    def sweep(self, *words):
        return subprocess.run(self.words(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=self.environment)

    def start(self, *words):
        process = subprocess.Popen(self.words(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True, env=self.environment)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def starts(self):
        """(number of the point, process) of every run that was begun."""
        try:
            return [tuple(map(int, line.split())) for line in self.log.read_text(encoding="utf-8").splitlines()]
        except OSError:
            return []

    def started(self):
        return sorted(number for number, _ in self.starts())

    def finished(self):
        """{folder of a finished point: when its report was written}"""
        return {path.parent.name: path.stat().st_mtime_ns for path in self.out.glob("points/*/report.json")}

    def results(self):
        with open(self.out / "results.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

"""The folder of a sweep, and how a point gets into it.

    points/NAME/     a finished point: all that castor left, and identity.json (what decided its result)
    failures/NAME/   a failed one: what castor left, and failure.json (the message)
    running/NAME.PID the one under way; renamed when castor has ended, so the others are always whole
    results.csv      one row a point

As a program (a task of a Slurm job array): sweep_points.py TASKS.json runs the task number SLURM_ARRAY_TASK_ID.
"""
import csv
import dataclasses
import fcntl
import fnmatch
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from sweep_file import SweepError

MEASURES = ("cycles", "seconds", "inferences_per_second", "wall_seconds")


@dataclasses.dataclass
class Task:
    """A point as it is run: no more than that needs to know."""
    name: str
    command: list  # but for --out FOLDER
    identity: dict


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Identities:
    """What decides the result of a point: the program, its configuration with all includes, the files, the arguments."""

    def __init__(self, castor):
        self.castor = castor
        try:
            self.program = digest(castor.read_bytes())
        except OSError as error:
            raise SweepError(f"--castor {castor}: cannot be read ({error.strerror}); allowed: the program (scripts/build castor)") from error
        self.known = {}

    def config(self, path):
        if path not in self.known:
            self.known[path] = digest(checked([self.castor, "config", "--config", path]).encode())
        return self.known[path]

    def file(self, path):
        if path not in self.known:
            self.known[path] = digest(path.read_bytes())
        return self.known[path]

    def of(self, point):
        return {"castor": self.program, "config": self.config(point.config),
                "files": [[option, self.file(path)] for option, path in point.files],
                "parameters": point.parameters, "arguments": point.arguments}


def checked(words):
    """What castor prints; a SweepError with its complaint."""
    result = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SweepError(result.stderr.strip() or f"{words[0]}: exit {result.returncode}")
    return result.stdout


def write_whole(path, text):
    """The file is there as a whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()

    def lock(self):
        """One sweep at a time; the lock goes with the process."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.held = open(self.path / ".lock", "w", encoding="utf-8")
        except OSError as error:
            raise SweepError(f"--out {self.path}: cannot be written ({error.strerror}); allowed: a folder that can be written") from error
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SweepError(f"--out {self.path}: another sweep works there; allowed: another folder, or wait") from error

    def point(self, name):
        return self.path / "points" / name

    def failure(self, name):
        return self.path / "failures" / name

    def finished(self, task):
        return self.is_of(self.point(task.name) / "identity.json", task)

    def failed(self, task):
        return self.is_of(self.failure(task.name) / "identity.json", task)

    def is_of(self, file, task):
        try:
            return json.loads(file.read_text(encoding="utf-8")) == task.identity
        except (OSError, ValueError):
            return False

    def outdated(self, task):
        """A result is there, but of another program, configuration, workload or arguments."""
        return self.point(task.name).exists() and not self.finished(task)

    def forget(self, task):
        for place in (self.point(task.name), self.failure(task.name)):
            shutil.rmtree(place, ignore_errors=True)

    def clear_running(self):
        """What a sweep that was killed had under way."""
        shutil.rmtree(self.path / "running", ignore_errors=True)

    def message(self, task):
        return json.loads((self.failure(task.name) / "failure.json").read_text(encoding="utf-8"))["message"]

    def report(self, task):
        return json.loads((self.point(task.name) / "report.json").read_text(encoding="utf-8"))

    def keep(self, running, place, task):
        """The one step that makes a result: before it there is none, after it the whole."""
        write_whole(running / "identity.json", json.dumps(task.identity, indent=1))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        running.rename(place)

    def fail(self, task, message, running=None):
        if running is None:
            running = self.new_running(task)
        write_whole(running / "failure.json", json.dumps({"message": message, "command": task.command}, indent=1))
        self.keep(running, self.failure(task.name), task)

    def new_running(self, task):
        running = self.path / "running" / f"{task.name}.{os.uname().nodename}.{os.getpid()}"
        shutil.rmtree(running, ignore_errors=True)
        running.mkdir(parents=True)
        return running


class Running:
    """Castor at work on a point. It dies with this process."""

    def __init__(self, folder, task):
        self.folder, self.task = folder, task
        self.place = folder.new_running(task)
        with open(self.place / "stderr.txt", "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *task.command, "--out", str(self.place)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)

    def ended(self):
        return self.process.poll() is not None

    def settle(self):
        """Castor has ended: the point is finished, or has failed."""
        message = self.complaint(self.process.wait())
        if message is None:
            self.folder.keep(self.place, self.folder.point(self.task.name), self.task)
        else:
            self.folder.fail(self.task, message, self.place)

    def complaint(self, status):
        if status < 0:
            return f"castor was killed by signal {-status} ({signal.Signals(-status).name})"
        text = " ".join((self.place / "stderr.txt").read_text(encoding="utf-8", errors="replace").split())
        if status != 0:
            return f"exit {status}: {text}"
        try:
            complete = json.loads((self.place / "report.json").read_text(encoding="utf-8"))["complete"]
        except (OSError, ValueError, KeyError) as error:
            return f"castor left no report ({error})"
        return None if complete else "castor's report is not complete"

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)


# ---- results.csv

def flat_statistics(report):
    return {f"{module}.{name}": entry["value"] for module, group in report["stats"].items() for name, entry in group.items()}


def statistic_of(flat, pattern):
    """The sum of all that match; nothing if none does."""
    found = [value for name, value in flat.items() if fnmatch.fnmatchcase(name, pattern)]
    return sum(found) if found else ""


def row_of(folder, sweep, point, task):
    row = {"point": point.name, **point.axes}
    if folder.finished(task):
        report = folder.report(task)
        flat = flat_statistics(report) if sweep.statistics else {}
        row.update(status="finished", **{key: report[key] for key in MEASURES})
        row.update({pattern: statistic_of(flat, pattern) for pattern in sweep.statistics})
    elif folder.failed(task):
        row.update(status="failed", message=folder.message(task))
    else:
        row.update(status="not run")
    return row


def write_results(folder, sweep, tasks):
    columns = ["point", *sweep.axes, "status", *MEASURES, *sweep.statistics, "message"]
    new = folder.path / f".results.csv.{os.getpid()}"
    with open(new, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(row_of(folder, sweep, point, task) for point, task in zip(sweep.points, tasks))
    new.replace(folder.path / "results.csv")


# ---- a task of a job array

def main():
    listing = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    task = Task(**listing["tasks"][int(os.environ["SLURM_ARRAY_TASK_ID"])])
    folder = Folder(listing["folder"])
    if not folder.finished(task) and not folder.failed(task):
        Running(folder, task).settle()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""scripts/sweep --engine slurm against a real slurmctld, slurmd and munged: started here with their own configuration, on loopback
addresses and in a temporary folder only, and ended here. Skipped, saying so, where Debian's slurm-wlm and munge are not installed."""
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from sweep_bench import SweepBench, alive, wait_until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
CONFIGURATION = """ClusterName=castor
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
NodeName=localhost NodeAddr=127.0.0.1 NodeHostname={host} CPUs=2 State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Cluster:
    """One controller and one node with two processors."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="castor-slurm-", dir="/tmp"))  # a socket's path may have 107 letters
        self.folder.chmod(0o755)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        (self.folder / "munge.key").touch(0o600)
        (self.folder / "munge.key").write_bytes(os.urandom(1024))
        names = {"controller": free_port(), "node": free_port(), "user": getpass.getuser(), "folder": self.folder,
                 "host": socket.gethostname().split(".")[0]}
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(**names), encoding="utf-8")
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.daemons = []

    def start(self):
        munge = [f"--{name}={self.folder}/{file}" for name, file in (("socket", "munge.socket"), ("key-file", "munge.key"), ("pid-file", "munged.pid"),
                                                                     ("log-file", "munged.log"), ("seed-file", "munged.seed"))]
        self.daemon("munged", "--foreground", "--force", *munge)
        wait_until((self.folder / "munge.socket").exists)
        self.daemon("slurmctld", "-D")
        wait_until(lambda: self.ask("sinfo") is not None)
        self.daemon("slurmd", "-D", "-N", "localhost")
        wait_until(lambda: self.ask("sinfo", "--noheader", "--format=%t") == "idle")

    def daemon(self, *words):
        with open(self.folder / f"{words[0]}.out", "w", encoding="utf-8") as out:
            self.daemons.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment))

    def ask(self, *words):
        """What a program of Slurm prints; None if it fails."""
        assert all(daemon.poll() is None for daemon in self.daemons), "a daemon of Slurm has ended"
        result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=self.environment)
        return result.stdout.strip() if result.returncode == 0 else None

    def stop(self):
        if len(self.daemons) == 3:
            self.ask("scancel", f"--user={getpass.getuser()}")
            wait_until(lambda: self.ask("squeue", "--noheader") == "")
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def setUpModule():  # noqa: N802: unittest's name
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing:
        raise unittest.SkipTest(f"not installed: {', '.join(missing)} (scripts/install --tests)")
    global cluster
    cluster = Cluster()
    unittest.addModuleCleanup(cluster.stop)
    cluster.start()


class Slurm(SweepBench):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.environment = {**cluster.environment, "STAND_IN_LOG": str(self.log)}

    def words(self, *words):
        return super().words("--engine", "slurm", *words)

    def queue(self):
        return cluster.ask("squeue", "--noheader", "--array", "--format=%i").split()

    def test_every_point_is_a_task_of_one_job_array(self):
        self.points("", "run.exit: 3", "")
        outcome = self.sweep()
        self.assertEqual(outcome.returncode, 1, outcome.stderr)
        rows = self.results()
        self.assertEqual([row["status"] for row in rows], ["finished", "failed", "finished"])
        self.assertEqual([row["cycles"] for row in rows], ["10", "", "30"])
        self.assertEqual(rows[1]["message"], "exit 3: what is wrong and where")
        logs = sorted(path.name for path in self.out.glob("slurm/*.log"))
        self.assertEqual([name.split("_")[1] for name in logs], ["0.log", "1.log", "2.log"])
        self.assertEqual(len({name.split("_")[0] for name in logs}), 1, "one job")

    def test_finished_points_are_not_submitted_again(self):
        self.points("", "")
        self.sweep()
        self.points("", "", "")
        self.assertEqual(self.sweep().returncode, 0)
        self.assertEqual(self.started(), [1, 2, 3])

    def test_a_later_sweep_waits_for_what_a_killed_one_has_submitted(self):
        self.points(*[f"run.wait: {self.go}"] * 3)
        process = self.start()
        wait_until(lambda: len(self.starts()) == 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(len(self.queue()), 3, "the array goes on")
        process = self.start()
        self.go.touch()
        self.assertEqual(process.wait(), 0, process.stderr.read())
        self.assertEqual(self.started(), [1, 2, 3])

    def test_an_interrupt_cancels_the_array(self):
        self.points(f"run.wait: {self.go}", "")
        process = self.start("--jobs", "1")
        wait_until(lambda: self.starts())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        wait_until(lambda: not self.queue())
        wait_until(lambda: not any(alive(pid) for _, pid in self.starts()))
        self.go.touch()
        self.assertEqual(self.sweep().returncode, 0)
        self.assertEqual(self.started(), [1, 1, 2])

    def test_runs_as_many_at_a_time_as_told(self):
        self.points(f"run.wait: {self.go}", f"run.wait: {self.go}")
        process = self.start("--jobs", "1")
        wait_until(lambda: "JobArrayTaskLimit" in cluster.ask("squeue", "--noheader", "--array", "--format=%r"))
        wait_until(lambda: len(self.starts()) == 1)
        self.go.touch()
        self.assertEqual(process.wait(), 0)

    def test_a_task_that_is_cancelled_by_someone_else_is_a_failure(self):
        self.points(f"run.wait: {self.go}")
        process = self.start()
        wait_until(lambda: self.starts())
        cluster.ask("scancel", self.queue()[0].split("_")[0])
        self.assertEqual(process.wait(), 1)
        self.assertIn("ended without a result; see ", self.results()[0]["message"])

    def test_what_sbatch_refuses_is_told_in_a_line(self):
        self.points("")
        outcome = self.sweep("--sbatch=--partition=nowhere")
        self.assertEqual(outcome.returncode, 2)
        self.assertRegex(outcome.stderr, r"^--engine slurm: sbatch: error: .*partition.*; allowed: what sbatch accepts .*\n$")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""A program of several harts checks itself; it prints the same and takes the same cycles when blocks step in another order
and when the accelerators are checked, and the oracles agree with each of them. Arguments: castor, PROGRAM.elf, folder for
the reports, then arguments of castor run."""
import json
import pathlib
import subprocess
import sys


def run(castor, program, out, *more):
    """What it printed, and its report."""
    command = [castor, "run", "--elf", program, "--out", out, "--max-cycles", "100000000", "--quiet", *more]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{more}: exit {result.returncode}: {result.stdout}{result.stderr}")
    return result.stdout, json.loads((pathlib.Path(out) / "report.json").read_text(encoding="utf-8"))


def main():
    castor, program, out, *more = sys.argv[1:]
    printed, report = run(castor, program, out, *more)
    print(f"{printed}{report['cycles']} cycles")
    for option in ("--reversed", "--check"):
        printed_too, other = run(castor, program, out, *more, option)
        if (printed_too, other["cycles"]) != (printed, report["cycles"]):
            sys.exit(f"{option}: {other['cycles']} cycles; {printed_too}")
    checked = [core["checked_commands"] for core in other["cores"]]
    print(f"commands checked: {checked}")
    if 0 in checked or other["values"]["mismatches"] != 0:
        sys.exit("an accelerator was not checked, or differs from its oracle")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""A program that goes round 64 pages in supervisor mode, with data TLBs that hold all of them and an eighth of them: the
walker is asked for each page once, or in each round; the cycles are the same when blocks step in another order.
Arguments: castor, CONFIG.yaml, PROGRAM.elf, folder for the reports."""
import json
import pathlib
import subprocess
import sys

PAGES, ROUNDS = 64, 4


def run(entries, *more):
    """What it printed, its cycles, and the pages that the data TLB asked for."""
    castor, config, program, out = sys.argv[1:]
    command = [castor, "run", "--config", config, "--elf", program, "-p", f"host.l1d.tlb_entries={entries}",
               "--out", f"{out}-{entries}", "--max-cycles", "10000000", "--quiet", *more]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{entries} entries: exit {result.returncode}: {result.stderr}")
    report = json.loads(pathlib.Path(f"{out}-{entries}/report.json").read_text(encoding="utf-8"))
    return result.stdout, report["cycles"], report["stats"]["soc.caches.dtlb"]["misses"]["value"]


def main():
    (printed, few_walks, misses), (printed_too, many_walks, more_misses) = run(PAGES), run(PAGES // 8)
    print(f"{printed}{few_walks} cycles with {misses} misses, {many_walks} with {more_misses}")
    if printed != printed_too:
        sys.exit(f"the consoles differ: {printed_too}")
    if not PAGES <= misses < PAGES + 8 or not ROUNDS * PAGES <= more_misses < ROUNDS * PAGES + 16:
        sys.exit(f"expected a miss for each of {PAGES} pages, and for each in each of {ROUNDS} rounds")
    if many_walks <= few_walks:
        sys.exit("the walks cost nothing")
    if run(PAGES // 8, "--reversed") != (printed, many_walks, more_misses):
        sys.exit("--reversed changes console, cycles or misses")


if __name__ == "__main__":
    main()

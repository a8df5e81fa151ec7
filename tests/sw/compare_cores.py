#!/usr/bin/python3
"""One program on an in-order and on an out-of-order core: the same console, the same exit status, fewer cycles out of
order; each takes the same cycles when its blocks step in another order and when its accelerator is checked. Arguments:
castor, PROGRAM.elf, folder for the reports."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORES = {"rocket": "configs/host/rocket-big.yaml", "boom": "configs/host/boom-medium.yaml"}


def run(castor, program, out, core, *more):
    """What it printed, and its cycles."""
    config = out / f"{core}.yaml"
    config.write_text(f"include: [{ROOT}/configs/rtl-default.yaml, {ROOT}/{CORES[core]}]\nhost:\n  kind: {core}\n", encoding="utf-8")
    command = [castor, "run", "--config", str(config), "--elf", program, "--out", str(out / core), "--max-cycles", "50000000", "--quiet", *more]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{core}: exit {result.returncode}: {result.stderr}")
    return result.stdout, json.loads((out / core / "report.json").read_text(encoding="utf-8"))["cycles"]


def main():
    castor, program, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    (printed, in_order), (printed_too, out_of_order) = (run(castor, program, out, core) for core in CORES)
    print(f"{printed}rocket {in_order} cycles, boom {out_of_order}")
    for core, cycles in zip(CORES, (in_order, out_of_order)):
        for option in ("--reversed", "--check"):
            if run(castor, program, out, core, option) != (printed, cycles):
                sys.exit(f"{core}: {option} changes console or cycles")
    if printed != printed_too or "product" not in printed:
        sys.exit(f"the consoles differ: boom printed\n{printed_too}")
    if out_of_order >= in_order:
        sys.exit("out of order is not faster")


if __name__ == "__main__":
    main()

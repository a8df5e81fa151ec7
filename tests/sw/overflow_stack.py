#!/usr/bin/python3
"""A program whose stack overflows: castor tells cause, address and place, ends with the program's exit code, and leaves a
report that is not complete. Arguments: castor, host.timing, PROGRAM.elf, folder for the report."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONSOLE = "stack overflow: a hart's __stack_size is 131072 bytes"
MESSAGE = r"stack_overflow.elf: exit code 1; last exception: store access fault \(0x[0-9a-f]+\) at pc 0x[0-9a-f]+ \(descend"


def main():
    castor, timing, program, out = sys.argv[1:]
    command = [castor, "run", "--config", f"{ROOT}/configs/rtl-default.yaml", "-p", f"host.timing={timing}", "--elf", program,
               "--out", out, "--max-cycles", "10000000"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    report = json.loads((pathlib.Path(out) / "report.json").read_text(encoding="utf-8"))
    wrong = [f"exit status {result.returncode}"] * (result.returncode != 1)
    wrong += [f"console: {result.stdout}"] * (CONSOLE not in result.stdout)
    wrong += [f"stderr: {result.stderr}"] * (re.search(MESSAGE, result.stderr) is None)
    wrong += [f"complete: {report['complete']}"] * report["complete"]
    wrong += [f"stopped by: {report.get('stopped_by')}"] * ("store access fault" not in report.get("stopped_by", ""))
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()

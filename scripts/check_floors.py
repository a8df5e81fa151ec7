#!/usr/bin/python3
"""Checks every #include of the project against the floors of docs/architecture.md: who may include whom."""
import pathlib
import re
import sys

# folder: folders it may include beside itself
FLOORS = {
    "sw": set(),  # the C library of the simulated machine: no C++ below it
    "common": set(),
    "config": {"common"},
    "isa": {"common"},
    "functional": {"isa", "config", "common"},
    "compiler": {"isa", "config", "functional", "common", "sw"},
    "sim": {"config", "isa", "common"},
    "gemmini": {"sim", "functional", "config", "isa", "common"},
    "memory": {"sim", "functional", "config", "isa", "common"},
    "host": {"sim", "functional", "config", "isa", "common"},
    "soc": {"gemmini", "memory", "host", "sim", "functional", "compiler", "config", "isa", "common"},
    "app": {"soc", "gemmini", "memory", "host", "sim", "functional", "compiler", "config", "isa", "common"},
}
# external headers that only some folders may see
ONLY_IN = {
    "elf.h": {"functional"},
    "libfdt": {"host"},
    "systemc": {"sim", "gemmini", "memory", "host", "soc", "app"},
    "tlm": {"sim", "gemmini", "memory", "host", "soc", "app"},
    "tlm_utils/": {"sim", "gemmini", "memory", "host", "soc", "app"},
    "onnx/": {"compiler"},
    "google/": {"compiler"},
    "yaml-cpp/": {"config"},
    "boost/": {"app"},
    "nlohmann/": {"app"},
    "spdlog/": {"app", "soc"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path, root):
    parts = path.relative_to(root).parts
    return parts[2] if parts[0] == "include" else parts[1]


def complaints_about(path, root):
    folder = folder_of(path, root)
    if folder not in FLOORS:
        yield f"{path.relative_to(root)}: folder '{folder}' is on no floor; allowed: {', '.join(FLOORS)}"
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        name = match[2]
        where = f"{path.relative_to(root)}:{number}: {folder} includes {name}"
        if name.startswith("castor/"):
            target = name.split("/")[1]
            if target != folder and target not in FLOORS[folder]:
                yield f"{where}; allowed: {', '.join(sorted(FLOORS[folder])) or 'nothing below'}"
        else:
            for external, allowed in ONLY_IN.items():
                if (name == external or name.startswith(external if external.endswith('/') else external + '.')) and folder not in allowed:
                    yield f"{where}; allowed in: {', '.join(sorted(allowed))}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    files = [path for top in ("include/castor", "src") for path in sorted((root / top).rglob("*")) if path.suffix in (".h", ".cpp", ".c", ".S")]
    complaints = [complaint for path in files for complaint in complaints_about(path, root)]
    for complaint in complaints:
        print(complaint)
    print(f"{len(files)} files, {len(complaints)} includes across the floors")
    return 1 if complaints or not files else 0


if __name__ == "__main__":
    sys.exit(main())

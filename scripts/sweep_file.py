"""A sweep file: one base configuration, one workload, and the axes that span the points.

    config: ../edge.yaml                      # paths are relative to the sweep file
    workload:
      model: ../../models/resnet50-int8.onnx  # or elf, commands; a list: one a core; further: input
      arguments: [--values, off]              # further arguments of castor run
    parameters: {l2.ways: 8}                  # the same for every point
    grid:                                     # or points, or random
      gemmini.tlb_size: [4, 8, 16]
      l2.capacity: [1 MiB, 2 MiB]
    statistics: [soc.memory.l2_*.misses]      # columns of results.csv; matches of a pattern are added up

Instead of `grid`, a list of points, each with a name if it wants one:

    points:
      - {name: Base, l2.capacity: 1 MiB}
      - {name: BigL2, l2.capacity: 2 MiB}

or a random sample, the same for the same seed:

    random:
      seed: 1
      count: 20
      axes: {l2.capacity: [1 MiB, 2 MiB], gemmini.tlb_size: {from: 4, to: 64}}

An axis is a parameter of the SoC, or one of config, model, elf, commands, input.
"""
import dataclasses
import hashlib
import itertools
import pathlib
import random
import re

import yaml

WORKLOADS = ("model", "elf", "commands")
FILES = ("config", *WORKLOADS, "input")  # axes that name files
KEYS = ("config", "workload", "parameters", "grid", "points", "random", "statistics")
SPANS = ("grid", "points", "random")
OURS = ("--config", "--out", "--quiet", *(f"--{key}" for key in FILES))  # arguments that the sweep gives itself
LONGEST_NAME = 100


class SweepError(Exception):
    """What is wrong with a sweep file, in one line."""


@dataclasses.dataclass
class Point:
    """One run: the value of each axis, and what castor is called with."""
    name: str
    axes: dict
    config: pathlib.Path
    files: list  # of (option, path)
    parameters: dict
    arguments: list

    def command(self, castor):
        """Words of the run, but for the folder it writes into."""
        words = [str(castor), "run", "--config", str(self.config), "--quiet"]
        for option, path in self.files:
            words += [f"--{option}", str(path)]
        for key, value in self.parameters.items():
            words += ["-p", f"{key}={value}"]
        return words + self.arguments


@dataclasses.dataclass
class Sweep:
    path: pathlib.Path
    points: list
    statistics: list

    @property
    def axes(self):
        """Names of all axes, in order of appearance."""
        return list(dict.fromkeys(itertools.chain.from_iterable(point.axes for point in self.points)))


class OnceLoader(yaml.BaseLoader):
    """YAML, but every value is the text as written (`off` is no truth value), and a key may stand only once in a mapping."""


def mapping_of(loader, node):
    seen = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key '{key.value}' stands twice", key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


OnceLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping_of)


class Reader:
    """Turns a file into points; every complaint names the file and the key."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.folder = self.path.resolve().parent

    def fail(self, key, wrong, allowed):
        raise SweepError(f"{self.path}: {key}{': ' if key else ''}{wrong}; allowed: {allowed}")

    def load(self):
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.fail("", f"cannot be read ({error})", "a sweep file (docs/sweep.md)")
        try:
            return yaml.load(text, OnceLoader)
        except yaml.YAMLError as error:
            line = f":{error.problem_mark.line + 1}" if getattr(error, "problem_mark", None) else ""
            raise SweepError(f"{self.path}{line}: {getattr(error, 'problem', None) or error}; allowed: YAML") from error

    def read(self):
        content = self.check(self.load(), "", dict, "a mapping with " + ", ".join(KEYS))
        self.only(content, "", KEYS)
        base = self.base_of(content)
        points = [self.point(base, name, axes) for name, axes in self.span(content)]
        self.different(points)
        statistics = self.list_of(content.get("statistics", []), "statistics", "a list of statistics (docs/statistics.md)")
        return Sweep(self.path, points, [self.value(statistic, "statistics") for statistic in statistics])

    # ---- the parts

    def base_of(self, content):
        workload = self.check(content.get("workload", {}), "workload", dict, "model, elf, commands, input, arguments")
        self.only(workload, "workload.", (*WORKLOADS, "input", "arguments"))
        arguments = [self.value(a, "workload.arguments") for a in self.list_of(workload.get("arguments", []), "workload.arguments", "a list of words")]
        for argument in arguments:
            if argument.split("=")[0] in OURS:
                self.fail("workload.arguments", f"{argument} is given by the sweep itself", f"other options of castor run than {', '.join(OURS)}")
        parameters = self.check(content.get("parameters", {}), "parameters", dict, "PARAMETER: VALUE, ...")
        return {"config": content.get("config"), **{key: workload.get(key) for key in FILES[1:]}, "arguments": arguments,
                "parameters": {key: self.value(value, f"parameters.{key}") for key, value in parameters.items()}}

    def span(self, content):
        """(name or None, axes) of every point."""
        given = [key for key in SPANS if key in content]
        if len(given) != 1:
            self.fail("", f"{' and '.join(given) or 'no axes'} given", "exactly one of " + ", ".join(SPANS))
        return getattr(self, given[0])(content[given[0]])

    def grid(self, axes):
        axes = self.check(axes, "grid", dict, "AXIS: [VALUE, ...], ...")
        lists = [self.values(values, f"grid.{key}") for key, values in axes.items()]
        return [(None, dict(zip(axes, values))) for values in itertools.product(*lists)] if axes else self.empty("grid")

    def points(self, points):
        points = self.list_of(points, "points", "a list of {AXIS: VALUE, ...}")
        spanned = []
        for number, axes in enumerate(points, 1):
            key = f"points[{number}]"
            axes = dict(self.check(axes, key, dict, "{AXIS: VALUE, ...}"))
            name = axes.pop("name", None)
            spanned.append((name, {axis: self.file_or_value(value, f"{key}.{axis}") for axis, value in axes.items()}))
        return spanned or self.empty("points")

    def random(self, content):
        content = self.check(content, "random", dict, "seed, count, axes")
        self.only(content, "random.", ("seed", "count", "axes"))
        seed = self.whole(content.get("seed"), "random.seed", 0)
        count = self.whole(content.get("count"), "random.count", 1)
        axes = self.check(content.get("axes", {}), "random.axes", dict, "AXIS: [VALUE, ...] or {from: LOW, to: HIGH}, ...")
        choices = {key: self.choices(values, f"random.axes.{key}") for key, values in axes.items()} or self.empty("random.axes")
        size = 1
        for values in choices.values():
            size *= len(values)
        if count > size:
            self.fail("random.count", f"{count} different points are wanted", f"1 to {size}: there are no more")
        return [(None, axes) for axes in sample(choices, count, size, random.Random(seed))]

    def choices(self, values, key):
        if not isinstance(values, dict):
            return self.values(values, key)
        self.only(values, key + ".", ("from", "to"))
        low, high = self.whole(values.get("from"), key + ".from", None), self.whole(values.get("to"), key + ".to", None)
        return range(low, high + 1) if low <= high else self.fail(key, f"from {low} is above to {high}", "from below to")

    def point(self, base, name, axes):
        settings = {**base, **{key: value for key, value in axes.items() if key in FILES}}
        if any(key in WORKLOADS for key in axes):
            settings.update({key: axes.get(key) for key in WORKLOADS})
        if settings["config"] is None:
            self.fail("config", "is missing", "the file of an SoC")
        files = [(key, path) for key in FILES[1:] for path in self.paths(settings[key], key)]
        if len({key for key, _ in files if key in WORKLOADS}) != 1:
            self.fail("workload", "one workload is needed", "exactly one of model, elf, commands")
        parameters = {**base["parameters"], **{key: value for key, value in axes.items() if key not in FILES}}
        shown = {key: shown_value(value) for key, value in axes.items()}
        return Point(name_of(name, shown), shown, self.paths(settings["config"], "config")[0], files, parameters, base["arguments"])

    def paths(self, given, key):
        names = [] if given is None else given if isinstance(given, list) else [given]
        paths = [self.folder / str(name) for name in names]
        for path in paths:
            if not path.is_file():
                self.fail(key, f"there is no file {path}", "a file, relative to the sweep file")
        return paths

    def different(self, points):
        for kind in ("axes", "name"):
            seen = {}
            for number, point in enumerate(points, 1):
                if (first := seen.setdefault(str(getattr(point, kind)), number)) != number:
                    self.fail("", f"points {first} and {number} have the same {'values' if kind == 'axes' else 'name'} ({point.name})", "different points")

    # ---- single values

    def check(self, value, key, kind, allowed):
        return value if isinstance(value, kind) else self.fail(key, "is missing" if value is None else f"is {value!r}", allowed)

    def only(self, mapping, prefix, keys):
        for key in mapping:
            if key not in keys:
                self.fail(f"{prefix}{key}", "unknown key", ", ".join(keys))

    def empty(self, key):
        return self.fail(key, "is empty", "at least one point")

    def list_of(self, value, key, allowed):
        return self.check(value, key, list, allowed)

    def values(self, values, key):
        values = self.list_of(values, key, "a list of values")
        if not values:
            self.empty(key)
        return [self.file_or_value(value, key) for value in values]

    def file_or_value(self, value, key):
        axis = key.removeprefix("grid.").removeprefix("random.axes.").split("].")[-1]
        if "." not in axis and axis not in FILES:
            self.fail(key, "is no axis", f"a parameter of the SoC (docs/parameters.md) or {', '.join(FILES)}")
        if axis in FILES and isinstance(value, list):
            return value  # a workload for each core
        return self.value(value, key)

    def value(self, value, key):
        return self.check(value or None, key, str, "one number or word")

    def whole(self, value, key, least):
        allowed = "a whole number" + ("" if least is None else f", at least {least}")
        text = self.check(value or None, key, str, allowed)
        good = re.fullmatch(r"-?[0-9]{1,18}", text) and (least is None or int(text) >= least)
        return int(text) if good else self.fail(key, f"is {text!r}", allowed)


def sample(choices, count, size, generator):
    """Different points, in the order in which they were drawn."""
    points = []
    for number in generator.sample(range(size), count):
        axes = {}
        for key, values in choices.items():
            number, place = divmod(number, len(values))
            axes[key] = str(values[place])
        points.append(axes)
    return points


def shown_value(value):
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def name_of(given, axes):
    """The name of a point's folder."""
    text = given if given is not None else "+".join(f"{key}={value.replace(' ', '')}" for key, value in axes.items())
    name = re.sub(r"[^A-Za-z0-9._=+-]", "_", str(text).replace("../", "")).lstrip(".") or "base"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME - 9]}-{hashlib.sha256(repr(axes).encode()).hexdigest()[:8]}"


def read_sweep(path):
    return Reader(path).read()

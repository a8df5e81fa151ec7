#!/usr/bin/python3
"""ONNX Runtime as the independent judge of what Castor's compiler makes of a model.

  judge.py layers MODEL    every layer's own QDQ subgraph, fed with Castor's input tensors (the oracle's values)
  judge.py network MODEL   the whole model on seeded inputs: top-1 class and signal-to-noise of the outputs before the softmax

Exit status 77 (a skipped test): node, npm's registry, numpy or onnx is missing.
"""
import argparse
import json
import pathlib
import subprocess
import sys

SKIP = 77
try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper
except ImportError as missing:
    print(f"skipped: {missing} (install python3-onnx and python3-numpy)")
    sys.exit(SKIP)

HERE = pathlib.Path(__file__).resolve().parent


def install_runtime(work):
    """npm's onnxruntime-node into the working folder; the library is inside the package."""
    if (work / "node_modules" / "onnxruntime-node").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(work), "onnxruntime-node"], check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"skipped: cannot install onnxruntime-node: {problem}")
        sys.exit(SKIP)


def run_jobs(work, jobs):
    file = work / "jobs.json"
    file.write_text(json.dumps(jobs))
    subprocess.run(["node", str(HERE / "run_models.mjs"), str(file)], check=True)


def castor(arguments, *options):
    subprocess.run([arguments.oracle_run, arguments.model, *arguments.castor, *options], check=True, stdout=subprocess.DEVNULL)


class Model:
    """Takes subgraphs out of a model."""

    def __init__(self, path):
        self.model = onnx.load(path)
        graph = self.model.graph
        self.constants = {c.name: c for c in graph.initializer}
        self.producer = {o: n for n in graph.node for o in n.output}
        self.readers = {}
        for node in graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)

    def quantised(self, name):
        """The int8 value behind a value of the compiler's: itself, or its QuantizeLinear."""
        if name in self.producer and self.producer[name].op_type == "QuantizeLinear":
            return name
        for reader in self.readers.get(name, []):
            if reader.op_type == "QuantizeLinear":
                return reader.output[0]
        return None

    def subgraph(self, inputs, output, shapes):
        """Everything between the int8 `inputs` and the int8 `output`."""
        wanted, nodes, constants = [output], [], {}
        while wanted:
            name = wanted.pop()
            if name in inputs or name == "":
                continue
            if name in self.constants:
                constants[name] = self.constants[name]
                continue
            if name not in self.producer:
                return None
            node = self.producer[name]
            if node not in nodes:
                nodes.append(node)
                wanted.extend(node.input)
        order = {id(n): i for i, n in enumerate(self.model.graph.node)}
        nodes.sort(key=lambda n: order[id(n)])
        graph = helper.make_graph(
            nodes, "layer", [helper.make_tensor_value_info(n, TensorProto.INT8, shapes[n]) for n in dict.fromkeys(inputs)],
            [helper.make_tensor_value_info(output, TensorProto.INT8, shapes[output])], list(constants.values()))
        return helper.make_model(graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version)


def layer_jobs(arguments, work, manifest):
    model, jobs, checks = Model(arguments.model), [], []
    for number, layer in enumerate(manifest["layers"]):
        ends = [*layer["inputs"], layer["output"]]
        names = [model.quantised(e["name"]) for e in ends]
        if layer["op"] in ("Quantise", "Dequantise") or None in names:
            continue
        shapes = {n: e["shape"] for n, e in zip(names, ends)}
        subgraph = model.subgraph(names[:-1], names[-1], shapes)
        if subgraph is None:
            continue
        file, result = work / f"layer{number}.onnx", work / f"layer{number}.npy"
        onnx.save(subgraph, str(file))
        inputs = {n: str(work / e["file"]) for n, e in zip(names, ends[:-1])}
        jobs.append({"model": str(file), "runs": [{"inputs": inputs, "outputs": {names[-1]: str(result)}}]})
        checks.append((layer["name"], layer["op"], work / layer["output"]["file"], result))
    return jobs, checks


def judge_layers(arguments):
    work = arguments.work / "layers" / pathlib.Path(arguments.model).stem
    work.mkdir(parents=True, exist_ok=True)
    castor(arguments, "--out", str(work))
    jobs, checks = layer_jobs(arguments, work, json.loads((work / "manifest.json").read_text()))
    if not jobs:
        sys.exit("no layer could be judged")
    (work / "node_modules").unlink(missing_ok=True)
    (work / "node_modules").symlink_to(arguments.work.resolve() / "node_modules")
    run_jobs(work, jobs)
    failures = 0
    for name, op, castors, judges in checks:
        difference = np.abs(np.load(castors).astype(int).ravel() - np.load(judges).astype(int).ravel())
        equal, steps = float(np.mean(difference == 0)), int(difference.max())
        strict = op in ("Conv", "MatMul")
        good = steps <= 1 and (equal >= 0.999 or not strict)
        failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {name:40} {op:18} equal {equal:9.4%}, at most {steps} step(s) apart, {len(difference)} elements")
    print(f"{len(checks)} layers judged, {failures} failed")
    return failures


def logits(values, is_softmax):
    """Softmax outputs back to logits, up to a constant; others as they are."""
    values = values.astype(np.float64).ravel()
    if is_softmax:
        values = np.log(np.maximum(values, 1e-30))
        values -= values.mean()
    return values


def judge_network(arguments):
    work = arguments.work / "network" / pathlib.Path(arguments.model).stem
    work.mkdir(parents=True, exist_ok=True)
    (work / "node_modules").unlink(missing_ok=True)
    (work / "node_modules").symlink_to(arguments.work.resolve() / "node_modules")
    model = onnx.load(arguments.model)
    source = [i.name for i in model.graph.input if i.name not in {c.name for c in model.graph.initializer}][0]
    target = model.graph.output[0].name
    is_softmax = any(n.op_type == "Softmax" and target in n.output for n in model.graph.node)
    runs, folders = [], []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.inputs):
        folder = work / f"seed{seed}"
        folder.mkdir(exist_ok=True)
        extra = ["--input", str(make_input(arguments, model, seed, folder))] if arguments.kind != "seeded" else ["--seed", str(seed)]
        castor(arguments, "--out", str(folder), "--layers", "no", "--by", "executor", *extra)
        runs.append({"inputs": {source: str(folder / "input0.npy")}, "outputs": {target: str(folder / "judge.npy")}})
        folders.append(folder)
    run_jobs(work, [{"model": arguments.model, "optimise": arguments.optimise, "runs": runs}])
    same, worst = 0, float("inf")
    for folder in folders:
        ours, theirs = (logits(np.load(folder / f), is_softmax) for f in ("output0.npy", "judge.npy"))
        noise = np.mean((ours - theirs) ** 2)
        sqnr = 10 * np.log10(np.mean(theirs**2) / noise) if noise > 0 else float("inf")
        agree = ours.argmax() == theirs.argmax() or theirs[ours.argmax()] == theirs.max()
        same += agree
        worst = min(worst, sqnr)
        print(f"{folder.name}: top-1 {ours.argmax()} against {theirs.argmax()}, SQNR {sqnr:.2f} dB")
    print(f"same top-1 class on {same} of {len(folders)} inputs, worst SQNR {worst:.2f} dB")
    return 0 if same >= 0.9 * len(folders) and worst >= 20 else 1


def make_input(arguments, model, seed, folder):
    """Inputs the compiler did not calibrate on: uniform or normal noise."""
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    random = np.random.RandomState(1000 + seed)
    low, high = arguments.range
    values = random.uniform(low, high, shape) if arguments.kind == "uniform" else np.clip(random.normal((low + high) / 2, (high - low) / 5, shape), low, high)
    np.save(folder / "given.npy", values.astype(np.float32))
    return folder / "given.npy"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["layers", "network"])
    parser.add_argument("model")
    parser.add_argument("--oracle-run", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--inputs", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--kind", choices=["seeded", "uniform", "normal"], default="seeded")
    parser.add_argument("--range", type=float, nargs=2, default=[-2.5, 2.5])
    parser.add_argument("--optimise", action="store_true", help="let ONNX Runtime rewrite the graph")
    parser.add_argument("--castor", action="append", default=[], help="a word for oracle_run")
    arguments = parser.parse_args()
    if not pathlib.Path(arguments.model).exists():
        print(f"skipped: {arguments.model} is not there")
        return SKIP
    install_runtime(arguments.work)
    return 1 if (judge_layers if arguments.what == "layers" else judge_network)(arguments) else 0


if __name__ == "__main__":
    sys.exit(main())

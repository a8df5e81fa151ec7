"""Sweep files: which points they span, and what is told of a bad one."""
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import sweep_file  # noqa: E402

HEAD = "config: soc.yaml\nworkload: {commands: work.stream}\n"


class SweepFile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("soc.yaml", "other.yaml", "work.stream", "a.onnx", "b.onnx"):
            (self.folder / name).write_text("", encoding="utf-8")
        self.path = self.folder / "sweep.yaml"

    def sweep(self, text):
        self.path.write_text(text, encoding="utf-8")
        return sweep_file.read_sweep(self.path)

    def axes(self, text):
        return [point.axes for point in self.sweep(HEAD + text).points]

    def refusal(self, text):
        with self.assertRaises(sweep_file.SweepError) as caught:
            self.sweep(text)
        message = str(caught.exception)
        self.assertNotIn("\n", message)
        self.assertTrue(message.startswith(str(self.path)), message)
        return message.removeprefix(str(self.path))


class Points(SweepFile):
    def test_a_grid_holds_every_combination_the_last_axis_fastest(self):
        self.assertEqual(self.axes("grid: {a.x: [1, 2], b.y: [3 KiB, off]}"),
                         [{"a.x": "1", "b.y": "3 KiB"}, {"a.x": "1", "b.y": "off"}, {"a.x": "2", "b.y": "3 KiB"}, {"a.x": "2", "b.y": "off"}])

    def test_a_list_holds_its_points_under_their_names(self):
        sweep = self.sweep(HEAD + "points: [{name: Base, a.x: 1}, {b.y: 2}, {}]")
        self.assertEqual([(point.name, point.axes) for point in sweep.points], [("Base", {"a.x": "1"}), ("b.y=2", {"b.y": "2"}), ("base", {})])
        self.assertEqual(sweep.axes, ["a.x", "b.y"])

    def test_a_random_sample_is_the_same_for_the_same_seed_and_holds_no_point_twice(self):
        text = "random: {seed: %d, count: 20, axes: {a.x: [1, 2, 3], b.y: {from: -4, to: 4}}}"
        drawn = self.axes(text % 1)
        self.assertEqual(drawn, self.axes(text % 1))
        self.assertNotEqual(drawn, self.axes(text % 2))
        self.assertEqual(len({str(axes) for axes in drawn}), 20)
        self.assertLessEqual({axes["b.y"] for axes in drawn}, {str(value) for value in range(-4, 5)})

    def test_a_random_sample_as_large_as_its_space_is_all_of_it(self):
        drawn = self.axes("random: {seed: 3, count: 6, axes: {a.x: [1, 2, 3], b.y: {from: 0, to: 1}}}")
        self.assertEqual(len({str(axes) for axes in drawn}), 6)

    def test_castor_is_called_with_the_files_the_parameters_and_the_arguments(self):
        sweep = self.sweep("config: soc.yaml\nworkload: {model: [a.onnx, b.onnx], arguments: [--values, off]}\n"
                           "parameters: {l2.ways: 8}\ngrid: {l2.capacity: [1 MiB]}")
        self.assertEqual(sweep.points[0].command("castor"),
                         ["castor", "run", "--config", str(self.folder / "soc.yaml"), "--quiet", "--model", str(self.folder / "a.onnx"),
                          "--model", str(self.folder / "b.onnx"), "-p", "l2.ways=8", "-p", "l2.capacity=1 MiB", "--values", "off"])

    def test_configuration_and_workload_may_be_axes(self):
        points = self.sweep(HEAD + "grid: {config: [soc.yaml, other.yaml], model: [a.onnx, b.onnx]}").points
        self.assertEqual([(point.config.name, [(option, path.name) for option, path in point.files]) for point in points],
                         [("soc.yaml", [("model", "a.onnx")]), ("soc.yaml", [("model", "b.onnx")]),
                          ("other.yaml", [("model", "a.onnx")]), ("other.yaml", [("model", "b.onnx")])])

    def test_a_long_name_is_cut_and_stays_different(self):
        keys = ", ".join(f"group.parameter_{n}: [1, 2]" for n in range(9))
        names = [point.name for point in self.sweep(HEAD + "grid: {" + keys + "}").points]
        self.assertEqual(len(set(names)), 512)
        self.assertLessEqual(max(map(len, names)), sweep_file.LONGEST_NAME)


class BadFiles(SweepFile):
    def test_no_file(self):
        with self.assertRaisesRegex(sweep_file.SweepError, "none.yaml: cannot be read .*; allowed: a sweep file"):
            sweep_file.read_sweep(self.folder / "none.yaml")

    def test_no_yaml_names_the_line(self):
        self.assertTrue(self.refusal("config: soc.yaml\n  grid: [").startswith(":2: "))

    def test_no_mapping(self):
        self.assertIn("allowed: a mapping with config, workload", self.refusal("- 1"))

    def test_a_key_twice_names_the_line(self):
        self.assertEqual(self.refusal("config: a\nworkload: {}\nconfig: b"), ":3: key 'config' stands twice; allowed: YAML")

    def test_an_unknown_key(self):
        self.assertEqual(self.refusal(HEAD + "grids: {a.x: [1]}"),
                         ": grids: unknown key; allowed: config, workload, parameters, grid, points, random, statistics")
        self.assertIn("workload.modell: unknown key; allowed: model, elf, commands, input, arguments", self.refusal("workload: {modell: x}"))

    def test_no_axes_or_two_kinds(self):
        self.assertEqual(self.refusal(HEAD), ": no axes given; allowed: exactly one of grid, points, random")
        self.assertIn("grid and points given", self.refusal(HEAD + "grid: {a.x: [1]}\npoints: [{a.x: 1}]"))

    def test_no_configuration(self):
        self.assertIn("config: is missing; allowed: the file of an SoC", self.refusal("workload: {commands: work.stream}\ngrid: {a.x: [1]}"))

    def test_a_file_that_is_not_there(self):
        self.assertIn(": model: there is no file", self.refusal("config: soc.yaml\nworkload: {model: c.onnx}\ngrid: {a.x: [1]}"))

    def test_no_workload_or_two(self):
        self.assertIn("workload: one workload is needed; allowed: exactly one of model, elf, commands", self.refusal("config: soc.yaml\ngrid: {a.x: [1]}"))
        self.assertIn("one workload is needed", self.refusal("config: soc.yaml\nworkload: {model: a.onnx, commands: work.stream}\ngrid: {a.x: [1]}"))

    def test_an_argument_that_the_sweep_gives_itself(self):
        self.assertIn("workload.arguments: --out=x is given by the sweep itself",
                      self.refusal("config: soc.yaml\nworkload: {commands: work.stream, arguments: [--out=x]}\ngrid: {a.x: [1]}"))

    def test_an_axis_that_is_none(self):
        self.assertIn("grid.tlb: is no axis; allowed: a parameter of the SoC (docs/parameters.md) or config, model", self.refusal(HEAD + "grid: {tlb: [1]}"))
        self.assertIn("points[2].size: is no axis", self.refusal(HEAD + "points: [{a.x: 1}, {size: 2}]"))

    def test_values_that_are_none(self):
        self.assertIn("grid.a.x: is '1'; allowed: a list of values", self.refusal(HEAD + "grid: {a.x: 1}"))
        self.assertIn("grid.a.x: is empty", self.refusal(HEAD + "grid: {a.x: []}"))
        self.assertIn("grid.a.x: is ['1']; allowed: one number or word", self.refusal(HEAD + "grid: {a.x: [[1]]}"))
        self.assertIn("points: is empty", self.refusal(HEAD + "points: []"))

    def test_a_sample_without_seed_or_larger_than_its_space(self):
        self.assertIn("random.seed: is missing; allowed: a whole number, at least 0", self.refusal(HEAD + "random: {count: 1, axes: {a.x: [1]}}"))
        self.assertIn("random.count: is '0'; allowed: a whole number, at least 1", self.refusal(HEAD + "random: {seed: 1, count: 0, axes: {a.x: [1]}}"))
        self.assertIn("random.count: 3 different points are wanted; allowed: 1 to 2", self.refusal(HEAD + "random: {seed: 1, count: 3, axes: {a.x: [1, 2]}}"))
        self.assertIn("random.axes.a.x: from 3 is above to 1", self.refusal(HEAD + "random: {seed: 1, count: 1, axes: {a.x: {from: 3, to: 1}}}"))

    def test_points_that_are_the_same(self):
        self.assertIn("points 1 and 3 have the same values (a.x=1)", self.refusal(HEAD + "points: [{a.x: 1}, {a.x: 2}, {a.x: 1}]"))
        self.assertIn("points 1 and 2 have the same name (A)", self.refusal(HEAD + "points: [{name: A, a.x: 1}, {name: A, a.x: 2}]"))


if __name__ == "__main__":
    unittest.main()

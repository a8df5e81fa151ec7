"""Figures, bars and the record of scripts/error_summary.py."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import error_summary


def row(rtl, castor, family="mvin", evicts=False, segment=0):
    return {"family": family, "file": "a.trace", "segment": segment, "commands": "1", "rtl_cycles": rtl, "castor_cycles": castor,
            "error_percent": error_summary.error_percent(rtl, castor), "evicts": evicts}


def beyond(*rows, bars=None):
    return [line["segment"] for line in error_summary.beyond_bar(list(rows), bars or {})]


class Bars(unittest.TestCase):
    def test_long_segments_are_held_to_five_percent_either_way(self):
        self.assertEqual(beyond(row(200, 210), row(200, 190), row(1000, 1050)), [])
        self.assertEqual(beyond(row(200, 211, segment=1), row(1000, 949, segment=2)), [1, 2])

    def test_shorter_segments_are_held_to_six_cycles(self):
        self.assertEqual(beyond(row(199, 205), row(10, 4)), [])
        self.assertEqual(beyond(row(199, 206, segment=1), row(10, 17, segment=2)), [2, 1])

    def test_segments_that_evict_are_held_to_ten_percent_but_not_to_less_than_six_cycles(self):
        self.assertEqual(beyond(row(1000, 1100, evicts=True), row(40, 46, evicts=True)), [])
        self.assertEqual(beyond(row(1000, 1101, evicts=True), row(40, 47, evicts=True)), [0, 0])

    def test_a_machine_may_have_a_wider_bar(self):
        self.assertEqual(beyond(row(1000, 1080), bars={"mvin": 8.0}), [])
        self.assertEqual(beyond(row(1000, 1081), bars={"mvin": 8.0}), [0])

    def test_a_segment_of_no_length_may_not_last_more_than_six_cycles(self):
        self.assertEqual(beyond(row(0, 6)), [])
        self.assertEqual(beyond(row(0, 7)), [0])


class Figures(unittest.TestCase):
    def test_mean_median_percentile_and_worst_are_of_absolute_errors(self):
        line = error_summary.summary([row(100, 100), row(100, 98), row(100, 101), row(100, 109)])
        self.assertEqual((line["mean"], line["median"], line["p95"], line["worst"]), (3.0, 1.5, 9.0, 9.0))
        self.assertEqual((line["cases"], line["exact"]), (4, 1))

    def test_the_percentile_leaves_one_of_twenty_above(self):
        line = error_summary.summary([row(100, 100 + i) for i in range(1, 101)])
        self.assertEqual(line["p95"], 96.0)

    def test_segments_of_no_length_have_no_relative_error(self):
        self.assertEqual(error_summary.summary([row(0, 0), row(100, 102)])["mean"], 2.0)
        self.assertIsNone(error_summary.summary([row(0, 0)]))

    def test_overall_comes_after_the_families(self):
        table = error_summary.table_of([row(100, 100), row(100, 110, family="conv")], {})
        self.assertEqual(list(table), ["mvin", "conv", "overall"])
        self.assertEqual([line["beyond"] for line in table.values()], [0, 1, 1])


class Record(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "baseline.csv"

    def recorded(self, *rows):
        error_summary.record(self.path, error_summary.table_of(list(rows), {}))
        return error_summary.read_record(self.path)

    def worse(self, before, after):
        return error_summary.regressions(self.recorded(*before), error_summary.table_of(list(after), {}))

    def test_what_was_recorded_is_not_worse(self):
        rows = [row(300, 301), row(7, 9), row(1000, 1333)]
        self.assertEqual(self.worse(rows, rows), [])

    def test_a_family_that_became_worse_is_named(self):
        self.assertEqual(self.worse([row(1000, 1000)], [row(1000, 1010)])[0], "mvin: mean error 1.000 %, 0.000 % before")

    def test_better_is_no_complaint(self):
        self.assertEqual(self.worse([row(1000, 1100)], [row(1000, 1000)]), [])

    def test_a_case_more_beyond_the_bar_is_named_even_if_the_mean_is_better(self):
        self.assertEqual(self.worse([row(1000, 1049), row(1000, 1049)], [row(1000, 1060), row(1000, 1000)]),
                         ["mvin: 1 cases beyond the bar, 0 before", "overall: 1 cases beyond the bar, 0 before"])

    def test_cases_that_are_no_longer_replayed_are_missed(self):
        self.assertEqual(self.worse([row(9, 9), row(9, 9)], [row(9, 9)])[0], "mvin: 1 cases, 2 before")
        self.assertEqual(self.worse([row(9, 9)], [row(9, 9, family="conv")]), ["mvin: 0 cases, 1 before"])

    def test_nothing_is_recorded_where_there_is_no_file(self):
        self.assertEqual(error_summary.read_record(self.path), {})

    def test_a_file_with_other_columns_is_refused(self):
        self.path.write_text("family,cases\nmvin,1\n", encoding="utf-8")
        with self.assertRaisesRegex(ValueError, "columns are family,cases; allowed: family,cases,mean_error_percent,bar_percent,beyond_bar"):
            error_summary.read_record(self.path)

    def test_the_bars_of_a_machine_come_with_its_record(self):
        error_summary.record(self.path, error_summary.table_of([row(1000, 1070)], {"mvin": 8.0, "overall": 8.0}))
        self.assertEqual(error_summary.bars_of(error_summary.read_record(self.path)), {"mvin": 8.0, "overall": 8.0})


if __name__ == "__main__":
    unittest.main()

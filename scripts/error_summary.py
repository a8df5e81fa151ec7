"""Errors of many segments: figures by family, the bar that each segment is held to, and the record of what was reached.

A row is a line of accuracy.csv (COLUMNS) and `evicts`: whether the L2 evicts in this segment. Its victims are
pseudo-random and the core's own accesses, most of which a replay lacks, step the generator.
"""
import csv
import statistics

COLUMNS = ["family", "file", "segment", "commands", "rtl_cycles", "castor_cycles", "error_percent"]
RECORDED = ["family", "cases", "mean_error_percent", "bar_percent", "beyond_bar"]

BAR_PERCENT = 5.0            # of a segment of SHORT cycles and more
EVICTING_BAR_PERCENT = 10.0  # of one in which the L2 evicts
SHORT = 200                  # cycles; shorter segments are held to
SHORT_BAR = 6                # cycles
ROUNDING_PERCENT = 0.005     # a recorded mean has four digits


def error_percent(rtl, castor):
    return 100.0 * (castor - rtl) / max(rtl, 1)


def judged(rows):
    """Segments of no length have no relative error: they are compared for equality only."""
    return [abs(row["error_percent"]) for row in rows if row["rtl_cycles"] > 0]


def allowed_cycles(row, bar_percent):
    """How far Castor may be from the RTL in this segment."""
    rtl = row["rtl_cycles"]
    if row["evicts"]:
        return max(SHORT_BAR, max(EVICTING_BAR_PERCENT, bar_percent) * rtl / 100)
    return SHORT_BAR if rtl < SHORT else bar_percent * rtl / 100


def off_by(row):
    return abs(row["castor_cycles"] - row["rtl_cycles"])


def beyond_bar(rows, bars):
    """Rows worse than their bar ({family: percent}), the worst first."""
    beyond = [row for row in rows if off_by(row) > allowed_cycles(row, bars.get(row["family"], BAR_PERCENT))]
    return sorted(beyond, key=lambda row: -abs(row["error_percent"]))


def summary(rows):
    errors = sorted(judged(rows))
    if not errors:
        return None
    rank = min(len(errors) - 1, int(0.95 * len(errors)))
    exact = sum(row["rtl_cycles"] == row["castor_cycles"] for row in rows)
    return {"cases": len(rows), "exact": exact, "mean": statistics.fmean(errors), "median": statistics.median(errors),
            "p95": errors[rank], "worst": errors[-1]}


def by_family(rows):
    """{family: rows}, then all of them as `overall`."""
    families = {}
    for row in rows:
        families.setdefault(row["family"], []).append(row)
    return {**families, "overall": rows}


def table_of(rows, bars):
    """{family: figures}"""
    table = {}
    for family, members in by_family(rows).items():
        line = summary(members)
        if line:
            table[family] = {**line, "bar": bars.get(family, BAR_PERCENT), "beyond": len(beyond_bar(members, bars))}
    return table


def print_table(table):
    print(f"{'family':10} {'cases':>6} {'exact':>6} {'mean %':>8} {'median %':>9} {'p95 %':>8} {'worst %':>8} {'beyond':>7}")
    for family, line in table.items():
        print(f"{family:10} {line['cases']:6} {line['exact']:6} {line['mean']:8.3f} {line['median']:9.3f} {line['p95']:8.3f} "
              f"{line['worst']:8.3f} {line['beyond']:7}")


def print_row(row):
    print(f"  {row['family']} {row['file'].removesuffix('.trace')}:{row['segment']}: {row['commands']} commands, RTL {row['rtl_cycles']}, "
          f"Castor {row['castor_cycles']} ({row['error_percent']:+.2f} %){', L2 evicts' if row['evicts'] else ''}")


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


# --- The record ---

def record(path, table):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(RECORDED)
        for family, line in table.items():
            writer.writerow([family, line["cases"], f"{line['mean']:.4f}", f"{line['bar']:g}", line["beyond"]])


def read_record(path):
    """{family: line}; empty where nothing is recorded. Raises ValueError if the file is none of ours."""
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != RECORDED:
            raise ValueError(f"{path}: columns are {','.join(reader.fieldnames or [])}; allowed: {','.join(RECORDED)}")
        return {row["family"]: row for row in reader}


def bars_of(recorded):
    """{family: bar in percent}"""
    return {family: float(line["bar_percent"]) for family, line in recorded.items()}


def regressions(recorded, table):
    """What became worse than recorded, one line each."""
    worse = []
    for family, before in recorded.items():
        line = table.get(family)
        if line is None or line["cases"] < int(before["cases"]):
            worse.append(f"{family}: {line['cases'] if line else 0} cases, {before['cases']} before")
            continue
        if line["mean"] > float(before["mean_error_percent"]) + ROUNDING_PERCENT:
            worse.append(f"{family}: mean error {line['mean']:.3f} %, {float(before['mean_error_percent']):.3f} % before")
        if line["beyond"] > int(before["beyond_bar"]):
            worse.append(f"{family}: {line['beyond']} cases beyond the bar, {before['beyond_bar']} before")
    return worse

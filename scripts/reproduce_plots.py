"""Draws figures 4, 8 and 9 from what scripts/reproduce measured."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from reproduce_claims import DESIGNS, KINDS, READINGS, speedup  # noqa: E402


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def bars(axes, groups, series, width=0.8):
    """series: {label: values, one a group}"""
    each = width / len(series)
    for number, (label, values) in enumerate(series.items()):
        axes.bar([group - width / 2 + each * (number + 0.5) for group in range(len(groups))], values, each, label=label)
    axes.set_xticks(range(len(groups)), groups)


def figure_4(rates, path):
    figure, axes = plt.subplots(figsize=(8, 3))
    for sectors, windows in rates.items():
        axes.plot([cycle / 1e6 for cycle, _ in windows], [100 * rate for _, rate in windows], linewidth=0.6, label=READINGS[sectors])
    axes.set(xlabel="million cycles", ylabel="private TLB misses, %", title="ResNet-50: miss rate of the accelerator's TLB over time")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small")
    save(figure, path)


def figure_8(points, path):
    readings = list(dict.fromkeys(point.sectors for point in points))
    figure, grid = plt.subplots(len(readings), 2, figsize=(10, 3.5 * len(readings)), sharey=True, squeeze=False)
    lowest = min(translations(row, [point for point in points if point.sectors == sectors]) for row, sectors in zip(grid, readings))
    for row, sectors in zip(grid, readings):
        row[0].set_ylabel(f"performance, of the best\n{READINGS[sectors]}")
    grid[0][0].set_ylim(min(0.8, lowest - 0.02), 1.005)
    grid[0][1].legend(fontsize="small", loc="lower right")
    save(figure, path)


def translations(row, points):
    """Draws both halves of one reading; the lowest bar."""
    best = min(point.cycles for point in points)
    for axes, filtered, title in zip(row, (False, True), ("a: without filter registers", "b: with filter registers")):
        here = {(point.private, point.shared): best / point.cycles for point in points if point.filter == filtered}
        private, shared = sorted({entries for entries, _ in here}), sorted({entries for _, entries in here})
        bars(axes, private, {f"{second} shared": [here[first, second] for first in private] for second in shared})
        axes.set(xlabel="entries of the private TLB", title=title)
    return min(best / point.cycles for point in points)


def figure_9(one, two, path):
    figure, both = plt.subplots(1, 2, figsize=(10, 3.5), sharey=True)
    groups = (*KINDS, "overall")
    for axes, machines, title in zip(both, (one, two), ("b: one core", "c: two cores")):
        bars(axes, groups, {design: [1 + speedup(machines, design, kind) for kind in groups] for design in DESIGNS})
        axes.set_title(title)
    both[0].set_ylabel("performance, of Base")
    both[0].set_ylim(0.8, 1.4)
    both[1].legend(fontsize="small")
    save(figure, path)

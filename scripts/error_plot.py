"""The plot "error by family": a dot for each segment, and mean, median, 95th percentile and worst of each family."""
from error_summary import by_family, judged

FIGURES = {"mean": "D", "median": "o", "p95": "^", "worst": "x"}  # and how they are drawn
LINEAR_BELOW = 0.1  # percent; logarithmic above, so that exact and bad cases both show
SPREAD = 0.6        # of a column, by which dots are spread


def draw(path, rows, table):
    """Writes a PNG. Raises ImportError where matplotlib is missing."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(1.5 + 1.2 * len(table), 5))
    for column, (family, members) in enumerate(entry for entry in by_family(rows).items() if entry[0] in table):
        errors = judged(members)
        spread = [column + SPREAD * (i / len(errors) - 0.5) for i in range(len(errors))]
        axes.plot(spread, errors, ".", color="0.75", markersize=3, zorder=1)
    for name, marker in FIGURES.items():
        axes.plot(range(len(table)), [line[name] for line in table.values()], marker, label=name, zorder=2)
    label(axes, table)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def label(axes, table):
    axes.set_xticks(range(len(table)), [f"{family}\n{line['cases']} cases" for family, line in table.items()])
    axes.set_yscale("symlog", linthresh=LINEAR_BELOW)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("absolute error of a segment's cycles (%)")
    axes.set_title("Error by family, Castor against the RTL")
    axes.grid(axis="y", color="0.9")
    axes.legend(loc="upper right")

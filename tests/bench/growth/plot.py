"""growth.json → a plot an axis, logarithmic both ways, each line with the exponent it grows by at its end.

usage: plot.py growth.json FOLDER"""

import json
import math
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot, ticker  # noqa: E402

# The axis below, and what is drawn above it: a figure of a point, its name and unit, and the unit in the figure's own. Processor time where one process
# does it all: it is the same on a busy machine.
PLOTS = {
    "proteins": ("proteins", [("cpu_seconds", "processor time, s", 1), ("peak_memory", "peak memory, GB", 1e9)]),
    "lengths": ("residues", [("token_seconds", "time a token, µs", 1e-6), ("peak_memory", "peak memory, GB", 1e9)]),
    "sizes": ("parameters", [("seconds", "time a step, s", 1), ("peak_memory", "peak memory, GB", 1e9)]),
    "runs": ("runs", [("cpu_seconds", "processor time, s", 1), ("peak_memory", "peak memory, GB", 1e9)]),
}


def draw(result, folder):
    matplotlib.rcParams.update({"svg.hashsalt": "titer", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9})
    for name, (across, panels) in PLOTS.items():
        if name not in result:
            continue
        figure, axes = pyplot.subplots(1, len(panels), figsize=(9, 3.6), layout="constrained")
        for axis, (key, label, unit) in zip(axes, panels):
            for what, points in lines(result[name]["points"], across, key):
                axis.plot(*zip(*[(x, y / unit) for x, y in points]), marker="o", markersize=4, linewidth=1.2, label=legend(what, points))
            axis.set(xscale="log", yscale="log", xlabel=across, ylabel=label, ylim=decades(*axis.dataLim.intervaly))
            axis.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
            axis.yaxis.set_minor_formatter(ticker.NullFormatter())
            axis.xaxis.set_minor_formatter(ticker.NullFormatter())
            axis.grid(True, which="major", linewidth=0.4, color="#ccc")
            axis.spines[["top", "right"]].set_visible(False)
            axis.legend(fontsize=8, frameon=False, title="growth exponent", title_fontsize=8)
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)


def lines(points, across, key):
    """What was measured, a line each; sizes are one line of all models."""
    names = list(dict.fromkeys(point["what"] for point in points))
    if across == "parameters":
        return [("ESM-2, fp32", [(point[across], point[key]) for point in points])]
    return [(name, [(point[across], point[key]) for point in points if point["what"] == name]) for name in names]


def decades(least, most):
    """Limits of whole decades: more than one line of the grid has a number."""
    return 10 ** math.floor(math.log10(least)), 10 ** math.ceil(math.log10(most))


def legend(what, points):
    return what if len(points) < 2 else f"{what}: {exponent(points):.2f}"


def exponent(points):
    """The slope of the logarithms over the last decade, by least squares: what every call costs hides it below."""
    largest = max(x for x, _ in points)
    upper = [(math.log(x), math.log(y)) for x, y in points if x >= largest / 10.001]
    mean_x, mean_y = (sum(values) / len(upper) for values in zip(*upper))
    return sum((x - mean_x) * (y - mean_y) for x, y in upper) / sum((x - mean_x) ** 2 for x, _ in upper)


if __name__ == "__main__":
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]))

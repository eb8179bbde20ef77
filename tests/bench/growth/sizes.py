"""A training step of models from 8 to 650 million parameters, with random weights."""

import machine
from process import show, steps

STEPS = 3
# Parameters; four numbers of 32 bits each (weight, gradient, two moments) must fit, and what else a step needs.
SIZES = {"esm2-8m": 7.5e6, "esm2-35m": 33.5e6, "esm2-150m": 148e6, "esm2-650m": 651e6}
BYTES = 16
ROOM = 3.5e9
EXPERIMENT = """# Question: how do time and memory grow with the model?
[data]
source = "synthetic"
[data.synthetic]
proteins = 40
min-length = 250
max-length = 250
[model]
weights = {{ random = "{size}" }}
[train]
batch-size = 2
max-steps = {steps}
precision = "fp32"
"""


def measure(titer, folder, quick):
    points = []
    for size, parameters in list(SIZES.items())[:2 if quick else None]:
        available = machine.memory("MemAvailable")
        if parameters * BYTES + ROOM > available:
            print(f"  {size} is left out: it needs some {(parameters * BYTES + ROOM) / 1e9:.0f} GB, of which {available / 1e9:.0f} are free")
            continue
        experiment = folder / f"{size}.toml"
        experiment.write_text(EXPERIMENT.format(size=size, steps=STEPS))
        points.append(show({"what": size, "parameters": int(parameters)} | steps(titer, folder, experiment, STEPS)))
    return points

"""A training step over proteins of one length, as many of them as make up a number of tokens."""

from process import show, steps

TOKENS = 8_000
STEPS = 4
EXPERIMENT = """# Question: how do time and memory grow with the length of proteins?
[data]
source = "synthetic"
[data.synthetic]
proteins = {proteins}
min-length = {length}
max-length = {length}
[tokens]
max-length = "longest"
[model]
weights = {{ random = "{size}" }}
[train]
batch-size = {batch}
max-steps = {steps}
precision = "fp32"
"""


def measure(titer, folder, quick):
    points = []
    for size in ["esm2-tiny", "esm2-8m"][:1 if quick else 2]:
        for length in [100, 200, 500, 1000, 2000, 4000]:
            batch = TOKENS // length
            experiment = folder / f"{size}-{length}.toml"
            # Enough for the steps in one epoch.
            proteins = 2 * batch * STEPS
            experiment.write_text(EXPERIMENT.format(proteins=proteins, length=length, size=size, batch=batch, steps=STEPS))
            measured = steps(titer, folder, experiment, STEPS)
            measured["token_seconds"] = measured["seconds"] / measured["tokens"]
            points.append(show({"what": size, "residues": length} | measured))
    return points

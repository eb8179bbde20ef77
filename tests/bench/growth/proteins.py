"""Proteins on their way through the data: read, checked, split, counted and written by `titer describe`; tokenised by a worker.

The proteins are as long as real ones (log-normal, 360 residues on average) and drawn from one pool of residues; of a million some hundred repeat."""

import random

from process import job, least, show, worker

RESIDUES = {"A": 8.25, "C": 1.38, "D": 5.46, "E": 6.72, "F": 3.86, "G": 7.07, "H": 2.27, "I": 5.91, "K": 5.80, "L": 9.65, "M": 2.41,
            "N": 4.06, "P": 4.74, "Q": 3.93, "R": 5.53, "S": 6.64, "T": 5.36, "V": 6.86, "W": 1.10, "Y": 2.92}
SOURCES = {
    "table": 'source = "table"\npath = "proteins.csv"\nid = "Entry"\nsequence = "Sequence"\nlabel = "label"',
    "fasta": 'source = "fasta"\npath = "proteins.fasta"\nlabel = \'^\\S+ (\\S+)\'',
}
EXPERIMENT = """# Question: how do time and memory grow with the proteins?
[data]
{source}
[model]
weights = {{ random = "esm2-tiny" }}
[train]
max-steps = 1
"""


def measure(titer, folder, quick):
    points = []
    for count in [10**power for power in range(3, 6 if quick else 7)]:
        write(folder, count)
        for source, data in SOURCES.items():
            experiment = folder / f"{source}.toml"
            experiment.write_text(EXPERIMENT.format(source=data))
            describe = [titer, "describe", experiment.name, "--proteins", "proteins.parquet"]
            points.append(show({"what": f"describe, {source}", "proteins": count} | least(describe, folder)))
            _, used = worker(titer, folder, job(titer, folder, experiment), lambda event: event["event"] == "started")
            points.append(show({"what": f"worker, {source}", "proteins": count} | used))
    return points


def write(folder, count):
    """Writes the same proteins as a table and as FASTA."""
    draw = random.Random(42)
    pool = "".join(draw.choices(list(RESIDUES), list(RESIDUES.values()), k=1 << 22))
    with open(folder / "proteins.csv", "w") as table, open(folder / "proteins.fasta", "w") as fasta:
        table.write("Entry,Sequence,label\n")
        for index in range(count):
            length = min(max(int(draw.lognormvariate(5.7, 0.6)), 30), 5000)
            start = draw.randrange(len(pool) - length)
            sequence = "M" + pool[start:start + length - 1]
            label = draw.choice(["Cytoplasm", "Nucleus"])
            table.write(f"P{index:07},{sequence},{label}\n")
            fasta.write(f">P{index:07} {label}\n{sequence}\n")

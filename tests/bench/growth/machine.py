"""What is measured on, and what else it has to do."""

import os
import pathlib
import platform


def this():
    return {"cpu": cpu(), "cores": os.cpu_count(), "memory": memory("MemTotal"), "load_after": os.getloadavg()[1]}


def memory(line):
    """Bytes, as /proc/meminfo has them under a name."""
    found = [text.split()[1] for text in pathlib.Path("/proc/meminfo").read_text().splitlines() if text.startswith(f"{line}:")]
    return int(found[0]) * 1024


def cpu():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())

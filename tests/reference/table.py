"""A Parquet table as pandas writes it, for tests/it/data/readers.rs.

    python tests/reference/table.py tests/reference/table.parquet
"""

import sys
from decimal import Decimal

import numpy as np
import pandas as pd

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
odd = np.arange(len(LETTERS)) % 2
frame = pd.DataFrame(
    {
        "id": [f"P{index}" for index in range(len(LETTERS))],
        "sequence": pd.Categorical([f"MK{letter}" for letter in LETTERS]),
        "category": pd.Categorical(np.array(["x", "y"])[odd]),
        "nullable": pd.array([None, *odd[1:]], dtype="Int64"),
        "single": (odd + 0.5).astype("float32"),
        "byte": odd.astype("int8"),
        "time": pd.to_datetime(odd, unit="s").astype("datetime64[us]"),
        "decimal": [Decimal("1.0") if each else Decimal("0.0") for each in odd],
    }
)
frame.to_parquet(sys.argv[1], index=False)

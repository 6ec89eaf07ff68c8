"""Train the simplest model that there is on a part of a dataset, and print the hash of what it learned.

A penguin is of the species whose mean bill, flipper and weight are nearest to its own.
"""

from __future__ import annotations

import hashlib
import json
import sys

import datakit

MEASURED = ["Culmen Length (mm)", "Culmen Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"]

reference, part = sys.argv[1:]
rows = datakit.load(reference, split=part, columns=["Species", *MEASURED]).dropna()
means = rows.groupby("Species")[MEASURED].mean()
model = json.dumps({species: list(values) for species, values in means.T.to_dict("list").items()}, sort_keys=True)
print(len(rows), hashlib.sha256(model.encode()).hexdigest())

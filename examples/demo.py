"""One dataset's life, from an empty folder to a model that is retrained on exactly the old data; every claim is proved.

Run it with `make demo`: real Git, DVC and hooks, in a temporary folder with a home of its own, so that nothing of yours is
read or changed.
"""

from __future__ import annotations

import sys

from examples import gate, life
from examples.stage import play

SCENES = (
    gate.start,
    gate.record,
    gate.refuse_undocumented,
    gate.document,
    gate.refuse_changed,
    gate.explain_change,
    gate.refuse_broken,
    gate.share,
    life.split,
    life.release,
    life.refuse_appended,
    life.append,
    life.retrain,
    life.agree,
)


if __name__ == "__main__":
    sys.exit(play(SCENES))

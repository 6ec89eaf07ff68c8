"""datakit: every dataset of an ML repository recorded, documented, validated and reproducible, on top of DVC and Git.

The names below are loaded when first used, so that `import datakit` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datakit.errors import DatakitError
    from datakit.verbs.add import add
    from datakit.verbs.check import check
    from datakit.verbs.datasets import datasets
    from datakit.verbs.doctor import doctor
    from datakit.verbs.explain import explain
    from datakit.verbs.init import init
    from datakit.verbs.load import load
    from datakit.verbs.log import log
    from datakit.verbs.mv import mv
    from datakit.verbs.path import path
    from datakit.verbs.pull import pull
    from datakit.verbs.push import push
    from datakit.verbs.release import release
    from datakit.verbs.rm import rm
    from datakit.verbs.show import show
    from datakit.verbs.split import split
    from datakit.verbs.status import status
    from datakit.verbs.validate import validate
    from datakit.verbs.verify import verify

__all__ = [
    "DatakitError",
    "add",
    "check",
    "datasets",
    "doctor",
    "explain",
    "init",
    "load",
    "log",
    "mv",
    "path",
    "pull",
    "push",
    "release",
    "rm",
    "show",
    "split",
    "status",
    "validate",
    "verify",
]

_VERBS = frozenset(__all__) - {"DatakitError"}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    import importlib

    if name in _VERBS:
        return getattr(importlib.import_module(f"datakit.verbs.{name}"), name)
    if name == "DatakitError":
        return importlib.import_module("datakit.errors").DatakitError
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("dvc-datakit")
    raise AttributeError(f"module `datakit` has no attribute `{name}`")


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]

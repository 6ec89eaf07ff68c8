"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Datasets; all by default.")]
References = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME[@VERSION]]...", help="Datasets, each at a version where one is given; all by default."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write the records as JSON.")]

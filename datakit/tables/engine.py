"""An in-memory DuckDB for hostile input: it can open the files it was given, nothing else, and its settings are locked."""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from datakit.errors import EnvironmentProblem, InvalidData

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
memory_limit = 1_000_000_000  # bytes, for a table of up to 1,000 columns
_memory_of_column = 400_000  # buffers of each further column
batch = 200  # expressions of one query; planning takes about a millisecond for each, and more for each of many


class Session(NamedTuple):
    """A locked connection and the paths that it may open."""

    con: duckdb.DuckDBPyConnection
    path: Path  # the table, as it lies there
    link: Path  # a plain name for it: no suffix, no glob characters, no `key=value` folder
    utf8: Path  # a copy of a text that is in another encoding; written only then
    flat: Path  # a rewritten copy of a text that DuckDB does not read as it is; written only then
    beside: tuple[Path, ...] = ()  # plain names for the further files that are read
    memory: int = memory_limit  # bytes, before what wide tables need

    @property
    def text(self) -> Path:
        """The text that is read: the file itself, or its copy in UTF-8."""
        return self.utf8 if self.utf8.exists() else self.link


@contextmanager
def connect(
    path: Path,
    spill: Path | None = None,
    beside: Sequence[Path] = (),
    target: Path | None = None,
    memory: int | None = None,
) -> Iterator[Session]:
    """Open an in-memory DuckDB that can read `path` and the files beside it, write `target`, and nothing else.

    Extensions are neither loaded nor fetched, Python variables are not tables and times are UTC; `settle` locks the
    configuration before the first statement that holds any text of a user. What exceeds the memory limit goes to a private folder that is removed at the end.

    Args:
        path: The file; its name and suffix do not matter.
        spill: Where the private folder is made; the system's folder for temporary files by default.
        beside: Further files that are read, by the plain names that the session has for them.
        target: The file that `COPY` writes, by its absolute path.
        memory: Bytes that a narrow table may take before it goes to the private folder; `memory_limit` by default.

    Yields:
        The session.

    Raises:
        KeyboardInterrupt: Somebody stopped a statement.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="datakit-", dir=spill) as folder:
        link, utf8, flat, room = (Path(folder, plain) for plain in ("table", "utf8", "flat", "spill"))
        further = tuple(Path(folder, f"beside{number}") for number in range(len(beside)))
        for plain, real in zip((link, *further), (path, *beside), strict=True):
            plain.symlink_to(Path(os.path.abspath(real)))
        written = () if target is None else (os.path.abspath(target),)
        allowed = ", ".join(quote_text(str(open_)) for open_ in (link, utf8, flat, *further, *written))
        room.mkdir()
        con = duckdb.connect(":memory:")
        try:
            for setting in (
                "autoinstall_known_extensions = false",
                "autoload_known_extensions = false",
                "python_enable_replacements = false",
                f"memory_limit = '{memory_limit}B'",
                f"temp_directory = {quote_text(str(room))}",
                "TimeZone = 'UTC'",
                f"allowed_paths = [{allowed}]",
                "enable_external_access = false",
            ):
                con.execute(f"SET {setting}")
            yield Session(con, path, link, utf8, flat, further, memory or memory_limit)
        except (duckdb.InterruptException, RuntimeError) as error:
            if isinstance(error, RuntimeError) and str(error) != "Query interrupted":
                raise
            raise KeyboardInterrupt from error  # DuckDB takes Ctrl-C and raises errors of its own
        finally:
            con.close()


def settle(session: Session, columns: int) -> None:
    """Give a wide table the memory that its buffers need, then lock the configuration.

    Args:
        session: The session, just opened.
        columns: How many columns the table has.
    """
    base = min(memory_limit, session.memory + 2 * _memory_of_column * columns)
    session.con.execute(f"SET memory_limit = '{base + _memory_of_column * max(columns - 1000, 0)}B'")
    session.con.execute("SET lock_configuration = true")


def query(session: Session, name: str, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows.

    Args:
        session: The session.
        name: What messages call the table.
        sql: The statement.
        parameters: The values of its question marks.

    Returns:
        The rows.

    Raises:
        InvalidData: The file cannot be read as what it claims to be.
        EnvironmentProblem: Memory or disk are used up.
    """
    import duckdb

    try:
        return stoppable(session, lambda: session.con.execute(sql, list(parameters)).fetchall())
    except duckdb.OutOfMemoryException as error:
        raise EnvironmentProblem(
            f"{name}: the memory limit and the temporary disk do not hold the table",
            hint="point TMPDIR to a folder on a larger disk",
        ) from error
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        raise  # our own SQL is wrong: a bug, not the data
    except duckdb.InterruptException:
        raise  # it was stopped, see `connect`
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise InvalidData(f"{name}: {_summary(session, name, error)}") from error


def stoppable(session: Session, statement: Callable[[], T]) -> T:
    """Run a statement so that Ctrl-C ends it: DuckDB looks for that between its tasks, and one may take minutes.

    Args:
        session: The session.
        statement: Runs it and returns its result.

    Returns:
        The result.

    Raises:
        KeyboardInterrupt: Somebody stopped it.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="datakit-duckdb") as thread:
        done = thread.submit(statement)
        try:
            return done.result()
        except KeyboardInterrupt:
            session.con.interrupt()
            raise


def copy(session: Session, name: str, select: str, target: Path) -> int:
    """Write the rows of a query as Parquet, in their order.

    Args:
        session: The session, whose target this is.
        name: What messages call the data.
        select: The query.
        target: The file; what is there is overwritten.

    Returns:
        The number of rows.

    Raises:
        InvalidData: The data cannot be read as what it claims to be.
        EnvironmentProblem: The file cannot be written.
    """
    import duckdb

    options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
    try:
        return int(query(session, name, f"COPY ({select}) TO {quote_text(os.path.abspath(target))} ({options})")[0][0])
    except InvalidData as error:
        if isinstance(error.__cause__, duckdb.IOException):
            raise EnvironmentProblem(
                f"{target.name} cannot be written: {_summary(session, name, error.__cause__)}",
                hint="make room, or name another folder",
            ) from error
        raise


def aggregate(session: Session, name: str, expressions: Sequence[str], together: int = batch) -> list[Any]:
    """Compute aggregates over the loaded table.

    Args:
        session: The session, whose table is loaded.
        name: What messages call the table.
        expressions: SQL aggregates.
        together: How many are computed in one scan.

    Returns:
        One value for each.
    """
    values: list[Any] = []
    for start in range(0, len(expressions), together):
        values += query(session, name, f"SELECT {', '.join(expressions[start : start + together])} FROM data")[0]
    return values


def quote_name(name: str) -> str:
    """Quote an identifier.

    >>> quote_name('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text.

    >>> quote_text("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def _summary(session: Session, name: str, error: Exception) -> str:
    """Return the first line of DuckDB's message, without the private path."""
    line = str(error).splitlines()[0].partition("Error: ")[2] or str(error).splitlines()[0]
    for private in (session.link, session.utf8, session.flat, *session.beside):
        line = line.replace(str(private), name)
    return line[:200].strip().rstrip(".")

"""SQLAlchemy's statements as text and values for the driver.

Core stays the language for tables and queries; only its way of running them is left out, which cost more than the
statements themselves: it goes through greenlets, its own cursor and a second cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import Executable, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.util import LRUCache

Values = Mapping[str, Any]  # Any: column values
Processor = Callable[[Any], Any] | None  # Any: as above

LINES = 1000
"""How many different statements are remembered."""


def _as_it_is(value: str) -> str:
    return value


dialect = PGDialect_asyncpg(json_serializer=_as_it_is, json_deserializer=_as_it_is)
"""How statements are written: `$1`, `$2` …, each with its type."""
dialect.dbapi = cast("Any", PGDialect_asyncpg.import_dbapi())  # Any: its types do not fit its own protocol


class Found(IteratorResult[Any]):
    """What a statement found or wrote, read as any result of SQLAlchemy's; `rowcount` is how many rows it reached."""

    rowcount: int = 0


class Compiled:
    """One statement, compiled once: what is left to do for each run is to put the values in their places."""

    def __init__(self, compiled: SQLCompiler) -> None:
        self.compiled = compiled
        self.names = list(compiled.positiontup or ())
        processors = cast("Mapping[str, Processor]", compiled._bind_processors)  # pyright: ignore[reportPrivateUsage]  (the driver needs them, and no public name leads there)
        self.processors = [(place, processors[name]) for place, name in enumerate(self.names) if name in processors]
        self.expands = bool(compiled.post_compile_params or compiled.literal_execute_params)
        self.metadata: SimpleResultMetaData | None = None

    def line(self, given: Values, extracted: Any) -> tuple[str, list[Any]]:  # Any: SQLAlchemy's own, and values
        """The text and the values for one run."""
        if self.expands:
            return self._expanded(given, extracted)
        try:
            values = [given[name] for name in self.names]
        except KeyError:
            known = self.compiled.construct_params(given, extracted_parameters=extracted, escape_names=False)
            values = [known[name] for name in self.names]
        for place, process in self.processors:
            values[place] = cast("Callable[[Any], Any]", process)(values[place])
        return self.compiled.string, values

    def _expanded(self, given: Values, extracted: Any) -> tuple[str, list[Any]]:  # Any: as above
        """For `IN`: as many places as there are values."""
        known = self.compiled.construct_params(given, extracted_parameters=extracted, escape_names=False)
        expanded = self.compiled._process_parameters_for_postcompile(known)  # pyright: ignore[reportPrivateUsage]  (as above)
        processors = dict(self.compiled._bind_processors) | dict(expanded.processors)  # pyright: ignore[reportPrivateUsage]  (as above)
        known = {**known, **expanded.additional_parameters}
        values = [
            cast("Any", processors[name])(known[name]) if name in processors else known[name]  # Any: a processor
            for name in expanded.positiontup or ()
        ]
        return expanded.statement, values

    def found(self, prepared: PreparedStatement, rows: Sequence[Any]) -> Found:  # Any: rows of any shape
        """What was found, with its values as the columns' types say."""
        if isinstance(self.compiled.statement, TextClause) or not self.compiled._result_columns:  # pyright: ignore[reportPrivateUsage]  (as above)
            return plain(prepared, rows)
        if self.metadata is None:
            self.metadata = _described(self.compiled, prepared)
        return _found(self.metadata, prepared, rows)


def plain(prepared: PreparedStatement, rows: Sequence[Any]) -> Found:  # Any: rows of any shape
    """What a statement in SQL found, with the driver's values."""
    return _found(SimpleResultMetaData([each.name for each in prepared.get_attributes()]), prepared, rows)


_cache: LRUCache[Any, Any] = LRUCache(LINES)  # Any: SQLAlchemy's keys
_known: LRUCache[int, Compiled] = LRUCache(LINES)


def compiled(statement: Executable, columns: Iterable[str], *, many: bool = False) -> tuple[Compiled, Any]:
    """The statement as it was compiled before, if it was, and the values that it holds itself."""
    if isinstance(statement, FunctionElement):
        statement = statement.select()
    element = cast("ClauseElement", statement)
    made, extracted, _, _ = element._compile_w_cache(  # pyright: ignore[reportPrivateUsage]  (the cache that SQLAlchemy's own connection uses)
        dialect, compiled_cache=_cache, column_keys=sorted(columns), for_executemany=many
    )
    found = _known.get(id(made))
    if found is None or found.compiled is not made:
        found = _known[id(made)] = Compiled(cast("SQLCompiler", made))
    return found, extracted


def _described(compiled: SQLCompiler, prepared: PreparedStatement) -> SimpleResultMetaData:  # Any: as above
    attributes = prepared.get_attributes()
    columns = compiled._result_columns  # pyright: ignore[reportPrivateUsage]  (as above)
    processors: list[Any] = [  # Any: SQLAlchemy's own
        column.type._cached_result_processor(dialect, attribute.type.oid)  # pyright: ignore[reportPrivateUsage]  (as above)
        for column, attribute in zip(columns, attributes, strict=True)
    ]
    return SimpleResultMetaData(
        [column.keyname for column in columns],
        extra=[tuple(each for each in column.objects if each != column.keyname) for column in columns],
        _processors=processors if any(processors) else None,
    )


def _found(metadata: SimpleResultMetaData, prepared: PreparedStatement, rows: Sequence[Any]) -> Found:
    found = Found(metadata, iter(rows))
    count = (prepared.get_statusmsg() or "").rpartition(" ")[2]
    found.rowcount = int(count) if count.isdigit() else -1
    return found

"""Files of a source as rows of text; `.csv` and `.csv.gz`."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from orderloop.importing.troubles import ColumnMissing, FileMissing


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, and where it stands. The first row under the header has number 1."""

    table: str
    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        try:
            return self.cells[column]
        except KeyError:
            known = ", ".join(self.cells)
            raise ColumnMissing(f"{self.table} has no column {column!r}; it has {known}") from None


@dataclass
class Table:
    """All rows of one file, and the ways to find some of them by a column."""

    name: str
    rows: Sequence[Row]
    _indexes: dict[str, dict[str, list[Row]]] = field(default_factory=dict[str, dict[str, list[Row]]])

    def where(self, column: str, text: str) -> list[Row]:
        """The rows with this text in this column, in the order of the file."""
        if column not in self._indexes:
            index: dict[str, list[Row]] = {}
            for row in self.rows:
                index.setdefault(row[column].strip(), []).append(row)
            self._indexes[column] = index
        return self._indexes[column].get(text, [])


Tables = dict[str, Table]


def read_table(name: str, path: Path, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Table:
    """Read a file whole; a name without `.gz` also finds the packed file."""
    found = next((each for each in (path, Path(f"{path}.gz")) if each.is_file()), None)
    if found is None:
        raise FileMissing(f"{path} is not there; say with --data where the files are")
    with _opened(found, encoding) as text:
        return Table(name, list(_rows(name, text, delimiter)))


def _opened(path: Path, encoding: str) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _rows(name: str, text: TextIO, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(text, delimiter=delimiter)
    header = next(reader, [])
    for number, cells in enumerate(reader, 1):
        if cells:
            padded = cells + [""] * (len(header) - len(cells))
            yield Row(name, number, dict(zip(header, padded, strict=False)))

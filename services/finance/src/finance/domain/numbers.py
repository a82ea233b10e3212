"""The numbers on our documents: gapless per series and year, as tax law asks of whoever issues invoices.

The database decides: the counter row of (series, year) is raised (`last = last + 1`, returning it) in the transaction
that stores the document. A sequence would not do: a transaction that is rolled back leaves a gap in it. It starts at 1.
"""

from enum import StrEnum

from contracts.errors import Malformed


class Series(StrEnum):
    """The first part of a number says which kind of document it is."""

    INVOICE = "INV"
    CREDIT_NOTE = "CN"


class CounterNotStarted(Malformed):
    """The first document of a series and year has the number one."""


def number(series: Series, year: int, counter: int) -> str:
    """The number of the `counter`-th document of a series in the year of its date, such as `INV-2026-000001`."""
    if counter < 1:
        raise CounterNotStarted(f"the counter of {series} {year} says {counter}; raise it before a number is taken")
    return f"{series}-{year}-{counter:06d}"

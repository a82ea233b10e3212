"""The next number of a kind of document."""

from finance.domain.numbers import Series, number
from kit.bulk import read_rows
from kit.database import Transaction


async def next_number(tx: Transaction, series: Series, year: int) -> str:
    """Gapless: whoever draws one holds up the others until its transaction ends, so draw it last."""
    [drawn] = await read_rows(tx, _NEXT, series.value, year)
    return number(series, year, drawn["last"])


_NEXT = """
INSERT INTO document_numbers (series, year, last) VALUES ($1, $2, 1)
ON CONFLICT (series, year) DO UPDATE SET last = document_numbers.last + 1 RETURNING last
"""

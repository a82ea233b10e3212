"""The next number of a kind of document."""

from finance.domain.numbers import Series, number
from kit.bulk import write_rows
from kit.database import Transaction
from kit.later import Put


async def next_number(tx: Transaction, series: Series, year: int) -> str:
    """Gapless: whoever draws one holds up the others until its transaction ends, so draw it last.

    A batch asks the database once, counts on by itself, and writes how far it came.
    """
    drawn = None if tx.held is None else tx.held.drawn.get((series.value, year))
    if tx.held is None or drawn is None:
        [[last]] = await tx.driver.fetch(_NEXT, series.value, year)  # nothing that is held has to do with it
    else:
        last = drawn + 1
        await write_rows(tx, (_LAST, [(series.value, year, last)]))
    if tx.held is not None:
        tx.held.drawn[series.value, year] = last
    return number(series, year, last)


_NEXT = """
INSERT INTO document_numbers (series, year, last) VALUES ($1, $2, 1)
ON CONFLICT (series, year) DO UPDATE SET last = document_numbers.last + 1 RETURNING last
"""

_LAST = Put(
    """
UPDATE document_numbers d SET last = n.last
  FROM unnest($1::text[], $2::smallint[], $3::int[]) AS n(series, year, last)
 WHERE d.series = n.series AND d.year = n.year
""",
    keys=2,
)

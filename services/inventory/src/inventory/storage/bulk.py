"""Many rows in one statement: as arrays, one a column, which the statement unnests."""

from __future__ import annotations

from collections.abc import Sequence

from kit.database import StaleWrite, Transaction


async def write_rows(tx: Transaction, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run the statement for all rows at once. Raises StaleWrite when it does not reach every one of them."""
    if not rows:
        return
    done = await tx.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))
    if done.rowcount != len(rows):
        raise StaleWrite(f"{len(rows) - done.rowcount} of {len(rows)} rows are no longer as they were read")

"""Remember what was said, and that its subjects are to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from contracts.event import Recorded
from insight.domain.hearing import COMPARED, What, is_late, subjects_of
from insight.storage.statements import Statements
from insight.storage.subjects import Subjects
from kit.database import Transaction


async def hear(batch: Sequence[Recorded], tx: Transaction) -> None:
    """A whole batch at once, in a number of statements that does not depend on its size."""
    said: list[tuple[UUID, Recorded]] = []
    of_items: dict[UUID, Recorded] = {}
    due: dict[UUID, What] = {}
    for each in batch:
        event = each.event()
        assert event is not None, "what is heard has a class"
        for about, what in subjects_of(event):
            if what in COMPARED:
                due[about] = what
            if what == "item":
                of_items[about] = each
            else:
                said.append((about, each))
    statements, subjects = Statements(tx), Subjects(tx)
    await statements.add(said)
    if of_items:
        await statements.replace(of_items)
    await subjects.spoken_of(due)
    now = datetime.now(UTC)
    if any(is_late(each.time, now) for each in batch):
        await subjects.note_late()

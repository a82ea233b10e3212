"""`kit.outbox`: number the events of each subject under the lock of its `stream` row, then draw their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from campaign.simulation.steps import Steps
from campaign.simulation.store import Row

if TYPE_CHECKING:
    from campaign.simulation.shop import Told
    from campaign.simulation.store import Transaction


def append(tx: Transaction, told: Sequence[Told]) -> Steps[None]:
    """`kit.outbox.append`: one statement; it waits for streams, in the order of the subjects, before it draws ids."""
    store = tx.store
    for subject in sorted({each.subject for each in told}):
        yield from tx.lock(("stream", subject))
    for each in told:
        name = ("stream", each.subject)
        sequence = (tx.get(name) or 0) + 1
        tx.put(name, sequence)
        store.last_id = id = store.last_id + 1
        tx.outbox.append(Row(id, tx.xid, each.subject, sequence, each.kind, each.about, store.world.clock))

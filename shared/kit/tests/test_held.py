"""What a batch reads ahead and writes behind: nobody can tell it from writing at once, but by what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

import pytest
from counter import trouble
from counter.effects import NotEnoughPieces, rows
from counter.events import CounterFilled
from counter.given import a_counter, a_supply, arrive, left, parked
from counter.storage.tables import counters
from sqlalchemy import select, update

from contracts.ids import new_id
from kit.bulk import read_rows
from kit.database import StaleWrite, Transaction
from kit.held import holding
from kit.kept import Kept
from testkit import ServiceUnderTest
from testkit.statements import statements


async def pieces_in(tx: Transaction, counter_id: UUID) -> int:
    return await tx.scalar(select(counters.c.pieces).where(counters.c.counter_id == counter_id))


async def save(tx: Transaction, counter_id: UUID, version: int, pieces: int) -> None:
    _ = await rows(tx).save(counter_id, version, {"pieces": pieces})


async def save_together(service: ServiceUnderTest, versions: Mapping[UUID, int]) -> None:
    async with service.running.database.begin() as tx, holding(tx):
        for counter_id, version in versions.items():
            await save(tx, counter_id, version, 5)


async def test_an_event_sees_what_an_earlier_one_of_its_batch_has_written(counter_service: ServiceUnderTest) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    events = [counter_service.records(a_supply(counter_id, supply_id, pieces)) for pieces in (1, 20, 300)]

    await arrive(counter_service, *events)

    filled = [event for event in await counter_service.published() if isinstance(event, CounterFilled)]
    assert [(event.pieces, event.left) for event in filled] == [(1, 1), (20, 21), (300, 321)]


async def test_a_batch_writes_all_rows_of_a_table_in_one_statement(counter_service: ServiceUnderTest) -> None:
    several = [await a_counter(counter_service) for _ in range(5)]

    async with statements(counter_service.running.database) as seen:
        await arrive(counter_service, *[counter_service.records(a_supply(each)) for each in (*several, *several)])

    assert sum("UPDATE counters" in each for each in seen) == 1
    assert [await left(counter_service, each) for each in several] == [2] * 5


async def test_rows_read_ahead_are_not_read_again(counter_service: ServiceUnderTest) -> None:
    known, nobody = await a_counter(counter_service, pieces=4), new_id()
    async with counter_service.running.database.begin() as tx, holding(tx):
        await rows(tx).read_ahead([known, nobody])
        # Past what is held, as nobody may: that it goes unseen shows that nothing is read again.
        _ = await tx.driver.execute("UPDATE counters SET pieces = 5 WHERE counter_id = $1", known)

        found, missing = await rows(tx).load(known), await rows(tx).find(nobody)

    assert (found["pieces"], missing) == (4, None)


async def test_a_query_sees_what_was_written_before_it(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        await save(tx, counter_id, 1, 8)

        assert await pieces_in(tx, counter_id) == 8


async def test_a_row_that_a_query_changes_is_read_again(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        _ = await rows(tx).load(counter_id)
        _ = await tx.execute(update(counters).where(counters.c.counter_id == counter_id).values(pieces=6, version=2))

        found = await rows(tx).load(counter_id)

    assert (found["version"], found["pieces"]) == (2, 6)


async def test_a_new_row_is_found_changed_and_written_once(counter_service: ServiceUnderTest) -> None:
    counter_id = new_id()
    async with counter_service.running.database.begin() as tx, holding(tx):
        _ = await rows(tx).add(counter_id, {"label": str(counter_id), "pieces": 1})
        await save(tx, counter_id, (await rows(tx).load(counter_id))["version"], 2)
        found = await rows(tx).load(counter_id)

    assert (found["version"], found["pieces"]) == (2, 2)
    assert await left(counter_service, counter_id) == 2


async def test_a_stale_row_undoes_all_that_was_held_with_it(counter_service: ServiceUnderTest) -> None:
    fresh, stale = await a_counter(counter_service), await a_counter(counter_service)

    with pytest.raises(StaleWrite, match="1 of 2 rows of counters"):
        await save_together(counter_service, {fresh: 1, stale: 7})

    assert [await left(counter_service, each) for each in (fresh, stale)] == [0, 0]


async def test_a_row_that_is_known_to_be_newer_is_stale_at_once(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)

    async with counter_service.running.database.begin() as tx, holding(tx):
        await save(tx, counter_id, (await rows(tx).load(counter_id))["version"], 5)
        with pytest.raises(StaleWrite, match="no longer at version 1"):
            await save(tx, counter_id, 1, 6)

    assert await left(counter_service, counter_id) == 5


async def test_a_refusal_after_a_write_leaves_nothing_of_its_own_and_all_of_the_others(
    counter_service: ServiceUnderTest,
) -> None:
    first, second = await a_counter(counter_service), await a_counter(counter_service)
    events = [counter_service.records(a_supply(each)) for each in (first, second, first, second)]
    trouble.coming[events[1].subject] = [NotEnoughPieces("it leaked")] * 4  # as often as the batch is halved and more

    await arrive(counter_service, *events)

    assert (await left(counter_service, first), await left(counter_service, second)) == (2, 1)
    assert await parked(counter_service, events[1].subject) is not None


async def test_what_was_held_in_a_nested_part_that_fails_is_not_written(counter_service: ServiceUnderTest) -> None:
    kept, lost = await a_counter(counter_service), await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        await save(tx, kept, 1, 5)
        with suppress(NotEnoughPieces):
            async with tx.begin_nested():
                await save(tx, kept, 2, 6)
                await save(tx, lost, 1, 6)
                raise NotEnoughPieces("it leaked")
        assert (await rows(tx).load(kept))["version"] == 2

    assert (await left(counter_service, kept), await left(counter_service, lost)) == (5, 0)


async def test_what_is_held_in_a_nested_part_fails_inside_of_it(counter_service: ServiceUnderTest) -> None:
    kept, stale = await a_counter(counter_service), await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        await save(tx, kept, 1, 5)
        with pytest.raises(StaleWrite):
            async with tx.begin_nested():
                await save(tx, stale, 7, 6)

    assert await left(counter_service, kept) == 5


async def test_who_is_kept_stays_so_when_others_are_read_in_a_way_that_forgets(
    counter_service: ServiceUnderTest,
) -> None:
    first, second = sorted([new_id(), new_id()])

    async def read(ids: list[UUID]) -> dict[UUID, str]:
        found = await read_rows(tx, "WITH w AS (SELECT unnest($1::uuid[]) AS id) SELECT id FROM w", ids)
        return {row["id"]: str(row["id"]) for row in found}

    async with counter_service.running.database.begin() as tx, holding(tx):
        kept = Kept[str](tx, "name")
        _ = await kept.one(first, read)

        assert await kept.all([first, second], read) == {first: str(first), second: str(second)}


async def test_outside_a_batch_nothing_is_held(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)

    async with counter_service.running.database.begin() as tx:
        async with holding(tx):
            await save(tx, counter_id, 1, 3)
        assert tx.held is None
        await save(tx, counter_id, 2, 9)
        assert await pieces_in(tx, counter_id) == 9

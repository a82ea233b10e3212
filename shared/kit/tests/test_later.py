"""Rows of statements that may wait: one row is written once, after what it stands on, and nothing else can tell."""

from __future__ import annotations

from uuid import UUID

import pytest
from counter.effects import rows
from counter.given import a_counter, left

from contracts.errors import Refused
from contracts.ids import new_id
from kit.bulk import read_rows, write_rows
from kit.database import StaleWrite, Transaction
from kit.held import holding
from kit.later import Change, Insert, Put, Update
from kit.locks import number_in_sql, numbers_of
from testkit import ServiceUnderTest
from testkit.statements import statements

SET = Update(
    "UPDATE counters c SET pieces = n.pieces, version = n.version"
    " FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) AS n(id, was, version, pieces)"
    " WHERE c.counter_id = n.id AND c.version = n.was"
)
MORE = Change(
    "UPDATE counters c SET pieces = c.pieces + n.pieces FROM unnest($1::uuid[], $2::int[]) AS n(id, pieces)"
    " WHERE c.counter_id = n.id"
)
NAMED = Insert("INSERT INTO inbox (event_id) SELECT * FROM unnest($1::uuid[])")


class NameTaken(Refused):
    """For these tests."""


async def pieces(tx: Transaction, counter_id: UUID) -> int:
    [row] = await read_rows(tx, "SELECT pieces FROM counters WHERE counter_id = $1", counter_id)
    return row["pieces"]


def test_two_rows_with_one_key_become_one() -> None:
    assert Put("…").merged((1, "a", 3), (1, "b", 4)) == (1, "b", 4)
    assert Update("…").merged((1, 7, 8, "a"), (1, 8, 9, "b")) == (1, 7, 9, "b")
    assert Change("…", keys=2).merged((1, 2, 10, -1), (1, 2, 5, -2)) == (1, 2, 15, -3)


async def test_what_waits_is_written_in_one_statement_at_the_end(counter_service: ServiceUnderTest) -> None:
    first, second = await a_counter(counter_service), await a_counter(counter_service)

    database = counter_service.running.database
    async with statements(database) as seen, database.begin() as tx, holding(tx):
        await write_rows(tx, (SET, [(first, 1, 2, 10)]), (MORE, [(second, 5)]))
        await write_rows(tx, (SET, [(first, 2, 3, 11)]), (MORE, [(second, 6)]), (NAMED, [(new_id(),)]))

    assert [each.split()[0] for each in seen if each not in ("BEGIN", "COMMIT")] == ["WITH"]
    assert (await left(counter_service, first), await left(counter_service, second)) == (11, 11)


async def test_a_question_sees_what_waits(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        await write_rows(tx, (MORE, [(counter_id, 5)]))
        assert await pieces(tx, counter_id) == 5
        await write_rows(tx, (MORE, [(counter_id, 5)]))
        assert (await rows(tx).load(counter_id))["pieces"] == 10


async def test_rows_that_change_what_waits_elsewhere_come_after_it(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        await write_rows(tx, (SET, [(counter_id, 1, 2, 10)]))
        await write_rows(tx, (MORE, [(counter_id, 5)]))
        _ = await rows(tx).save(counter_id, 2, {"pieces": 100})
        await write_rows(tx, (MORE, [(counter_id, 7)]))

    assert await left(counter_service, counter_id) == 107


async def test_a_row_that_was_loaded_is_read_again_when_it_has_changed_past_its_table(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx, holding(tx):
        _ = await rows(tx).load(counter_id)
        await write_rows(tx, (SET, [(counter_id, 1, 2, 10)]))

        found = await rows(tx).load(counter_id)
        _ = await rows(tx).save(counter_id, found["version"], {"pieces": found["pieces"] + 1})

    assert await left(counter_service, counter_id) == 11


async def test_a_row_that_is_not_as_it_was_read_undoes_all(counter_service: ServiceUnderTest) -> None:
    fresh, stale = await a_counter(counter_service), await a_counter(counter_service)

    with pytest.raises(StaleWrite, match="1 of 2 rows of counters"):
        async with counter_service.running.database.begin() as tx, holding(tx):
            await write_rows(tx, (SET, [(fresh, 1, 2, 10), (stale, 7, 8, 10)]))

    assert await left(counter_service, fresh) == 0


async def test_a_key_in_use_is_the_refusal_that_its_writer_named(counter_service: ServiceUnderTest) -> None:
    counter_id, name = await a_counter(counter_service), new_id()

    async def name_it_twice() -> None:
        async with counter_service.running.database.begin() as tx, holding(tx):
            await write_rows(tx, (MORE, [(counter_id, 5)]))
            await write_rows(tx, (NAMED, [(name,), (name,)]), taken={"inbox_pkey": NameTaken("choose another")})

    with pytest.raises(NameTaken):
        await name_it_twice()
    assert await left(counter_service, counter_id) == 0


async def test_the_database_locks_an_id_under_the_same_number(counter_service: ServiceUnderTest) -> None:
    ids = [new_id(), UUID(int=0), UUID(int=(1 << 128) - 1), UUID(int=1 << 127), UUID(int=1 << 63)]
    async with counter_service.running.database.read() as tx:
        for id in ids:
            [[found]] = await read_rows(tx, f"SELECT {number_in_sql('$1::uuid')}", id)
            assert [found] == numbers_of([id])

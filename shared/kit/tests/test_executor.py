"""One command, one transaction: state, events and answer commit together; what passes by itself is done again."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from counter import trouble
from counter.effects import NotEnoughPieces, TakePieces, rows, take_pieces
from counter.events import PiecesTaken
from counter.given import a_counter, left

from contracts.errors import Unavailable, VersionMismatch
from contracts.ids import new_id
from kit.database import StaleWrite, Transaction
from testkit import ServiceUnderTest


async def rows_in(counter_service: ServiceUnderTest) -> dict[str, int]:
    """How many rows each table has that a command writes."""
    async with counter_service.running.database.read() as tx:
        names = ("counters", "outbox", "stream", "idempotency")
        return {name: (await tx.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


async def test_a_command_sent_five_times_at_once_runs_once_and_answers_five_times_the_same(
    counter_service: ServiceUnderTest,
) -> None:
    key, body = str(new_id()), {"label": "five", "pieces": 5}

    answers = await asyncio.gather(*(counter_service.post("/counters", body, key=key) for _ in range(5)))

    assert {(each.status_code, each.content, each.headers["location"]) for each in answers} == {
        (201, answers[0].content, f"/counters/{answers[0].json()['counter_id']}")
    }
    assert sum(each.headers.get("idempotency-replayed") == "true" for each in answers) == 4
    assert len(await counter_service.published()) == 1


async def test_a_key_that_came_with_another_body_is_refused(counter_service: ServiceUnderTest) -> None:
    key = str(new_id())
    await counter_service.post("/counters", {"label": "one"}, key=key)
    before = await rows_in(counter_service)

    answer = await counter_service.post("/counters", {"label": "another"}, key=key)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:orderloop:problem:key-reused")
    assert await rows_in(counter_service) == before


async def test_two_callers_may_use_the_same_key(counter_service: ServiceUnderTest) -> None:
    counter_id, key = await a_counter(counter_service, pieces=10), str(new_id())
    headers = {"idempotency-key": key}
    for name in ("anna", "bert"):
        token = {"authorization": f"Bearer {counter_service.issuer.token('sales', name=name)}"}
        answer = await counter_service.http.post(
            f"/counters/{counter_id}/take", json={"pieces": 1}, headers=headers | token
        )
        assert answer.status_code == 200

    assert await left(counter_service, counter_id) == 8


async def test_a_refused_command_burns_no_key_and_changes_nothing(counter_service: ServiceUnderTest) -> None:
    counter_id, key = await a_counter(counter_service, pieces=3), str(new_id())
    before = await rows_in(counter_service)

    refused = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 4}, key=key)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:not-enough-pieces")
    assert await rows_in(counter_service) == before

    accepted = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 3}, key=key)
    assert accepted.status_code == 200


async def test_a_command_whose_key_is_in_work_for_long_is_told_to_ask_again(counter_service: ServiceUnderTest) -> None:
    first = await counter_service.post("/counters", {"label": "known"})
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "INSERT INTO idempotency (actor, key, digest) SELECT actor, 'slow', 'x' FROM idempotency LIMIT 1"
        )
        answer = await counter_service.post("/counters", {"label": "meanwhile"}, key="slow")

    assert first.status_code == 201
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderloop:problem:still-running")
    assert answer.headers["retry-after"] == "1"
    assert len(await counter_service.published()) == 1


async def test_a_violated_unique_key_is_a_refusal(counter_service: ServiceUnderTest) -> None:
    await counter_service.post("/counters", {"label": "taken"})
    before = await rows_in(counter_service)

    answer = await counter_service.post("/counters", {"label": "taken"})

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderloop:problem:already-exists")
    assert "counters label" in answer.json()["detail"]
    assert await rows_in(counter_service) == before


async def test_commands_outlive_the_loss_of_every_connection(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=100)
    take = f"/counters/{counter_id}/take"
    await asyncio.gather(*(counter_service.post(take, {"pieces": 1}) for _ in range(20)))
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql(_LOSE_THE_OTHERS)

    answers = await asyncio.gather(*(counter_service.post(take, {"pieces": 1}) for _ in range(20)))

    assert [each.status_code for each in answers] == [200] * 20
    assert await left(counter_service, counter_id) == 60


_LOSE_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


async def test_a_command_that_fails_after_it_has_written_leaves_nothing(counter_service: ServiceUnderTest) -> None:
    counter_id, key = await a_counter(counter_service, pieces=10), str(new_id())
    before = await rows_in(counter_service)
    trouble.coming[counter_id] = [ZeroDivisionError("a bug")]

    answer = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 1}, key=key)
    assert answer.status_code == 500
    assert (await rows_in(counter_service), await left(counter_service, counter_id)) == (before, 10)

    again = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 1}, key=key)
    assert (again.status_code, await left(counter_service, counter_id)) == (200, 9)


async def test_an_event_that_is_too_big_takes_its_state_with_it(counter_service: ServiceUnderTest) -> None:
    before = await rows_in(counter_service)

    answer = await counter_service.post("/counters", {"remark": "x" * 900_000})

    assert answer.status_code == 500
    assert await rows_in(counter_service) == before


@pytest.mark.parametrize(
    "passing", [StaleWrite("somebody wrote"), Unavailable("not now"), trouble.lose_connection], ids=trouble.name_of
)
async def test_what_passes_by_itself_is_done_again_and_once(
    counter_service: ServiceUnderTest, passing: trouble.Trouble
) -> None:
    counter_id = await a_counter(counter_service, pieces=10)
    trouble.coming[counter_id] = [passing, passing]

    answer = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 1})

    assert (answer.status_code, answer.json()["left"], trouble.met[counter_id]) == (200, 9, 3)
    assert await left(counter_service, counter_id) == 9


async def test_what_does_not_pass_is_said_to_be_unavailable(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=10)
    trouble.coming[counter_id] = [StaleWrite("again")] * 6

    answer = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 1})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (trouble.met[counter_id], await left(counter_service, counter_id)) == (6, 10)


async def test_of_two_commands_that_lock_each_other_both_are_done(counter_service: ServiceUnderTest) -> None:
    one, other = await a_counter(counter_service, pieces=10), await a_counter(counter_service, pieces=10)
    both_hold_one, attempts = asyncio.Barrier(2), list[UUID]()

    async def take_here_then_there(command: TakePieces, tx: Transaction) -> PiecesTaken:
        there = other if command.counter_id == one else one
        _ = await rows(tx).load(command.counter_id)
        attempts.append(command.counter_id)
        if attempts.count(command.counter_id) == 1:
            _ = await both_hold_one.wait()
        _ = await take_pieces(TakePieces(counter_id=there, pieces=1), tx)
        return await take_pieces(command, tx)

    await asyncio.gather(
        *(counter_service.does(take_here_then_there, TakePieces(counter_id=id, pieces=1)) for id in (one, other))
    )

    assert len(attempts) == 3
    assert [await left(counter_service, id) for id in (one, other)] == [8, 8]


async def test_two_hundred_who_want_one_of_ten_pieces_get_ten(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=10)

    async def take() -> int:
        answer = await counter_service.post(f"/counters/{counter_id}/take", {"pieces": 1})
        return answer.status_code

    got = await asyncio.gather(*(take() for _ in range(200)))

    assert {status: got.count(status) for status in set(got)} == {200: 10, 409: 190}
    assert await left(counter_service, counter_id) == 0
    assert [e.left for e in await counter_service.published() if isinstance(e, PiecesTaken)] == list(range(9, -1, -1))


async def test_a_version_that_is_no_longer_true_is_refused(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service, pieces=10)
    await counter_service.does(take_pieces, TakePieces(counter_id=counter_id, pieces=1))

    with pytest.raises(VersionMismatch, match="at version 2, you saw 1"):
        await counter_service.does(take_pieces, TakePieces(counter_id=counter_id, pieces=1, expected_version=1))

    assert await left(counter_service, counter_id) == 9


async def test_the_relay_is_woken_by_a_command_that_tells_something_and_by_no_other(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service, pieces=1)
    woken: list[bool] = []
    execute = counter_service.running.execute
    before, execute.committed = execute.committed, lambda: woken.append(True)
    try:
        await counter_service.does(take_pieces, TakePieces(counter_id=counter_id, pieces=1))
        with pytest.raises(NotEnoughPieces):
            await counter_service.does(take_pieces, TakePieces(counter_id=counter_id, pieces=1))
    finally:
        execute.committed = before

    assert woken == [True]

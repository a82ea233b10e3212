"""Nothing leaks, all comes to its end, and a topic that was wiped is read anew: I16, I17 and the dump."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from campaign.invariants import Restless, Topics, Usage, Violation, quiet
from campaign.invariants.publishing import i9_first_sent_in_order
from campaign.invariants.quietness import i17_all_has_come_to_its_end
from campaign.invariants.resources import i16_nothing_leaks

from .history import History, producing, topics_of


def said(found: list[Violation]) -> list[str]:
    return [each.what for each in found]


async def test_a_transaction_that_was_left_open_is_reported(history: History) -> None:
    leaking = await asyncpg.connect(history.place.databases["order"], server_settings={"application_name": "order"})
    try:
        await leaking.execute("BEGIN")
        async with asyncio.timeout(20):
            while True:
                async with history.broken() as facts:
                    if found := said(await i16_nothing_leaks(facts)):
                        break
    finally:
        await leaking.close()

    assert found[0].startswith("order has left a transaction open for 5.")


async def test_more_connections_than_the_pools_hold_are_reported(history: History) -> None:
    leaking = await asyncpg.connect(history.place.databases["order"], server_settings={"application_name": "order"})
    try:
        async with history.broken(history.told(processes=0)) as facts:
            found = said(await i16_nothing_leaks(facts))
    finally:
        await leaking.close()

    assert found == ["order has 1 connections, 0 at most are its own"]


async def test_files_and_memory_that_grow_are_reported(history: History) -> None:
    megabyte = 1 << 20
    baseline = {"order-api": Usage(fds=30, rss=100 * megabyte), "order-relay": Usage(fds=20, rss=100 * megabyte)}
    usage = {"order-api": Usage(fds=90, rss=400 * megabyte), "order-relay": Usage(fds=25, rss=140 * megabyte)}

    async with history.broken(history.told(baseline=baseline, usage=usage)) as facts:
        found = said(await i16_nothing_leaks(facts))

    assert found == [
        "order-api has 90 files open, 30 at rest",
        "order-api takes 400 MB of memory, 100 at rest",
    ]


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("UPDATE relay_cursor SET snapshot = '3:3:'", "{events} events of finance are not published"),
        (
            "UPDATE consumer_offset SET next = next - 1 WHERE topic = 'order.events'",
            "finance is at {before} of {end} in order.events/0",
        ),
        ("DELETE FROM consumer_offset WHERE topic = 'order.events'", "finance is at 0 of {end} in order.events/0"),
        ("UPDATE timer SET due_at = now() - interval '1 minute'", "1 timers of finance are due"),
        ("INSERT INTO replay (requested_by) VALUES ('anna')", "1 replays of finance are not done"),
        (
            "INSERT INTO parked_key VALUES ('order.events', gen_random_uuid(), 'waiting', '', 1, now())",
            "1 parked keys of finance are tried again",
        ),
    ],
)
async def test_what_is_under_way_is_named(history: History, broken: str, what: str) -> None:
    end = history.topics.ends("order")[0]
    events = len(history.topics.sent["finance"])

    async with history.broken(finance=broken) as facts:
        assert said(await i17_all_has_come_to_its_end(facts)) == [what.format(end=end, before=end - 1, events=events)]


async def test_what_does_not_become_quiet_says_why(history: History) -> None:
    connection = await asyncpg.connect(history.place.databases["finance"])
    try:
        await connection.execute("INSERT INTO replay (requested_by) VALUES ('anna')")
        restless = await quiet(history.place, history.topics, 0)
    finally:
        await connection.execute("DELETE FROM replay")
        await connection.close()

    assert isinstance(restless, Restless)
    assert restless.why == ("1 replays of finance are not done",)


async def test_a_database_that_does_not_answer_is_not_quiet(history: History) -> None:
    nowhere = replace(
        history.place, databases=dict(history.place.databases) | {"order": "postgresql://x@127.0.0.1:1/x"}
    )

    restless = await quiet(nowhere, history.topics, 0)

    assert isinstance(restless, Restless)
    assert restless.why[0].startswith("order's database does not answer: ConnectionRefusedError")


async def test_a_dump_goes_on_where_it_ended(history: History) -> None:
    place, records = replace(history.place, prefix="inv-on-"), history.records()["order"]
    async with topics_of(place), producing(place) as send:
        topics = Topics(place)
        for record in records[:3]:
            await send("order", record)
        await topics.refresh()
        for record in records[3:]:
            await send("order", record)
        await topics.refresh()

    assert [each.offset for each in topics.sent["order"]] == list(range(len(records)))
    assert topics.incarnations["order"] == 0


async def test_a_topic_that_was_wiped_and_filled_again_is_a_new_incarnation(history: History) -> None:
    place, records = replace(history.place, prefix="inv-wiped-"), history.records()["order"]
    topics = Topics(place)
    async with topics_of(place), producing(place) as send:
        for record in records[:-1]:
            await send("order", record)
        await topics.refresh()
    async with topics_of(place), producing(place) as send:
        for record in [records[-1], *records]:  # what is new comes at once, the replay after it
            await send("order", record)
        await topics.refresh()

    assert topics.incarnations["order"] == 1
    async with history.broken(topics=topics) as facts:
        assert await i9_first_sent_in_order(facts) == []

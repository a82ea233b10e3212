"""The journal: a line is on disk before what it announces is done, and is read back as commands with an outcome."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.load.history import JournalBroken
from campaign.load.journal import Journal, JournalNotWritable
from campaign.load.sending import Answered, Sending


def a_sending(key: str = "k", attempt: int = 1) -> Sending:
    return Sending(key, attempt, "order", "POST", "/orders", "d", story="quoted 1")


def lines_of(path: Path) -> list[dict[str, Any]]:  # Any: JSON
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


async def test_a_line_is_in_the_file_when_the_writer_is_told_so(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.sent(a_sending())

        [told] = lines_of(path)

    assert {name: told[name] for name in ("n", "kind", "key", "attempt", "service", "method", "path", "digest")} == {
        "n": 1,
        "kind": "sent",
        "key": "k",
        "attempt": 1,
        "service": "order",
        "method": "POST",
        "path": "/orders",
        "digest": "d",
    }
    assert told["at"].endswith("+00:00")
    assert told["offset"] >= 0


async def test_nobody_is_told_before_the_disk_has_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        order.append(f"fsync of {path.read_text().count(chr(10))} lines")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    async with Journal(path) as journal:
        await journal.sent(a_sending())
        order.append("told")

    assert order == ["fsync of 1 lines", "told"]


async def test_many_that_wait_share_a_sync(path: Path) -> None:
    async with Journal(path) as journal:
        await asyncio.gather(*(journal.sent(a_sending(str(number))) for number in range(500)))

        assert journal.syncs < 100
        assert len(Journal.read(path).commands) == 500


async def test_a_disk_that_fails_is_told_to_who_waits_and_to_all_after(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", _fails_once())
    async with Journal(path) as journal:
        with pytest.raises(JournalNotWritable, match="No space left"):
            await journal.sent(a_sending())
        with pytest.raises(JournalNotWritable, match="No space left"):
            await journal.sent(a_sending())


async def test_a_torn_last_line_is_left_out_and_cut_off_by_the_next_writer(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.sent(a_sending("whole"))
    with path.open("ab") as torn:
        torn.write(b'{"n": 2, "kind": "sent", "key": "torn"')

    assert list(Journal.read(path).commands) == ["whole"]
    async with Journal(path) as journal:
        await journal.fact("after")
    assert [line["n"] for line in lines_of(path)] == [1, 2]


def test_a_torn_line_in_the_middle_is_told(path: Path) -> None:
    path.write_bytes(b'{"n": 1, "ki\n{"n": 2, "kind": "fact", "what": "x"}\n')

    with pytest.raises(JournalBroken, match="line 1"):
        Journal.read(path)


async def test_an_unknown_that_a_retry_answers_is_ok(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.sent(a_sending(attempt=1))
        await journal.answered(a_sending(attempt=1), Answered("unknown", problem="TimeoutError"))
        await journal.sent(a_sending(attempt=2))
        await journal.answered(a_sending(attempt=2), Answered("ok", 201, None, "a", "e"))

    command = Journal.read(path).commands["k"]

    assert command.outcome == "ok"
    assert [each.outcome for each in command.attempts] == ["unknown", "ok"]
    assert command.answer == Answered("ok", 201, None, "a", "e")
    assert command.answers == {"a"}
    assert command.first.story == "quoted 1"


async def test_what_was_never_answered_is_unknown(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.sent(a_sending("silent"))
        await journal.sent(a_sending("given up"))
        journal.given_up(a_sending("given up"))
        await journal.sent(a_sending("refused"))
        await journal.answered(a_sending("refused"), Answered("refused", 409, "order-is-over", "a"))

    history = Journal.read(path)

    assert {key: command.outcome for key, command in history.commands.items()} == {
        "silent": "unknown",
        "given up": "unknown",
        "refused": "refused",
    }
    assert history.commands["silent"].attempts[0].ended is None
    assert history.commands["given up"].attempts[0].answered == Answered("unknown", problem="given-up")
    assert history.outcomes() == {"unknown": 2, "refused": 1}


async def test_an_answer_that_came_otherwise_the_second_time_shows(path: Path) -> None:
    async with Journal(path) as journal:
        for attempt, said in ((1, "a"), (2, "b")):
            await journal.sent(a_sending(attempt=attempt))
            await journal.answered(a_sending(attempt=attempt), Answered("ok", 201, None, said))

    assert Journal.read(path).commands["k"].answers == {"a", "b"}


async def test_facts_are_kept_in_their_order(path: Path) -> None:
    async with Journal(path) as journal:
        await journal.fact("opportunity won", opportunity_id="o1")
        await journal.fact("poison", topic="order.events")

    facts = Journal.read(path).facts

    assert [(fact["what"], fact.get("opportunity_id")) for fact in facts] == [
        ("opportunity won", "o1"),
        ("poison", None),
    ]


def _fails_once() -> Callable[[int], None]:
    """Says that the disk is full the first time, as if it had room again later: what was lost stays lost."""
    failed: list[int] = []

    def fsync(descriptor: int) -> None:
        failed.append(descriptor)
        if len(failed) == 1:
            raise OSError(28, "No space left on device")

    return fsync

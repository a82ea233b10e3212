"""What the driver's journal says against the databases: I10, I11, I18."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaign.invariants import Violation
from campaign.invariants.commands import i10_done_is_done, i11_same_answer, i18_counts_are_the_drivers

from .history import History

Line = dict[str, Any]  # Any: JSON


def said(found: list[Violation]) -> list[str]:
    return [each.what for each in found]


def rewritten(history: History, folder: Path, change: Callable[[list[Line]], None]) -> Path:
    """The journal after a change of its lines."""
    lines = [json.loads(line) for line in history.journal.read_text().splitlines()]
    change(lines)
    path = folder / "journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def of(lines: list[Line], path: str) -> list[Line]:
    """The sending and the answer of the first command to this path."""
    key = next(line["key"] for line in lines if line.get("path") == path)
    return [line for line in lines if line.get("key") == key]


async def test_what_was_answered_as_done_and_is_not_there_is_reported(history: History) -> None:
    async with history.broken(order="DELETE FROM idempotency WHERE status = 201") as facts:
        found = said(await i10_done_is_done(facts))

    assert found.count("order POST /orders is ok for the driver and was done 0 times") == 2
    assert found.count("order has done a command 1 times more than it has kept its answer") == 2


async def test_an_answer_without_its_event_is_reported(history: History) -> None:
    async with history.broken(inventory="DELETE FROM outbox WHERE type LIKE '%WarehouseOpened%'") as facts:
        assert said(await i10_done_is_done(facts)) == [
            "inventory POST /warehouses was answered as done and what it told is not in the outbox",
            "inventory has kept the answer of a command 1 times more than it was done",
        ]


async def test_what_was_refused_in_the_end_and_is_done_is_reported(history: History, tmp_path: Path) -> None:
    def refuse(lines: list[Line]) -> None:
        of(lines, "/payments")[1].update(kind="refused", status=409)

    told = history.told(journals=(rewritten(history, tmp_path, refuse),))
    async with history.broken(told) as facts:
        assert said(await i10_done_is_done(facts)) == [
            "finance POST /payments is refused for the driver and was done 1 times"
        ]


async def test_a_lost_sending_that_comes_through_after_the_refusal_is_right(history: History, tmp_path: Path) -> None:
    def refused_before(lines: list[Line]) -> None:
        sent, answer = of(lines, "/payments")
        lines.insert(lines.index(sent), dict(sent, at="2020-01-01T00:00:00+00:00"))
        sent.update(attempt=2, at="2020-01-01T00:00:01+00:00")
        answer.update(kind="refused", status=404, attempt=2)

    told = history.told(journals=(rewritten(history, tmp_path, refused_before),))
    async with history.broken(told) as facts:
        assert await i10_done_is_done(facts) == []


async def test_a_command_that_was_done_under_two_keys_is_reported(history: History, tmp_path: Path) -> None:
    def careless(lines: list[Line]) -> None:
        first, second = [line for line in lines if line.get("path") == "/orders"]
        again = next(line for line in lines if line.get("key") == second["key"] and line["kind"] == "ok")
        second.update(sent_as=second["key"], key=first["key"], attempt=2)
        again.update(key=first["key"], attempt=2)

    told = history.told(journals=(rewritten(history, tmp_path, careless),))
    async with history.broken(told) as facts:
        assert said(await i10_done_is_done(facts)) == ["order POST /orders is ok for the driver and was done 2 times"]


async def test_an_unknown_that_was_done_once_is_right(history: History, tmp_path: Path) -> None:
    def forget(lines: list[Line]) -> None:
        lines.remove(of(lines, "/payments")[1])

    told = history.told(journals=(rewritten(history, tmp_path, forget),))
    async with history.broken(told) as facts:
        assert await i10_done_is_done(facts) == []
        assert await i18_counts_are_the_drivers(facts) == []


async def test_another_answer_to_the_same_key_is_reported(history: History, tmp_path: Path) -> None:
    def differ(lines: list[Line]) -> None:
        of(lines, "/payments")[1].update(digest="0" * 64)

    told = history.told(journals=(rewritten(history, tmp_path, differ),))
    async with history.broken(told) as facts:
        assert said(await i11_same_answer(facts)) == ["finance POST /payments has 2 answers"]


async def test_more_of_a_kind_than_the_driver_knows_is_reported(history: History, tmp_path: Path) -> None:
    def drop(lines: list[Line]) -> None:
        for line in of(lines, "/payments"):
            lines.remove(line)

    told = history.told(journals=(rewritten(history, tmp_path, drop),))
    async with history.broken(told) as facts:
        assert said(await i18_counts_are_the_drivers(facts)) == [
            "finance POST /payments was done 0 times for the driver, and 1 times in the database"
        ]


async def test_what_was_there_before_the_journal_does_not_count(history: History, tmp_path: Path) -> None:
    def drop(lines: list[Line]) -> None:
        for line in of(lines, "/payments"):
            lines.remove(line)

    before = {"orderloop.finance.PaymentReceived.v1": 1}
    told = history.told(journals=(rewritten(history, tmp_path, drop),), before=before)
    async with history.broken(told) as facts:
        assert await i18_counts_are_the_drivers(facts) == []


async def test_what_was_refused_after_a_lost_sending_may_be_there_besides(history: History, tmp_path: Path) -> None:
    def lose_and_refuse(lines: list[Line]) -> None:
        sent, answered = of(lines, "/payments")
        number = max(line["n"] for line in lines)
        answered.update(kind="unknown", status=None, digest=None, event=None)
        lines.append(sent | {"n": number + 1, "attempt": sent["attempt"] + 1})
        refused = {"kind": "refused", "status": 409, "problem": "order-of-payment-unknown"}
        lines.append(answered | refused | {"n": number + 2, "attempt": sent["attempt"] + 1})

    told = history.told(journals=(rewritten(history, tmp_path, lose_and_refuse),))
    async with history.broken(told) as facts:
        assert await i18_counts_are_the_drivers(facts) == []


async def test_what_was_refused_and_nothing_else_is_not_there(history: History, tmp_path: Path) -> None:
    def refuse(lines: list[Line]) -> None:
        of(lines, "/payments")[1].update(kind="refused", status=409, digest=None, event=None)

    told = history.told(journals=(rewritten(history, tmp_path, refuse),))
    async with history.broken(told) as facts:
        assert said(await i18_counts_are_the_drivers(facts)) == [
            "finance POST /payments was done 0 times for the driver, and 1 times in the database"
        ]

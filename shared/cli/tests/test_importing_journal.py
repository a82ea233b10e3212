"""A run that was stopped goes on where it was; a finished one has nothing to do."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orderloop.http import ServiceRefused, Services, ServiceUnreachable
from orderloop.importing.journal import Did, Journal, command_key
from orderloop.importing.mapping import load
from orderloop.importing.records import Batch
from orderloop.importing.troubles import RowRefused
from orderloop.importing.work import Work
from orderloop.platform.display import Display


@dataclass(frozen=True)
class Thing:
    key: str


@contextmanager
def some_work(path: Path) -> Generator[Work]:
    with Journal(path / "journal.jsonl") as journal:
        yield Work(load("olist-orders"), Batch(), Services({}, lambda: "t"), journal, Display())


THINGS = [Thing(str(number)) for number in range(5)]


def test_what_was_noted_is_known_to_the_next_run(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.note("order", "7", {"order_id": "o"})
        journal.note_refusal("order", "8", "no", "because")

    with Journal(tmp_path / "journal.jsonl") as again:
        assert again.did("order", "7") == {"order_id": "o"}
        assert again.knows("order", "8")
        assert list(again.refusals()) == [("order", "8", "no", "because")]
        assert not again.knows("order", "9")


def test_half_a_line_left_by_a_kill_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.note("order", "7", {})
    with path.open("a") as file:
        _ = file.write('{"step": "ord')

    with Journal(path) as journal:
        journal.note("order", "8", {})

    with Journal(path) as again:
        assert again.knows("order", "7")
        assert again.knows("order", "8")


def test_refusals_can_be_tried_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.note_refusal("order", "8", "no", "because")
        journal.forget_refusals()

    with Journal(tmp_path / "journal.jsonl") as again:
        assert not again.knows("order", "8")


def test_a_command_has_the_same_key_in_every_run_and_another_one_elsewhere() -> None:
    key = command_key("olist-orders", "order", "7")

    assert key == command_key("olist-orders", "order", "7")
    others = {
        command_key("olist-orders", "order", "8"),
        command_key("olist-orders", "payment", "7"),
        command_key("another", "order", "7"),
        command_key("olist-orders", "order", "7", "again"),
    }
    assert len(others - {key}) == 4


async def test_a_second_run_does_only_what_the_first_left(tmp_path: Path) -> None:
    done: list[str] = []

    async def do(thing: Thing) -> Did:
        done.append(thing.key)
        if done == ["0", "1", "2", "3"]:
            raise ServiceUnreachable("order does not answer")
        return {}

    with some_work(tmp_path) as first, pytest.raises(ServiceUnreachable):
        await first.each("things", "thing", THINGS, do, at_once=1)
    assert done == ["0", "1", "2", "3"]

    with some_work(tmp_path) as second:
        await second.each("things", "thing", THINGS, do, at_once=1)
        assert done == ["0", "1", "2", "3", "3", "4"]
        assert (second.report.phases[0].before, second.report.phases[0].done) == (3, 2)

        await second.each("things", "thing", THINGS, do)
        assert len(done) == 6


async def test_a_refused_record_is_noted_with_its_reason_and_does_not_stop_the_others(tmp_path: Path) -> None:
    async def do(thing: Thing) -> Did:
        if thing.key == "1":
            raise ServiceRefused(409, "price-impossible", "A price is nothing or more.", "-1 EUR is no price")
        if thing.key == "2":
            raise RowRefused("its customer was refused", "7")
        return {}

    with some_work(tmp_path) as work:
        await work.each("things", "thing", THINGS, do)

        assert sorted(work.journal.refusals()) == [
            ("thing", "1", "A price is nothing or more.", "-1 EUR is no price"),
            ("thing", "2", "its customer was refused", "7"),
        ]
        assert (work.report.phases[0].done, work.report.phases[0].refused) == (3, 2)


def test_what_needs_a_refused_record_is_refused(tmp_path: Path) -> None:
    with some_work(tmp_path) as work, pytest.raises(RowRefused, match="its customer was refused: 7"):
        _ = work.customer_id("7")

"""How records are brought in: many at once, each step once, refusals noted, the rest told as progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Protocol, TypeVar

from orderloop.http import Answer, ServiceRefused, Services
from orderloop.importing.journal import Did, Journal, command_key
from orderloop.importing.mapping import Mapping as SourceMapping
from orderloop.importing.records import Batch
from orderloop.importing.report import Phase, Report
from orderloop.importing.troubles import RowRefused
from orderloop.platform.display import Display

AT_ONCE = 48
NEWS_SECONDS = 180.0
"""How long a service may take to hear of what another one was told, before its "unknown" is believed."""


class Keyed(Protocol):
    """Anything that has a key."""

    @property
    def key(self) -> str: ...


K = TypeVar("K", bound=Keyed)


@dataclass
class Work:
    """One run: the source, the services, and what is done already."""

    mapping: SourceMapping
    batch: Batch
    services: Services
    journal: Journal
    display: Display
    report: Report = field(default_factory=Report)
    news_seconds: float = NEWS_SECONDS

    async def each(
        self,
        title: str,
        step: str,
        records: Iterable[K],
        do: Callable[[K], Awaitable[Did]],
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        """Do the step for every record that does not have it behind itself."""
        every = list(records)
        todo = [record for record in every if not self.journal.knows(step, record.key)]
        phase = Phase(title, len(every), before=len(every) - len(todo))
        if not every:
            return
        self.report.phases.append(phase)
        began, waiting = time.monotonic(), iter(todo)

        async def worker() -> None:
            for record in waiting:
                await self._one(step, record, do, phase)
                shown.progress(phase.before + phase.done + phase.refused, len(every))

        with self.display.step(title, len(every)) as shown:
            await _all(worker() for _ in range(min(at_once, len(todo))))
            phase.seconds = time.monotonic() - began
            shown.say(summary(phase))

    async def _one(self, step: str, record: K, do: Callable[[K], Awaitable[Did]], phase: Phase) -> None:
        try:
            did = await do(record)
        except RowRefused as refusal:
            self.journal.note_refusal(step, record.key, refusal.reason, refusal.detail)
            phase.refused += 1
        except ServiceRefused as refusal:
            self.journal.note_refusal(step, record.key, refusal.title or refusal.name, refusal.detail)
            phase.refused += 1
        else:
            self.journal.note(step, record.key, did)
            phase.done += 1

    async def send(
        self,
        service: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        of: tuple[str, str],
        part: str = "",
        wait_for: tuple[str, ...] = (),
        if_match: str | None = None,
        method: str = "POST",
    ) -> Answer:
        """Send the command of a step of a record.

        What a service does not know yet (404), and problems named in `wait_for`, are tried again for a while: the news
        may still be on its way to it.
        """
        key = command_key(self.mapping.name, *of, part)
        until, pause = time.monotonic() + self.news_seconds, 0.1
        while True:
            try:
                answer = await self.services.post(service, path, body, key=key, if_match=if_match, method=method)
                self.report.commands += 1
                return answer
            except ServiceRefused as refusal:
                late = refusal.status == HTTPStatus.NOT_FOUND or refusal.name in wait_for
                if not late or time.monotonic() > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def done(self, step: str, key: str, reason: str) -> Did:
        """What an earlier step brought; a record that needs it is refused with this reason when it brought nothing."""
        did = self.journal.did(step, key)
        if did is None:
            raise RowRefused(reason, key)
        return did

    def customer_id(self, key: str) -> str:
        return self.done("customer", key, "its customer was refused")["customer_id"]

    def item_id(self, key: str) -> str:
        return self.done("item", key, "its item was refused")["item_id"]

    def money(self, amount: Decimal) -> dict[str, str]:
        return {"amount": plain(amount), "currency": self.mapping.currency}

    def quantity(self, item: str, number: Decimal) -> dict[str, str]:
        return {"value": plain(number), "unit": self.batch.items[item].unit}


async def _all(workers: Iterable[Coroutine[object, object, None]]) -> None:
    """Run them together; the first trouble ends all of them and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                _ = group.create_task(worker)
    except BaseExceptionGroup as troubles:
        raise troubles.exceptions[0] from None


def plain(number: Decimal) -> str:
    """The number without exponent."""
    return f"{number:f}"


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def given(**fields: object) -> dict[str, object]:
    """Only the fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def summary(phase: Phase) -> str:
    """What became of the records, in a few words."""
    rate = f", {phase.done / phase.seconds:,.0f} a second" if phase.done and phase.seconds > 0.05 else ""
    before = f", {phase.before:,} before" if phase.before else ""
    refused = f", {phase.refused:,} refused" if phase.refused else ""
    return f"{phase.done:,}{before}{refused}{rate}"

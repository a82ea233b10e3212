"""The load: open arrivals of stories, through whatever happens to the platform."""

from __future__ import annotations

import asyncio
import functools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from uuid import uuid4

from campaign.load.company import Company, found
from campaign.load.eyes import seeing
from campaign.load.hearing import Hearing
from campaign.load.itinerary import Planned, itinerary
from campaign.load.journal import Journal
from campaign.load.services import JournaledServices, Tally
from campaign.load.steps import LoadSteps
from campaign.load.stories import STORIES, Teller
from campaign.load.summary import Hanging, Summary
from campaign.load.supply import concerns, deliver_purchase
from campaign.load.whose import Told, telling
from contracts.errors import OrderloopError
from contracts.inventory import PurchaseOrderPlaced
from orderloop.driving.events import Seen
from orderloop.driving.people import People, people
from orderloop.platform.plan import Plan

MOST_UNDER_WAY = 1500
"""Stories at a time; beyond, arrivals are turned away and counted."""

SUPPLY = "supply"


class Load:
    """`async with Load(…) as load`, then `prepare`, `run` (as often as wanted), `finish` once."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        seed: int,
        *,
        company: Company | None = None,
        database: Callable[[str], str] | None = None,
        repeated: float = 0.05,
        retry_without_key: bool = False,
    ) -> None:
        """`company` is one that was prepared before, on the same platform; `database` gives a service's DSN.

        `repeated` is the share of ok commands that are sent once more. `retry_without_key` is a planted bug: what is
        unknown is sent again under a new key, and may be done twice.
        """
        self.plan = plan
        self.journal = journal
        self.seed = seed
        self.company = company
        self.run_id = uuid4().hex[:8]
        self.tally = Tally()
        self._database = database or plan.database
        self._opening = functools.partial(
            JournaledServices,
            journal=journal,
            tally=self.tally,
            seed=seed,
            repeated=repeated,
            retry_without_key=retry_without_key,
        )
        self._itinerary = itinerary(seed)
        self._open = AsyncExitStack()
        self._under_way: dict[asyncio.Task[None], Told] = {}
        self._ended: Counter[tuple[str, str]] = Counter()
        self.begun = 0
        """Stories, without the purchases that come of them."""
        self._turned_away = self._purchases = 0

    async def __aenter__(self) -> Self:
        self._people: People = await self._open.enter_async_context(people(self.plan, self._opening))
        self._hearing: Hearing = await self._open.enter_async_context(seeing(self._database))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._end_all()
        await self._open.aclose()

    async def prepare(self) -> Company:
        """Customers, items with stock, prices: once a platform. Other loads may be given what this returns."""
        if self.company is None:
            told = Told("prepare", 0, random.Random(self.seed), self.run_id)
            telling.set(told)
            self.company = await found(self._steps(told), f"L{self.run_id}")
            telling.set(None)
        if self._heard not in self._hearing.listeners:
            self._hearing.listeners.append(self._heard)
        await self.journal.fact("load", seed=self.seed, run=self.run_id, warehouse_id=self.company.warehouse_id)
        return self.company

    async def run(self, rate_per_second: float, until: asyncio.Event) -> None:
        """Begin so many stories a second, whether or not those before have ended, until told to stop."""
        due = time.monotonic()
        while True:
            planned = next(self._itinerary)
            due += planned.gap / rate_per_second
            if await _set_within(until, due - time.monotonic()):
                return
            if len(self._under_way) < MOST_UNDER_WAY:
                self._begin(planned)
            else:
                self._turned_away += 1

    async def finish(self, deadline_seconds: float) -> Summary:
        """Let the stories under way, and the supply that they need, come to their end; what has not is hanging."""
        until = time.monotonic() + deadline_seconds
        while (open_tasks := {*self._under_way, *self.tally.repeating}) and (left := until - time.monotonic()) > 0:
            await asyncio.wait(open_tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        now = time.monotonic()
        hanging = [Hanging(told.number, told.name, told.step, now - told.since) for told in self._under_way.values()]
        await self._end_all()
        await self.journal.fact("load finished", begun=self.begun, hanging=len(hanging))
        return self._summary(tuple(hanging))

    def _steps(self, told: Told) -> LoadSteps:
        return LoadSteps(self._people, self._hearing, self.journal, told.dice)

    def _begin(self, planned: Planned) -> None:
        assert self.company is not None, "prepare first"
        self.begun += 1
        told = Told(planned.story, planned.number, random.Random(planned.seed), self.run_id)
        teller = Teller(self._steps(told), self.company, planned, self.run_id)
        self._start(told, lambda: STORIES[planned.story](teller))

    def _heard(self, seen: Seen) -> None:
        """The suppliers hear of what is bought from them."""
        if seen.name != PurchaseOrderPlaced.__name__ or self.company is None or not concerns(self.company, seen):
            return
        self._purchases += 1
        company = self.company
        told = Told(SUPPLY, -self._purchases, random.Random(f"{self.seed}/{SUPPLY}/{self._purchases}"), self.run_id)
        self._start(told, lambda: deliver_purchase(self._steps(told), company, seen))

    def _start(self, told: Told, tell: Callable[[], Awaitable[str]]) -> None:
        task = asyncio.create_task(self._tell(told, tell))
        self._under_way[task] = told
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def _tell(self, told: Told, tell: Callable[[], Awaitable[str]]) -> None:
        telling.set(told)
        try:
            ended = await tell()
        except OrderloopError as refusal:
            ended = f"refused: {getattr(refusal, 'name', type(refusal).__name__)}"
            await self._note(told, ended)
        except Exception as bug:
            ended = f"failed: {type(bug).__name__}: {bug}"  # of the driver: it is told in the summary, and no more
            await self._note(told, ended)
        self._ended[told.name, ended] += 1

    async def _note(self, told: Told, why: str) -> None:
        await self.journal.fact("story stopped", story=told.name, number=told.number, step=told.step, why=why)

    async def _end_all(self) -> None:
        tasks = [*self._under_way, *self.tally.repeating]
        for task in tasks:
            task.cancel()
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, Exception):
                raise done

    def _summary(self, hanging: tuple[Hanging, ...]) -> Summary:
        history = Journal.read(self.journal.path)
        refused = (command.answer for command in history.commands.values() if command.outcome == "refused")
        return Summary(
            begun=self.begun,
            ended=self._ended,
            hanging=hanging,
            turned_away=self._turned_away,
            commands=history.outcomes(),
            refusals=Counter(str(answer.problem) for answer in refused if answer is not None),
            retries=self.tally.retries,
            repeats=self.tally.repeats,
            differing=tuple(self.tally.differing),
            unanswered=self.tally.unanswered,
            infrastructure=tuple(self.tally.infrastructure),
        )


async def _set_within(until: asyncio.Event, seconds: float) -> bool:
    """Whether it is set before so many seconds are over."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await until.wait()
        return True
    except TimeoutError:
        return until.is_set()

"""One trial: warm up, inject, hold, heal, drain until quiet, check every invariant."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import psutil

from campaign.faults import FAULTS, Scene
from campaign.invariants import Counts, Findings, Place, Restless, Told, Topics, Usage, Violation, check, quiet
from campaign.load.company import Company
from campaign.load.history import History
from campaign.load.journal import Journal
from campaign.load.load import Load
from campaign.load.summary import Summary
from campaign.recovery import NotRecovered, recovered
from campaign.results import COUNTED, Outcome
from campaign.schedule import RATE, Trial
from campaign.stand import Stand
from campaign.versions import commit, versions
from orderloop.driving.people import People, people
from orderloop.http import Json, ServiceRefused
from orderloop.platform.plan import SERVICES

log = logging.getLogger(__name__)

LIMIT = 90.0
"""Seconds for the recovery, for the stories to end, and for everything to be quiet."""

LIMIT_WHEN_PLANTED = 20.0
"""What a planted bug has lost nobody waits for longer; I17 is not what it is known by."""

CLOCK_JUMP = 3700.0
"""Seconds by which two services' clocks may differ once one was made to jump."""


@dataclass
class Session:
    """One stand and what its trials have in common: what was there before is not counted again."""

    stand: Stand
    people: People
    topics: Topics
    planted: str | None = None
    company: Company | None = None
    journals: list[Path] = field(default_factory=list[Path])
    poison: set[str] = field(default_factory=set[str])
    clock_slack: float = 0.5
    before: Counts = field(default_factory=Counts)
    baseline: dict[str, Usage] = field(default_factory=dict[str, Usage])
    versions: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def place(self) -> Place:
        return Place.of_stand(self.stand)

    @property
    def limit(self) -> float:
        return LIMIT if self.planted is None else LIMIT_WHEN_PLANTED

    def told(self) -> Told:
        return Told(
            journals=tuple(self.journals),
            poison=frozenset(self.poison),
            clock_slack=self.clock_slack,
            baseline=self.baseline,
            usage=usage(self.stand),
        )


@asynccontextmanager
async def session(stand: Stand, planted: str | None = None) -> AsyncGenerator[Session]:
    async with people(stand.plan) as everybody:
        begun = Session(stand, everybody, Topics(Place.of_stand(stand)), planted)
        begun.versions = await versions(stand)
        await begun.topics.refresh()  # from now on it is seen when the broker loses its disk
        yield begun


@dataclass
class _Course:
    """What was seen of a trial while it went on."""

    scene: Scene
    begun: datetime
    injected: datetime
    healed: datetime
    recovery: float | None
    summary: Summary
    history: History


async def run(on: Session, drawn: Trial, *, careless_driver: bool = False) -> Outcome:
    """One trial from its warm-up to its findings; `careless_driver` sends again without the key (a planted bug)."""
    begun = time.monotonic()
    course = await _course(on, drawn, careless_driver)
    found: list[Violation] = []
    if course.recovery is None:
        found.append(Violation("I17", f"not everybody had caught up {on.limit:.0f} s after the fault"))
    found += [Violation("I17", f"{each.story} {each.number} hangs at {each.step}") for each in course.summary.hanging]
    found += await _drained(on)
    if course.scene.discarded:
        await _discard(course.scene)
        found += await _drained(on)
    findings = await check(on.place, on.topics, on.told())
    counts = _counts(on, findings, course)
    on.before = findings.counts
    if not on.baseline:
        on.baseline = usage(on.stand)
    return replace(
        _outcome(on, drawn, course.begun, [*found, *findings.violations]),
        aims=list(dict.fromkeys(course.scene.aims)),
        seconds=round(time.monotonic() - begun, 1),
        recovery=course.recovery,
        counts=counts,
    )


def broken_off(on: Session, drawn: Trial, fault: Exception) -> Outcome:
    """A trial that could not be brought to its end is a failure as well: something did not come back."""
    log.exception("trial %d", drawn.number, exc_info=fault)
    why = Violation("I17", f"the trial was broken off: {type(fault).__name__}: {fault}")
    return _outcome(on, drawn, datetime.now(UTC), [why])


def _outcome(on: Session, drawn: Trial, begun: datetime, violations: Sequence[Violation]) -> Outcome:
    return Outcome(
        seed=0,
        number=drawn.number,
        fault=drawn.fault,
        aims=[],
        commit=commit(),
        begun_at=begun.isoformat(timespec="seconds"),
        seconds=0,
        hold=drawn.hold,
        recovery=None,
        counts=dict.fromkeys(COUNTED, 0),
        violations=[asdict(each) for each in violations],
        planted=on.planted,
        versions=on.versions,
    )


async def _course(on: Session, drawn: Trial, careless_driver: bool) -> _Course:
    stand, fault, begun = on.stand, FAULTS[drawn.fault], datetime.now(UTC)
    scene = Scene(stand, on.people, drawn.dice)
    path = stand.directory / "journals" / f"{drawn.number}.jsonl"
    path.parent.mkdir(exist_ok=True)
    on.journals.append(path)
    async with (
        Journal(path) as journal,
        Load(
            stand.plan,
            journal,
            drawn.load_seed,
            company=on.company,
            database=stand.database,
            retry_without_key=careless_driver,
        ) as load,
    ):
        on.company = await load.prepare()
        stop = asyncio.Event()
        running = asyncio.create_task(load.run(RATE, stop))
        await asyncio.sleep(drawn.warm_up)
        injected = datetime.now(UTC)
        async with fault.happens(scene):
            await asyncio.sleep(drawn.hold)
        stand.heal()
        healed, recovery = datetime.now(UTC), None
        with suppress(NotRecovered):
            recovery = await recovered(stand, on.limit)
        stop.set()
        await running
        summary = await load.finish(on.limit)
    on.poison |= scene.poison
    if "F17" in (drawn.fault, *scene.aims):
        on.clock_slack = CLOCK_JUMP
    return _Course(scene, begun, injected, healed, recovery, summary, Journal.read(path))


async def _drained(on: Session) -> list[Violation]:
    state = await quiet(on.place, on.topics, on.limit)
    return [Violation("I17", why) for why in state.why] if isinstance(state, Restless) else []


async def _discard(scene: Scene) -> None:
    """An operator gives up the parked keys of this list, wherever they are parked."""
    for topic, subject in scene.discarded:
        for service in SERVICES:
            with suppress(ServiceRefused):  # not parked there: it does not read this topic, or this type
                key = f"/ops/parked/{topic}/{subject}"
                waiting = cast("list[Json]", (await scene.people.admin.get(service, key)).body)
                for blocking in waiting[:1]:
                    given = {"event_id": blocking["id"], "reason": "poison of the campaign"}
                    _ = await scene.people.admin.post(service, f"{key}/discard", given)


def _counts(on: Session, findings: Findings, course: _Course) -> dict[str, int]:
    """Of this trial alone: what the check counts on the whole platform, less what was there before."""
    before = asdict(on.before)
    found = {name: value - before[name] for name, value in asdict(findings.counts).items()}
    commands, summary = course.history.commands.values(), course.summary
    counts = {
        "loops": summary.begun,
        "closed": summary.closed,
        "commands": len(commands),
        "unknown": sum(any(each.outcome == "unknown" for each in command.attempts) for command in commands),
        "events": found["events"],
        "deliveries": found["deliveries"],
        "duplicates": found["duplicates_absorbed"] + course.scene.redelivered,
        **{name: found[name] for name in ("lost", "doubled", "reordered", "unbalanced")},
    }
    return counts | (_without_kafka(course) if course.scene.aims and _lost_kafka(course.scene) else {})


def _lost_kafka(scene: Scene) -> bool:
    return scene.aims[0] == "kafka"


def _without_kafka(course: _Course) -> dict[str, int]:
    """Commands that were sent while the broker was away, and how many of them were not answered with yes or no."""
    attempts = [each for command in course.history.commands.values() for each in command.attempts]
    during = [each for each in attempts if course.injected <= each.begun.at <= course.healed]
    refused = [each for each in during if each.outcome == "unknown"]
    return {"sent_without_kafka": len(during), "refused_without_kafka": len(refused)}


def usage(stand: Stand) -> dict[str, Usage]:
    """Open files and memory of every process that is one of ours."""
    found: dict[str, Usage] = {}
    for name in stand.names:
        process = stand.process(name)
        if process is not None and name not in ("postgres", "kafka"):
            with suppress(psutil.Error):
                seen = psutil.Process(process.pid)
                found[name] = Usage(seen.num_fds(), seen.memory_info().rss)
    return found

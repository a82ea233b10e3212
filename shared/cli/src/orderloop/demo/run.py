"""One demonstration from the empty house to the totals, and what is printed of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from orderloop.demo import loops as loop_tables
from orderloop.demo import thread, totals
from orderloop.demo.day import live
from orderloop.demo.house import furnish
from orderloop.demo.names import COMPANY, Names
from orderloop.demo.onward import onward
from orderloop.demo.stories import Loop
from orderloop.demo.totals import Total
from orderloop.driving.events import EventStream, watching
from orderloop.driving.people import people
from orderloop.driving.steps import Steps
from orderloop.platform import plan as plans
from orderloop.platform import supervisor
from orderloop.platform.display import Display
from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.services import health

WIDTH = 150
"""Of what is printed to a file or a pipe; a terminal has its own."""


@dataclass(frozen=True)
class Told:
    """What there is to tell when the day is over."""

    loops: list[Loop]
    stream: EventStream
    totals: list[Total]

    @property
    def agrees(self) -> bool:
        return all(total.agrees for total in self.totals)

    @property
    def favourite(self) -> Loop:
        """The loop whose thread is told: one that was short, because most people of the company had to do with it."""
        return next(loop for loop in self.loops if loop.story.startswith("short"))


def console() -> Console:
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=WIDTH)


def demo(directory: Path) -> bool:
    """Everything, on the platform of this directory; whether all totals agree."""
    display = Display(console())
    plan = running(directory, display)
    display.console.print(f"\n[bold]{COMPANY}[/] lives through its day.\n")
    told = asyncio.run(_day(plan, display))
    _print(display.console, plan, told)
    return told.agrees


def running(directory: Path, display: Display) -> Plan:
    """The platform, started if it is not up, healed if a part of it is missing."""
    plan = plans.saved(directory)
    if plan and supervisor.alive(plan.folder) and all(health(plan, each).ready for each in SERVICES):
        return plan
    from orderloop.platform.up import up

    return up(directory, display)[0]


async def _day(plan: Plan, display: Display) -> Told:
    async with people(plan) as everybody, watching(plan.kafka) as stream:
        steps = Steps(everybody, stream)
        with display.step("The house") as step:
            house = await furnish(steps, Names.new())
            step.detail = f"{len(house.goods)} things to sell, {len(house.everybody)} customers, prices, stock"
        with display.step("The day", total=1) as step:

            def ended(done: int, of: int) -> None:
                step.progress(done, of)
                step.say(f"{done} loops, {len(stream.seen):,} events")

            loops = await live(steps, house, ended)
        with display.step("The evening") as step:
            counted = await totals.agreed(everybody.admin, house)
            step.detail = f"{len(counted)} totals compared"
        return Told(loops, stream, counted)


def _print(out: Console, plan: Plan, told: Told) -> None:
    favourite = told.favourite
    title = f"The thread of {favourite.number}, {favourite.customer.name} ({favourite.story})"
    events = told.stream.thread(favourite.placed.correlation)
    for part in (
        loop_tables.table(told.loops, told.stream, out.width),
        loop_tables.summary(told.loops, told.stream),
        loop_tables.slowest(told.loops, told.stream),
        thread.table(title, events, told.stream.seen, out.width),
        totals.table(told.totals),
    ):
        out.print()
        out.print(part)
    out.print(onward(plan, favourite), soft_wrap=True)

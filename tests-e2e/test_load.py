"""The campaign's load on a whole platform: every kind of story comes to its end, through the death of a service."""

from __future__ import annotations

import asyncio
from pathlib import Path

from campaign.load.itinerary import WEIGHTS
from campaign.load.journal import Journal
from campaign.load.load import Load
from orderloop.driving.company import until_true
from orderloop.driving.machine import Machine
from orderloop.platform.plan import Plan

SEED = 11
RATE = 4.0
STORIES = 60


async def test_no_story_hangs_when_a_service_dies_under_the_load(platform: Plan, tmp_path: Path) -> None:
    stop = asyncio.Event()
    async with Journal(tmp_path / "journal.jsonl") as journal, Load(platform, journal, SEED, repeated=0.2) as load:
        await load.prepare()
        running = asyncio.create_task(load.run(RATE, stop))
        await until_true(lambda: _begun(load, STORIES // 3), "the first stories have begun")
        machine = Machine(platform)
        await machine.restarted(machine.kill("order"))
        await until_true(lambda: _begun(load, STORIES), "all stories have begun")
        stop.set()
        await running
        summary = await load.finish(60)

    history = Journal.read(tmp_path / "journal.jsonl")
    assert summary.hanging == ()
    assert [how for _, how in summary.ended if how.startswith(("failed", "refused"))] == []
    assert {story for story, _ in summary.ended} <= {*WEIGHTS, "supply"}
    assert summary.closed > STORIES // 2
    assert summary.commands["unknown"] == 0
    assert summary.retries > 0
    assert summary.repeats > 0
    assert summary.differing == ()
    assert [command.key for command in history.commands.values() if len(command.answers) > 1] == []


async def _begun(load: Load, number: int) -> bool:
    return load.begun >= number

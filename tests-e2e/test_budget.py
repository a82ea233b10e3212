"""What the hot commands, their events and a loop cost in statements and WAL: the same on every machine."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from orderloop.bench.budget import Spent, excess, is_command, spend
from orderloop.bench.load import prepare
from orderloop.driving.steps import Steps
from orderloop.platform.plan import Plan

BUDGET = Path(__file__).with_name("budget.json")
LOOPS = 12
ADVICE = """{0}

`make bench` lists statements, commits and WAL by service; PostgreSQL's log tells each statement of them.
When the cost is meant, say why in the commit and write the budget anew:
ORDERLOOP_RENEW_BUDGET=1 make test ARGS=tests-e2e/test_budget.py
"""


async def test_a_loop_takes_no_more_statements_and_wal_than_its_budget(platform: Plan, steps: Steps) -> None:
    load = await prepare(steps)

    spent = await spend(platform, load, LOOPS)

    assert load.failed == []
    if os.environ.get("ORDERLOOP_RENEW_BUDGET"):
        BUDGET.write_text(json.dumps(asdict(spent), indent=2) + "\n")
    budget = Spent(**json.loads(BUDGET.read_text()))
    assert set(filter(is_command, budget.statements)) <= set(spent.statements), "a command of the budget did not come"
    assert excess(spent, budget) == [], ADVICE.format("\n".join(excess(spent, budget)))

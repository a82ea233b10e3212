"""The whole platform for the end-to-end tests: what `make up` starts, with data and ports of its own.

The tests do what people do over HTTP and see what happened in Kafka and over HTTP; none looks into a database.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from orderloop.driving.events import EventStream, watching
from orderloop.driving.people import people
from orderloop.driving.steps import Goods, Steps
from orderloop.platform.plan import Plan, saved
from testkit.servers import root

BASE_PORT = "8200"


def orderloop(*arguments: str, directory: Path) -> str:
    """Run the command line as a user does."""
    environment = {key: value for key, value in os.environ.items() if key not in ("ORDERLOOP_POSTGRES", "ORDERLOOP_KAFKA")}
    done = subprocess.run(
        [sys.executable, "-m", "orderloop", *arguments, "--directory", str(directory)],
        env=environment | {"ORDERLOOP_BASE_PORT": BASE_PORT},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"orderloop {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def platform() -> Generator[Plan]:
    """A platform of the tests' own, from nothing, stopped at the end."""
    directory = root() / ".local" / "e2e"
    if directory.exists():
        orderloop("down", directory=directory)
        shutil.rmtree(directory)
    orderloop("up", directory=directory)
    plan = saved(directory)
    assert plan is not None
    yield plan
    orderloop("down", directory=directory)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steps(platform: Plan) -> AsyncGenerator[Steps]:
    """Everybody at work, and an eye on all topics."""
    async with people(platform) as everybody, watching(platform.kafka) as stream:
        yield Steps(everybody, stream)


@pytest.fixture
def stream(steps: Steps) -> EventStream:
    return steps.stream


class Shop:
    """What a test sells: a warehouse and items of its own, so that tests do not take each other's stock."""

    def __init__(self, steps: Steps, warehouse_id: str) -> None:
        self.steps = steps
        self.warehouse_id = warehouse_id

    async def sells(
        self, name: str, *, stock: int | str = 0, price: str = "100.00", cost: str = "60.00", lot: str = "L1", **more: object
    ) -> Goods:
        """An item with so much in stock, as one lot."""
        sku = f"{name}-{uuid4().hex[:10]}"
        goods = await self.steps.register_item(sku, name, Decimal(price), Decimal(cost), **more)  # type: ignore[arg-type]  # passed through
        if Decimal(stock):
            await self.steps.receive_goods(self.warehouse_id, [(goods, Decimal(stock), f"{sku}-{lot}")])
        return goods


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(steps: Steps) -> Shop:
    return Shop(steps, await steps.open_warehouse(f"W{uuid4().hex[:8]}", "Main"))


async def eventually(check: object, within: float = 20) -> object:
    """Ask again until the answer is true; for what is read over HTTP and follows by events."""
    assert callable(check)
    async with asyncio.timeout(within):
        while not (found := await check()):
            await asyncio.sleep(0.05)
    return found

"""The whole platform for the end-to-end tests: what `make up` starts, with data and ports of its own.

The tests do what people do over HTTP and see what happened in Kafka and over HTTP; none looks into a database.
With ORDERLOOP_E2E_KEEP=1 a platform that runs already is used, and left running.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from orderloop.driving.events import EventStream
from orderloop.driving.shop import Shop, at_work, open_shop
from orderloop.driving.steps import Steps
from orderloop.driving.terminal import Terminal
from orderloop.platform.plan import Plan, saved
from testkit.servers import root

BASE_PORT = 8200
KEEP = bool(os.environ.get("ORDERLOOP_E2E_KEEP"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m "not e2e"` leaves the tests of this folder out."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def terminal() -> Terminal:
    """The command line, for the platform of these tests."""
    return Terminal(root() / ".local" / "e2e", BASE_PORT)


@pytest.fixture(scope="session")
def platform(terminal: Terminal) -> Generator[Plan]:
    """A platform of the tests' own, from nothing, stopped at the end."""
    if terminal.directory.exists() and not KEEP:
        terminal.run("down")
        shutil.rmtree(terminal.directory)
    terminal.run("up")
    plan = saved(terminal.directory)
    assert plan is not None
    yield plan
    if not KEEP:
        terminal.run("down")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steps(platform: Plan) -> AsyncGenerator[Steps]:
    """Everybody at work, and an eye on all topics."""
    async with at_work(platform) as steps:
        yield steps


@pytest.fixture
def stream(steps: Steps) -> EventStream:
    return steps.stream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(steps: Steps) -> Shop:
    return await open_shop(steps)

"""To be rid of a client takes no longer than it may, whatever the client does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kit import cluster
from kit.cluster import stopped


class Client:
    def __init__(self, end: Callable[[], BaseException | None]) -> None:
        self.end = end
        self.has_ended = False

    async def stop(self) -> None:
        self.has_ended = True
        if (fault := self.end()) is not None:
            raise fault


class Hangs:
    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.was_cancelled = asyncio.Event()

    async def stop(self) -> None:
        self.has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.was_cancelled.set()


@pytest.mark.parametrize(
    "fault", [None, OSError("gone"), asyncio.CancelledError()], ids=["no", "an error", "cancelled"]
)
async def test_whatever_a_client_raises_at_its_end_stays_there(fault: BaseException | None) -> None:
    client = Client(lambda: fault)

    await stopped(client)

    assert client.has_ended


async def test_a_client_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "STOP_SECONDS", 0.01)
    client = Hangs()

    await stopped(client)
    await client.was_cancelled.wait()


async def test_who_is_cancelled_meanwhile_is_cancelled() -> None:
    client = Hangs()
    waiting = asyncio.create_task(stopped(client))
    await client.has_begun.wait()
    _ = waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting

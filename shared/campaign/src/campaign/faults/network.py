"""F11, F12: connections break in the middle of a statement, a commit, a batch; or go silent without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Literal

from campaign.faults.fault import Scene, fault
from campaign.stand import Proxy


@fault("F11", "connections are reset in the middle of a query, a commit, a batch", hold=(4, 10))
async def connections_are_reset(scene: Scene) -> AsyncGenerator[None]:
    proxies = [_proxy(scene) for _ in range(3)]
    breaking = asyncio.create_task(_break_again_and_again(scene, proxies))
    yield
    _ = breaking.cancel()
    with suppress(asyncio.CancelledError):
        await breaking
    for proxy in proxies:
        proxy.heal()


async def _break_again_and_again(scene: Scene, proxies: list[Proxy]) -> None:
    while True:
        for proxy in proxies:
            if scene.dice.random() < 0.3:
                proxy.reset()
            else:
                proxy.cut_after(scene.dice.randint(1, 20_000), scene.dice.choice(["to_server", "to_client", "both"]))
        await asyncio.sleep(scene.dice.uniform(0.1, 1.0))


@fault("F12", "a network that swallows one direction, stalls, is slow or narrow", hold=(5, 15))
async def network_is_bad(scene: Scene) -> AsyncGenerator[None]:
    proxies = [_proxy(scene) for _ in range(2)]
    for proxy in proxies:
        name, worsen = scene.dice.choice(_WAYS)
        scene.aim(name)
        worsen(scene, proxy)
    yield
    for proxy in proxies:
        proxy.heal()


def _black_hole(scene: Scene, proxy: Proxy) -> None:
    proxy.black_hole(scene.dice.choice(["to_server", "to_client"]))


def _stall(scene: Scene, proxy: Proxy) -> None:
    proxy.stall(scene.dice.choice(["to_server", "to_client", "both"]))


def _delay(scene: Scene, proxy: Proxy) -> None:
    proxy.delay(scene.dice.uniform(0.02, 0.3))


def _throttle(scene: Scene, proxy: Proxy) -> None:
    proxy.throttle(scene.dice.choice([2_000, 10_000, 50_000]))


_SERVERS: tuple[Literal["postgres"], Literal["kafka"]] = ("postgres", "kafka")
_WAYS: list[tuple[str, Callable[[Scene, Proxy], None]]] = [
    ("black hole", _black_hole), ("stall", _stall), ("delay", _delay), ("throttle", _throttle),
]  # fmt: skip


def _proxy(scene: Scene) -> Proxy:
    service, server = scene.a_service(), scene.dice.choice(_SERVERS)
    scene.aim(f"{service} to {server}")
    return scene.stand.proxy(service, server)

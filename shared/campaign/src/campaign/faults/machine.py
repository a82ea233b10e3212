"""F13, F14, F17: slow disks, full disks, clocks that jump."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from campaign.faults.fault import Scene, fault


@fault("F13", "a slow disk: every fsync takes 20 to 200 ms longer", hold=(4, 10), needs_shim=True)
async def disk_is_slow(scene: Scene) -> AsyncGenerator[None]:
    slow = scene.dice.choice([["postgres"], ["kafka"], ["postgres", "kafka"]])
    seconds = scene.dice.uniform(0.02, 0.2)
    scene.aim(f"{' and '.join(slow)} {1000 * seconds:.0f} ms")
    for server in slow:
        scene.stand.shim(server).fsync_delay(seconds)
    yield
    for server in slow:
        scene.stand.shim(server).heal()


@fault("F14", "the disk of PostgreSQL or Kafka is full", hold=(3, 8), needs_shim=True)
async def disk_is_full(scene: Scene) -> AsyncGenerator[None]:
    server = scene.aim(scene.dice.choice(["postgres", "kafka"]))
    scene.stand.shim(server).disk_full(True)
    yield
    scene.stand.shim(server).heal()


@fault("F17", "the clock of one service jumps by an hour", hold=(5, 12), needs_shim=True)
async def clock_jumps(scene: Scene) -> AsyncGenerator[None]:
    service, seconds = scene.a_service(), scene.dice.choice([-3600.0, 3600.0])
    scene.aim(f"{service} {seconds:+.0f} s")
    members = [f"{service}-{role}" for role in ("api", "worker", "relay")]
    for member in members:
        scene.stand.shim(member).clock_offset(seconds)
    yield
    for member in members:
        scene.stand.shim(member).heal()

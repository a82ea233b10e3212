"""F4, F5, F7, F10: processes stand still, longer than others have patience, and go on as if nothing had been."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from campaign.faults.fault import Scene, fault


@fault("F4", "two relays; the active one stands still and wakes as a zombie", hold=(10, 18))
async def relay_is_a_zombie(scene: Scene) -> AsyncGenerator[None]:
    service = scene.aim(scene.a_service())
    second = await scene.stand.add(service, "relay")
    scene.stand.pause(f"{service}-relay")
    # Its lock goes with its connections, as when a network gives up on a host that is silent.
    scene.stand.proxy(service, "postgres").reset()
    yield
    scene.stand.resume(f"{service}-relay")
    await scene.stand.remove(second)


@fault("F5", "a worker stands still for longer than its session; another takes over", hold=(13, 20))
async def worker_is_a_zombie(scene: Scene) -> AsyncGenerator[None]:
    service = scene.aim(scene.a_service())
    second = await scene.stand.add(service, "worker")
    scene.stand.pause(f"{service}-worker")
    yield
    scene.stand.resume(f"{service}-worker")
    await scene.stand.remove(second)


@fault("F7", "Kafka stands still", hold=(5, 25))
async def kafka_stands_still(scene: Scene) -> AsyncGenerator[None]:
    scene.aim("kafka")
    scene.stand.pause("kafka")
    yield
    scene.stand.resume("kafka")


@fault("F10", "PostgreSQL stands still", hold=(5, 12))
async def postgres_stands_still(scene: Scene) -> AsyncGenerator[None]:
    scene.aim("postgres")
    scene.stand.pause("postgres")
    yield
    scene.stand.resume("postgres")

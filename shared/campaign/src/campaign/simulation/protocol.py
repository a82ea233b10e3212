"""Which steps a schedule runs: those of the kit, or a planted bug's in their place."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.simulation.client import Client
from campaign.simulation.consumer import Consumer
from campaign.simulation.relay import Relay
from campaign.simulation.timers import TimerRunner
from campaign.simulation.worker import Retries, Worker


@dataclass(frozen=True)
class Protocol:
    """The parts; each runs as a process."""

    client: type[Client] = Client
    relay: type[Relay] = Relay
    worker: type[Worker] = Worker
    consumer: type[Consumer] = Consumer
    retries: type[Retries] = Retries
    timers: type[TimerRunner] = TimerRunner


KIT = Protocol()

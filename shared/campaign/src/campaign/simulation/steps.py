"""What a process is made of, and the ways in which a step fails."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[int, None, T]
"""Code that gives way to others between its statements."""

ON = 0
"""Yielded where others may run."""

IDLE = 1
"""Yielded by a process that has looked and found nothing to do."""


class Transient(Exception):
    """The same work may succeed when it is done again: `kit.database.is_transient`."""


class Disconnected(Transient):
    """The connection is gone; whether the commit came through is not known."""


class OffsetsUncertain(Transient):
    """The connection is younger than the last reading of the offsets: `kit.consumer.OffsetsUncertain`."""


class Stalled(Exception):
    """The client is not where it should be, and is built anew: `kit.worker.Stalled`."""


class LockTimeout(Transient):
    """Somebody else holds the row for too long, or a deadlock was resolved."""


class KafkaError(Exception):
    """The broker did not acknowledge; whether it has the batch is not known."""


class LostTheLead(Exception):
    """Another relay moved the epoch: `kit.relay.LostTheLead`."""


class Refusal(Exception):
    """An event that cannot be applied; `kind` is how its key is parked."""

    kind = "refused"


class NotThere(Refusal):
    """It names something unknown here, which may be on its way."""

    kind = "waiting"

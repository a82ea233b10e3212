"""What is written down of a command: how it was sent, and what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "refused", "unknown"]
"""Done; refused in a way that waiting will not change; or nobody knows whether it was done."""


@dataclass(frozen=True)
class Sending:
    """One sending of the command that the driver means by this key."""

    key: str
    attempt: int
    service: str
    method: str
    path: str
    digest: str
    """Of the request's body."""
    story: str = ""
    sent_as: str = ""
    """The key that a careless driver sent it under, when it is another."""


@dataclass(frozen=True)
class Answered:
    """What became of a sending. `problem` is the last part of the problem's type, or the connection's error."""

    outcome: Outcome
    status: int | None = None
    problem: str | None = None
    digest: str | None = None
    """Of the answer's bytes."""
    event: str | None = None
    """The subject of the event that answered."""


def digest(content: bytes | None) -> str:
    return hashlib.sha256(content or b"").hexdigest()

"""The planted bugs: each is switched on alone, and has to be caught. Nothing here runs outside the campaign."""

from __future__ import annotations

from campaign.planted.bug import PLANTED, Bug, plant

__all__ = ["PLANTED", "Bug", "plant"]


def _by_the_driver(_service: str, _roles: object) -> None:
    """Nothing is wrong with the services: the load driver sends again without the key."""


PLANTED["retry-without-key"] = Bug(
    "retry-without-key", "a client that sends an unanswered command again under a new key", "F1", _by_the_driver, True
)

"""The planted bugs: each is switched on alone, and has to be caught. Nothing here runs outside the campaign."""

from __future__ import annotations

from campaign.planted import committing, consuming, fencing, relaying, reserving
from campaign.planted.bug import PLANTED, Bug, BugUnknown, found, plant

__all__ = [
    "PLANTED", "Bug", "BugUnknown", "committing", "consuming", "fencing", "found", "plant", "relaying", "reserving",
]  # fmt: skip

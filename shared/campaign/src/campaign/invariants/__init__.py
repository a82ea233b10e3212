"""The checker: I1 to I18 of the fault campaign, by SQL, a dump of the topics and the driver's journal."""

from campaign.invariants.checking import INVARIANTS, census, check
from campaign.invariants.findings import Counts, Findings, Violation
from campaign.invariants.place import Place, Told, Usage
from campaign.invariants.quietness import Restless, quiet
from campaign.invariants.topics import Topics

__all__ = [
    "INVARIANTS",
    "Counts",
    "Findings",
    "Place",
    "Restless",
    "Told",
    "Topics",
    "Usage",
    "Violation",
    "census",
    "check",
    "quiet",
]

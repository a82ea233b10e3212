"""Why something was given up."""

from contracts.errors import Malformed


class ReasonMissing(Malformed):
    """Who gives up a lead, an opportunity or a quote says why."""


def stated(reason: str) -> str:
    """The reason without blanks around it; an empty one is none."""
    if not (words := reason.strip()):
        raise ReasonMissing("say why, in a few words")
    return words

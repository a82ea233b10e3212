"""What a planted bug is: something that a process does wrong from its first moment on, in the campaign only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contracts.errors import NotFound

Plant = Callable[[str, Sequence[str]], None]
"""Makes this process wrong; is given its service and its roles."""


class BugUnknown(NotFound):
    """A planted bug goes by its name in the list."""


@dataclass(frozen=True)
class Bug:
    """`fault`: the fault under which it does harm. `of_driver`: it is the load driver that is wrong, no service."""

    name: str
    title: str
    fault: str
    plant: Plant
    of_driver: bool = False


PLANTED: dict[str, Bug] = {}


def bug(name: str, title: str, *, fault: str) -> Callable[[Plant], Plant]:
    """Enter a bug in the list."""

    def enter(plant: Plant) -> Plant:
        PLANTED[name] = Bug(name, title, fault, plant)
        return plant

    return enter


def plant(name: str, service: str, roles: Sequence[str]) -> None:
    """Make this process wrong in this one way. Raises BugUnknown."""
    if name not in PLANTED:
        raise BugUnknown(f"no planted bug is called {name!r}; there are {', '.join(PLANTED)}")
    PLANTED[name].plant(service, roles)

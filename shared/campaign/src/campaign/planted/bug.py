"""What a planted bug is: something that a process does wrong from its first moment on, in the campaign only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from contracts.errors import NotFound

Plant = Callable[[str, Sequence[str]], None]
"""Makes this process wrong; is given its service and its roles."""


class BugUnknown(NotFound):
    """A planted bug goes by its name in the list."""


@dataclass(frozen=True)
class Bug:
    """`fault`: the fault under which it does harm. `of_driver`: it is the load driver that is wrong, no service.

    `shows` names the invariants that say what this bug breaks. Only they count: I17 alone could be a process that
    crashes at once, or a slow machine, and no other invariant of the list may be what a bug is known by.
    """

    name: str
    title: str
    fault: str
    shows: frozenset[str]
    plant: Plant
    of_driver: bool = False

    def is_caught(self, violated: Iterable[str]) -> bool:
        return not self.shows.isdisjoint(violated)


PLANTED: dict[str, Bug] = {}


def bug(name: str, title: str, *, fault: str, shows: str, of_driver: bool = False) -> Callable[[Plant], Plant]:
    """Enter a bug in the list; `shows` are invariants, such as `I4 I7`."""

    def enter(plant: Plant) -> Plant:
        PLANTED[name] = Bug(name, title, fault, frozenset(shows.split()), plant, of_driver)
        return plant

    return enter


def found(name: str) -> Bug:
    """Raises BugUnknown."""
    if name not in PLANTED:
        raise BugUnknown(f"no planted bug is called {name!r}; there are {', '.join(PLANTED)}")
    return PLANTED[name]


def plant(name: str, service: str, roles: Sequence[str]) -> None:
    """Make this process wrong in this one way. Raises BugUnknown."""
    found(name).plant(service, roles)


def instead(of: object, name: str, what: object) -> None:
    """Put `what` in the place of a method of a class, or of a function of a module, in this process."""
    if not hasattr(of, name):  # the bug would be switched on and change nothing
        raise AttributeError(f"{of!r} has no {name}")
    setattr(of, name, what)

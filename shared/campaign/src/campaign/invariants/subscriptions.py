"""Who hears what and who tells what: read from the generated table in `schemas/README.md`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROW = re.compile(r"^\| \[\w+\]\(events/(\w+)/(\w+)\.(v\d+)\.json\) \| (.*?) \| (.*?) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Subscriptions:
    """Event types by their CloudEvents type, such as `orderloop.order.OrderPlaced.v1`."""

    heard_by: Mapping[str, frozenset[str]]
    """The services that react to a type."""
    by_reactions_only: frozenset[str]
    """Types that no command and no timer tells."""

    def heard_in(self, service: str) -> frozenset[str]:
        """The types that a service reacts to."""
        return frozenset(kind for kind, services in self.heard_by.items() if service in services)

    @property
    def readers(self) -> dict[str, frozenset[str]]:
        """The services that read each service's topic: those that react to something in it."""
        found: dict[str, frozenset[str]] = {}
        for kind, services in self.heard_by.items():
            told_by = kind.split(".")[1]
            found[told_by] = found.get(told_by, frozenset()) | services
        return found


@cache
def subscriptions() -> Subscriptions:
    """As the repository says. `make check` compares the table with the code."""
    rows = ROW.findall(_table().read_text(encoding="utf-8"))
    heard = {_type(row): frozenset(name for name in row[4].split(", ") if name.strip()) for row in rows}
    return Subscriptions(heard, frozenset(_type(row) for row in rows if _told_by_reactions(row[3])))


def _table() -> Path:
    here = Path(__file__).resolve()
    return next(found for folder in here.parents if (found := folder / "schemas" / "README.md").exists())


def _type(row: tuple[str, ...]) -> str:
    return f"orderloop.{row[0]}.{row[1]}.{row[2]}"


def _told_by_reactions(told_when: str) -> bool:
    """Events that lead to it stand in italics."""
    return bool(told_when) and all(each.startswith("*") for each in told_when.split(", "))

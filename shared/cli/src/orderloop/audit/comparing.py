"""What a check is, and how two sides of the same thing are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from orderloop.audit.facts import NOTHING, Proved


@dataclass(frozen=True)
class Difference:
    """Two sides that ought to say the same. `gap` stays the same from reading to reading when it is a real one."""

    about: str
    left: str
    right: str
    gap: str = ""


@dataclass(frozen=True)
class Check:
    """A rule, how often it was looked at, and where it does not hold."""

    name: str
    compared: int
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Side:
    """Numbers by key, and whose they are."""

    says: str
    numbers: Mapping[str, Decimal]


def same(name: str, left: Side, right: Side, about: Callable[[str], str], known: Iterable[str] = ()) -> Check:
    """Each key has the same number on both sides; a key that a side does not know counts nothing there."""
    keys = left.numbers.keys() | right.numbers.keys() | set(known)
    found = [
        Difference(about(key), f"{left.says} {plain(one)}", f"{right.says} {plain(other)}", plain(one - other))
        for key in keys
        if (one := left.numbers.get(key, NOTHING)) != (other := right.numbers.get(key, NOTHING))
    ]
    return Check(name, len(keys), ordered(found))


def matching(
    name: str, left: tuple[str, Mapping[str, str]], right: tuple[str, Mapping[str, str]], about: Callable[[str], str]
) -> Check:
    """Each key has the same word on both sides, and no side lacks it."""
    keys = left[1].keys() | right[1].keys()
    found = [
        Difference(about(key), f"{left[0]} {one}", f"{right[0]} {other}", f"{one} {other}")
        for key in keys
        if (one := left[1].get(key, "nothing")) != (other := right[1].get(key, "nothing"))
    ]
    return Check(name, len(keys), ordered(found))


def proved(name: str, proof: Proved) -> Check:
    """A service has looked by itself."""
    found = tuple(Difference(each.about, each.said, each.expected, each.said) for each in proof.troubles)
    return Check(name, proof.statements, found)


def ordered(found: Iterable[Difference]) -> tuple[Difference, ...]:
    return tuple(sorted(found, key=lambda each: (each.about, each.left)))


def plain(number: Decimal) -> str:
    """Without trailing zeros or exponent."""
    return f"{number.normalize():f}" if number else "0"

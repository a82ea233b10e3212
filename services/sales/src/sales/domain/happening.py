"""Happenings: what another service told, in the words in which a salesperson reads it. No event becomes two of them.

A happening is about one thing (`subject`: an order, an invoice, a case …) which belongs to others (`parents`): an
invoice to its order, an order to its opportunity. Events of different services arrive in any order, so a happening is
kept as it comes, without asking whether its parents are known; the follow-up ties them together when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.values import Money


class Kind(StrEnum):
    """What a happening is about."""

    ORDER = "order"
    HOLD = "hold"
    SUPPLY = "supply"
    SHIPMENT = "shipment"
    INVOICE = "invoice"
    CASH = "cash"
    MARGIN = "margin"
    COMPLAINT = "complaint"
    NONCONFORMANCE = "nonconformance"
    CAPA = "capa"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """`state` is what the subject is from here on, None when that did not change; `amount` counts in the sums."""

    kind: Kind
    subject: UUID
    text: str
    parents: tuple[UUID, ...] = ()
    state: str | None = None
    amount: Money | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A happening with its event's id, which makes it count once, and the time at which it was told."""

    event_id: UUID
    at: datetime
    happening: Happening


def the_known(*ids: UUID | None) -> tuple[UUID, ...]:
    """Those parents that the event names."""
    return tuple(each for each in ids if each is not None)

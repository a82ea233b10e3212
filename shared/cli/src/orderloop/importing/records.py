"""What a source brings, in our words: the rows are checked, the names resolved, nothing is sent yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Outcome = Literal["open", "won", "lost"]
Progress = Literal["placed", "dispatched", "delivered", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Something of the source, known there by `key`, told by a row of a file."""

    key: str
    table: str
    row: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer(Record):
    name: str
    kind: str
    country: str
    currency: str
    parent: str | None
    tax_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Item(Record):
    description: str
    kind: str
    unit: str
    price: Decimal | None
    cost: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Line(Record):
    """`key` is its place in the document."""

    item: str
    quantity: Decimal
    price: Decimal
    tax_percent: Decimal
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Opportunity(Record):
    name: str
    customer: str | None
    owner: str
    stage: str
    outcome: Outcome
    amount: Decimal
    opened_on: date | None
    closed_on: date | None
    reason: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order(Record):
    customer: str
    ordered_on: date
    requested_on: date | None
    reference: str
    channel: str
    prepaid: bool
    progress: Progress
    reason: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment(Record):
    order: str
    amount: Decimal
    reference: str
    received_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Return(Record):
    """`order` and `line` are empty until it is matched to a sale."""

    customer: str
    item: str
    quantity: Decimal
    price: Decimal | None
    returned_on: date
    reason: str
    order: str = ""
    line: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment(Record):
    item: str
    quantity: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint(Record):
    order: str
    title: str
    description: str
    severity: str
    opened_on: date | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that does not come in; `reason` is the same for all of its kind, `detail` is its own."""

    what: str
    key: str
    table: str
    row: int
    reason: str
    detail: str = ""


@dataclass
class Batch:
    """All of a source, in the order in which it is brought in."""

    customers: dict[str, Customer] = field(default_factory=dict[str, Customer])
    items: dict[str, Item] = field(default_factory=dict[str, Item])
    opportunities: dict[str, Opportunity] = field(default_factory=dict[str, Opportunity])
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    payments: dict[str, Payment] = field(default_factory=dict[str, Payment])
    returns: dict[str, Return] = field(default_factory=dict[str, Return])
    adjustments: dict[str, Adjustment] = field(default_factory=dict[str, Adjustment])
    complaints: dict[str, Complaint] = field(default_factory=dict[str, Complaint])
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    """What the mapping leaves out on purpose, and why."""
    stock: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    """How much of each item has to be there in the beginning."""

    def counts(self) -> dict[str, int]:
        kinds = ("customers", "items", "opportunities", "orders", "payments", "returns", "adjustments", "complaints")
        return {kind: len(getattr(self, kind)) for kind in kinds}

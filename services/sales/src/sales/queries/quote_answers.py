"""How a quote is shown: its offer, and the warnings that stock and credit give while it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from contracts.finance import CreditState
from contracts.ids import CustomerId, ItemId, OpportunityId, QuoteId
from contracts.lines import Line
from contracts.values import Money, Quantity
from kit.database import Transaction
from kit.principal import Principal
from sales.domain.availability import Availability, shortages
from sales.domain.credit import CreditStanding
from sales.domain.offer import Offer
from sales.domain.quote import Quote, Revision, Status
from sales.storage.copies import Catalogue, Credit, Stock


class LineAnswer(BaseModel):
    """What is offered of an item. `net` and `gross` are of the line alone; a total rounds its tax once per rate."""

    item_id: ItemId
    sku: str
    description: str
    quantity: Quantity
    unit_price: Money
    tax_percent: Decimal
    net: Money
    gross: Money


class ShortageAnswer(BaseModel):
    """So many of an item would have to be bought."""

    item_id: ItemId
    quantity: Quantity


class CreditAnswer(BaseModel):
    """What the customer may still owe. `fits` is null when that is in another currency than the quote."""

    state: CreditState
    exposure: Money
    limit: Money | None
    headroom: Money | None
    fits: bool | None


class WarningsAnswer(BaseModel):
    """What to look at while quoting; nothing of it refuses. `credit` is null when finance has told nothing yet."""

    shortages: list[ShortageAnswer]
    credit: CreditAnswer | None


class RevisionAnswer(BaseModel):
    """An earlier revision."""

    revision: int
    status: Status
    lines: list[LineAnswer]
    net: Money
    total: Money
    valid_until: date
    prepaid: bool
    requested_on: date | None
    sent_on: date | None
    reason: str | None


class QuoteAnswer(RevisionAnswer):
    """A quote in its current revision. `warnings` are for our own people, while the quote is a draft or sent."""

    quote_id: QuoteId
    version: int
    number: str
    opportunity_id: OpportunityId
    customer_id: CustomerId
    customer_reference: str | None
    decided_on: date | None
    earlier: list[RevisionAnswer]
    warnings: WarningsAnswer | None


@dataclass(frozen=True)
class Surroundings:
    """What is known of the items and customers of some quotes."""

    stock: Mapping[ItemId, Availability]
    services: set[ItemId]
    credit: Mapping[CustomerId, CreditStanding]


async def answers(quotes: Sequence[Quote], tx: Transaction, reader: Principal) -> list[QuoteAnswer]:
    """The quotes as this reader may see them; what surrounds them is read once for all."""
    standing = [] if reader.is_customer else [quote for quote in quotes if _stands(quote)]
    around = await _surroundings(standing, tx) if standing else None
    return [_answer(quote, around, own=reader.is_customer) for quote in quotes]


async def _surroundings(quotes: Sequence[Quote], tx: Transaction) -> Surroundings:
    items = {line.item_id for quote in quotes for line in quote.offer.lines}
    return Surroundings(
        stock=await Stock(tx).known(items),
        services=await Catalogue(tx).services(items),
        credit=await Credit(tx).known({quote.customer_id for quote in quotes}),
    )


def _stands(quote: Quote) -> bool:
    return quote.status in (Status.DRAFT, Status.SENT)


def _answer(quote: Quote, around: Surroundings | None, *, own: bool) -> QuoteAnswer:
    shown = [each for each in quote.earlier if each.sent_on is not None or not own]
    return QuoteAnswer(
        **_offer(quote.offer),
        **{name: getattr(quote, name) for name in _PLAIN},
        earlier=[_revision(each) for each in shown],
        warnings=_warnings(quote, around) if around is not None and _stands(quote) else None,
    )


def _revision(revision: Revision) -> RevisionAnswer:
    return RevisionAnswer(
        revision=revision.revision,
        status=revision.status,
        sent_on=revision.sent_on,
        reason=revision.reason,
        **_offer(revision.offer),
    )


def _offer(offer: Offer) -> dict[str, Any]:  # Any: fields of an answer
    return {
        "lines": [_line(line) for line in offer.lines],
        "net": offer.net,
        "total": offer.total,
        "valid_until": offer.valid_until,
        "prepaid": offer.prepaid,
        "requested_on": offer.requested_on,
    }


def _line(line: Line) -> LineAnswer:
    return LineAnswer(net=line.net, gross=line.gross, **dict(line))


def _warnings(quote: Quote, around: Surroundings) -> WarningsAnswer:
    short = shortages(quote.offer.lines, around.stock, around.services)
    credit = around.credit.get(quote.customer_id)
    return WarningsAnswer(
        shortages=[ShortageAnswer(item_id=each.item_id, quantity=each.quantity) for each in short],
        credit=None if credit is None else credit_answer(credit, quote.offer.total),
    )


def credit_answer(credit: CreditStanding, total: Money) -> CreditAnswer:
    return CreditAnswer(
        state=credit.state,
        exposure=credit.exposure,
        limit=credit.limit,
        headroom=credit.headroom,
        fits=credit.fits(total),
    )


_PLAIN = (
    "quote_id", "version", "number", "opportunity_id", "customer_id", "customer_reference", "revision", "status",
    "sent_on", "decided_on", "reason",
)  # fmt: skip

"""Offers: what one revision of a quote promises. It never changes; another promise is another revision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contracts.errors import Malformed, Refused
from contracts.lines import Line, gross_total
from contracts.values import Money


class OfferHasNoLines(Malformed):
    """An offer is about goods or services; without lines nothing is offered."""


class OfferLineImpossible(Malformed):
    """A line offers more than nothing, at a price of nothing or more."""


class OfferInTwoCurrencies(Malformed):
    """All lines of an offer are in one currency, since it has one total."""


class OfferLapsed(Refused):
    """An offer stands until the day it names, that day included."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Lines with prices frozen, the last day on which they can be had, and how they are paid.

    `prepaid`: the customer pays before goods leave. `requested_on`: the day on which the customer wants them.
    """

    lines: tuple[Line, ...]
    valid_until: date
    prepaid: bool = False
    requested_on: date | None = None

    @property
    def currency(self) -> str:
        return self.lines[0].unit_price.currency

    @property
    def net(self) -> Money:
        """What the lines cost without tax."""
        return Money.total((line.net for line in self.lines), self.currency)

    @property
    def total(self) -> Money:
        """Gross: what one invoice over all of it asks for."""
        return gross_total(((line.net, line.tax_percent) for line in self.lines), self.currency)

    def must_be_possible(self) -> None:
        """Refuse an offer that could not become an order."""
        if not self.lines:
            raise OfferHasNoLines("name at least one item")
        if len({line.unit_price.currency for line in self.lines}) > 1:
            raise OfferInTwoCurrencies("make one quote for each currency")
        for line in self.lines:
            if not line.quantity.is_positive or line.unit_price.is_negative:
                raise OfferLineImpossible(f"{line.sku}: {line.quantity} at {line.unit_price} cannot be sold")

    def must_stand(self, today: date) -> None:
        """Refuse when its last day has passed."""
        if self.has_lapsed(today):
            raise OfferLapsed(f"it stood until {self.valid_until}; make a new revision")

    def has_lapsed(self, today: date) -> bool:
        return today > self.valid_until

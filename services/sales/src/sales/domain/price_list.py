"""Price lists: what an item costs in a currency on a day. There is never more than one answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from contracts.errors import Malformed, Refused
from contracts.ids import ItemId, PriceListId, new_id
from contracts.sales import ListPrice, PriceListPublished, PriceListRetired
from contracts.values import Money


class ValidityEndsBeforeItBegins(Malformed):
    """A price list holds on one day at least."""


class PriceImpossible(Malformed):
    """A price is nothing or more, in the currency of its list."""


class PriceListEmpty(Refused):
    """A list without prices tells nobody anything."""


class PriceListAlreadyPublished(Refused):
    """Published prices stand: people have read them."""


class PriceListNotPublished(Refused):
    """Only a published list can be retired."""


class ItemAlreadyPriced(Refused):
    """On any day an item has at most one price in a currency: lists that share an item do not overlap."""


class ItemHasNoPrice(Refused):
    """No published list names this item in this currency for this day."""


class Status(StrEnum):
    """A retired list goes on telling the prices of the days before it was retired."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(eq=False, kw_only=True)
class PriceList:
    """Net prices per unit from one day until another, both included; without `valid_until` there is no end.

    `retired_from` is the first day on which a retired list no longer holds.
    """

    name: str
    currency: str
    valid_from: date
    valid_until: date | None = None
    prices: tuple[ListPrice, ...] = ()
    status: Status = Status.DRAFT
    retired_from: date | None = None
    price_list_id: PriceListId = field(default_factory=lambda: PriceListId(new_id()))
    version: int = 0

    def __post_init__(self) -> None:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValidityEndsBeforeItBegins(f"it begins on {self.valid_from} and cannot end on {self.valid_until}")

    @property
    def last_day(self) -> date:
        """The last day on which it holds; before `valid_from` when it was retired before it began."""
        end = self.valid_until or date.max
        return end if self.retired_from is None else min(end, self.retired_from - timedelta(days=1))

    @property
    def items(self) -> frozenset[ItemId]:
        return frozenset(price.item_id for price in self.prices)

    def set_price(self, item_id: ItemId, price: Money) -> None:
        """Name the price of an item in a draft; a second price takes the place of the first."""
        self.set_prices([ListPrice(item_id=item_id, price=price)])

    def set_prices(self, prices: Iterable[ListPrice]) -> None:
        """Name the prices of many items in a draft, all of them or none."""
        self._must_be_draft()
        listed = {each.item_id: each for each in self.prices}
        for new in prices:
            if new.price.currency != self.currency or new.price.is_negative:
                raise PriceImpossible(f"{new.price} is no price of a list in {self.currency}")
            _ = listed.pop(new.item_id, None)
            listed[new.item_id] = new
        self.prices = tuple(listed.values())

    def publish(self, published: Iterable[PriceList]) -> PriceListPublished:
        """Make the prices known. `published` are the lists published so far that share an item with this one.

        Two lists published at once are kept apart by the database, which lets one transaction publish at a time.
        """
        self._must_be_draft()
        if not self.prices:
            raise PriceListEmpty("name a price first")
        for other in published:
            self._must_not_overlap(other)
        self.status = Status.PUBLISHED
        return PriceListPublished(
            price_list_id=self.price_list_id,
            name=self.name,
            currency=self.currency,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            prices=self.prices,
        )

    def retire(self, from_day: date) -> PriceListRetired:
        """Let it hold no longer from a day on; the prices of earlier days stay as they were."""
        if self.status is not Status.PUBLISHED:
            raise PriceListNotPublished(f"it is {self.status}; only a published list can be retired")
        self.status, self.retired_from = Status.RETIRED, from_day
        return PriceListRetired(price_list_id=self.price_list_id, retired_from=from_day)

    def holds_on(self, day: date) -> bool:
        return self.status is not Status.DRAFT and self.valid_from <= day <= self.last_day

    def overlaps(self, other: PriceList) -> bool:
        """Whether some item would have two prices in one currency on one day."""
        if self.currency != other.currency or not self.items & other.items:
            return False
        return max(self.valid_from, other.valid_from) <= min(self.last_day, other.last_day)

    def price_of(self, item_id: ItemId, day: date) -> Money | None:
        """The net price of one unit, or None when this list has none for that day."""
        if not self.holds_on(day):
            return None
        return next((listed.price for listed in self.prices if listed.item_id == item_id), None)

    def _must_be_draft(self) -> None:
        if self.status is not Status.DRAFT:
            raise PriceListAlreadyPublished(f"it is {self.status}; make a new list and retire this one")

    def _must_not_overlap(self, other: PriceList) -> None:
        if other.status is not Status.DRAFT and self.overlaps(other):
            raise ItemAlreadyPriced(f"retire {other.name!r} from {self.valid_from} on, or leave out the items of both")


def price_on(day: date, item_id: ItemId, currency: str, lists: Iterable[PriceList]) -> Money:
    """The net price of one unit on a day."""
    for each in lists:
        if each.currency == currency and (price := each.price_of(item_id, day)) is not None:
            return price
    raise ItemHasNoPrice(f"publish a list in {currency} for {day}, or say the price")

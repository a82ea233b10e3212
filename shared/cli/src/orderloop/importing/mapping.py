"""The mapping file: which columns of a source make which of our things. docs/import.md explains it with examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from orderloop.importing.troubles import MappingMalformed, SourceUnknown
from orderloop.importing.values import DATE_FORMATS, Condition, Part, Spec, Value

PACKAGE = "orderloop.importing.sources"


def _as_list(given: object) -> object:
    return [given] if isinstance(given, dict) else given


def _constant(word: str) -> Spec:
    return Spec(value=word)


class File(Part):
    """A CSV file of the source, `.gz` or not."""

    path: str
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    exact_duplicates: Literal["keep", "refuse"] = "keep"
    rest: str = ""
    """Why rows that no rule takes stay outside; without a reason they are refused."""


def _as_file(given: object) -> object:
    return {"path": given} if isinstance(given, str) else given


class Refusing(Part):
    """Rows that must not come in, and why."""

    when: Condition
    reason: str = Field(min_length=1)


class Rule(Part):
    """Rows of one file, each of which becomes one of our things known by `key`."""

    rows_of: str = Field(alias="from")
    key: Value
    when: Condition | None = None
    refuse: Annotated[tuple[Refusing, ...], BeforeValidator(_as_list)] = ()
    once: bool = False
    """Several rows may have the same key: the first makes it, the others add nothing. Otherwise they are refused."""


class CustomerRule(Rule):
    """Who buys."""

    name: Value
    kind: Value = _constant("organisation")
    country: Value = _constant("ZZ")
    currency: Value | None = None
    parent: Value | None = None
    """The key of the customer that it belongs to."""
    tax_id: Value | None = None


class ItemRule(Rule):
    """What is bought. `key` is its sku."""

    description: Value
    kind: Value = _constant("goods")
    unit: Value = _constant("C62")
    price: Value | None = None
    """Net price of one unit: for the price list, and for the cost where there is none."""
    cost: Value | None = None
    cost_percent: Decimal = Decimal(60)
    """The cost as a part of the price, where the source does not tell it."""


class LineRule(Part):
    """A line of an order or opportunity: from the same row, or from the rows of another file that belong to it."""

    rows_of: str | None = Field(default=None, alias="from")
    by: str | None = None
    """The column of the other file that holds the document's key."""
    when: Condition | None = None
    refuse: Annotated[tuple[Refusing, ...], BeforeValidator(_as_list)] = ()
    item: Value
    quantity: Value = 1
    price: Value
    tax_percent: Value = _constant("0")
    description: Value | None = None


Lines = Annotated[tuple[LineRule, ...], BeforeValidator(_as_list)]


class OpportunityRule(Rule):
    """A chance to sell, and how it ended."""

    name: Value
    customer: Value | None = None
    owner: Value = _constant("sales")
    stage: Value = _constant("prospecting")
    outcome: Value = _constant("open")
    """open, won or lost."""
    amount: Value
    opened_on: Value | None = None
    closed_on: Value | None = None
    reason: Value = _constant("not told by the source")
    """Why it was lost."""
    lines: Lines = ()
    """What was sold, when it was won."""


class OrderRule(Rule):
    """An order. With `grouped`, all rows with the same key are one order and each of them is a line."""

    grouped: bool = False
    customer: Value
    ordered_on: Value
    requested_on: Value | None = None
    reference: Value | None = None
    """The customer's own number of it; the key when not given."""
    channel: Value = _constant("shop")
    prepaid: bool = False
    progress: Value = _constant("placed")
    """How far it came: placed, dispatched, delivered or cancelled."""
    reason: Value = _constant("cancelled at the source")
    lines: Lines


class PaymentRule(Rule):
    """Money that came in for an order."""

    order: Value
    amount: Value
    reference: Value | None = None
    """The payer's or provider's; the key when not given."""
    received_on: Value | None = None


class ReturnRule(Rule):
    """A sale that was taken back without naming its order: matched to the newest earlier one of the same customer,
    item and at least that quantity."""

    customer: Value
    item: Value
    quantity: Value
    price: Value | None = None
    returned_on: Value
    reason: Value = _constant("taken back")


class AdjustmentRule(Rule):
    """Stock that was found (above zero) or lost (below)."""

    item: Value
    quantity: Value
    reason: Value


class ComplaintRule(Rule):
    """A customer is unhappy with an order; the complaint is about its first line."""

    order: Value
    title: Value
    description: Value
    severity: Value = _constant("minor")
    opened_on: Value | None = None


class Warehouse(Part):
    """Where the goods of this source lie."""

    code: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1)


class Stock(Part):
    """Opening stock: so much that all that is sold here is there, and some more."""

    cover_percent: int = Field(default=120, ge=0)
    received_on: date | None = None


class PriceList(Part):
    """The prices of the items, published under this name."""

    name: str = Field(min_length=1)
    valid_from: date


Rules = BeforeValidator(_as_list)


class Mapping(Part):
    """A source: its files, and what their rows are to us."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    date_formats: tuple[str, ...] = DATE_FORMATS
    files: dict[str, Annotated[File, BeforeValidator(_as_file)]]
    left_out: dict[str, str] = Field(default_factory=dict)
    """Files that are not brought in, and why."""
    warehouse: Warehouse
    stock: Stock = Stock()
    price_list: PriceList | None = None
    customers: Annotated[tuple[CustomerRule, ...], Rules] = ()
    items: Annotated[tuple[ItemRule, ...], Rules] = ()
    opportunities: Annotated[tuple[OpportunityRule, ...], Rules] = ()
    orders: Annotated[tuple[OrderRule, ...], Rules] = ()
    payments: Annotated[tuple[PaymentRule, ...], Rules] = ()
    returns: Annotated[tuple[ReturnRule, ...], Rules] = ()
    adjustments: Annotated[tuple[AdjustmentRule, ...], Rules] = ()
    complaints: Annotated[tuple[ComplaintRule, ...], Rules] = ()
    shared: dict[str, Any] = Field(default_factory=dict)
    """A place for YAML anchors; nothing else reads it."""


def known_sources() -> list[str]:
    """The data sets whose mapping comes with the program."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _shipped() if entry.name.endswith(".yaml"))


def load(dataset: str, file: Path | None = None) -> Mapping:
    """The mapping in this file, or else the one that comes with the program."""
    if file is not None:
        if not file.is_file():
            raise SourceUnknown(f"there is no mapping file {file}")
        return parse(file.read_text(encoding="utf-8"), str(file))
    if dataset not in known_sources():
        known = ", ".join(known_sources())
        raise SourceUnknown(f"no mapping for {dataset!r} comes with this; choose {known}, or give one with --mapping")
    shipped = resources.files(PACKAGE).joinpath(f"{dataset}.yaml")
    return parse(shipped.read_text(encoding="utf-8"), f"{dataset}.yaml")


def parse(text: str, name: str = "mapping") -> Mapping:
    """Read a mapping, or say every place where it does not follow the schema."""
    try:
        return Mapping.model_validate(yaml.load(text, _Loader))
    except yaml.YAMLError as error:
        raise MappingMalformed(f"{name} is not YAML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:8])
        raise MappingMalformed(f"{name}: {wrong}") from error


class _Loader(yaml.SafeLoader):
    """YAML where only true and false are truth values: `on` and `NO` are words here."""


_Loader.yaml_implicit_resolvers = {
    first: [each for each in known if each[0] != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _shipped() -> list[Any]:  # Any: importlib.resources publishes no narrow type
    return list(resources.files(PACKAGE).iterdir())

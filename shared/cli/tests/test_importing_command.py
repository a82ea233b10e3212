"""The command itself: a dry run sends nothing, a limit takes a part that is whole, mistakes are told in one line."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orderloop.importing.limiting import limited
from orderloop.importing.records import Batch, Customer, Item, Line, Order, Payment
from orderloop.main import app

MAPPING = """
name: my-shop
title: My shop
currency: EUR
files: {sales: sales.csv}
warehouse: {code: SHOP, name: The shop}
customers: {from: sales, key: customer, once: true, name: customer}
items: {from: sales, key: sku, once: true, description: sku, price: price}
orders: {from: sales, key: number, customer: customer, ordered_on: day, lines: {item: sku, price: price}}
"""


def an_order(key: str, customer: str, item: str) -> Order:
    line = Line(
        key="0",
        table="t",
        row=1,
        item=item,
        quantity=Decimal(1),
        price=Decimal(1),
        tax_percent=Decimal(0),
        description="",
    )
    return Order(
        key=key,
        table="t",
        row=1,
        customer=customer,
        ordered_on=date(2024, 1, 2),
        requested_on=None,
        reference=key,
        channel="shop",
        prepaid=False,
        progress="placed",
        reason="",
        lines=(line,),
    )


def a_customer(key: str, parent: str | None = None) -> Customer:
    return Customer(
        key=key,
        table="t",
        row=1,
        name=key,
        kind="organisation",
        country="DE",
        currency="EUR",
        parent=parent,
        tax_id=None,
    )


def an_item(key: str) -> Item:
    return Item(key=key, table="t", row=1, description=key, kind="goods", unit="C62", price=Decimal(1), cost=Decimal(1))


def a_payment(key: str, order: str) -> Payment:
    return Payment(key=key, table="t", row=1, order=order, amount=Decimal(1), reference=key, received_on=None)


def a_batch() -> Batch:
    return Batch(
        customers={"c1": a_customer("c1", "c3"), "c2": a_customer("c2"), "c3": a_customer("c3")},
        items={"a": an_item("a"), "b": an_item("b")},
        orders={"1": an_order("1", "c1", "a"), "2": an_order("2", "c2", "b")},
        payments={"p1": a_payment("p1", "1"), "p2": a_payment("p2", "2")},
        stock={"a": Decimal(2), "b": Decimal(2)},
    )


def test_a_limit_takes_the_first_orders_with_all_that_they_need() -> None:
    part = limited(a_batch(), 1)

    assert list(part.orders) == ["1"]
    assert list(part.customers) == ["c1", "c3"]
    assert list(part.items) == ["a"]
    assert list(part.payments) == ["p1"]
    assert part.stock == {"a": Decimal(2)}


def test_without_a_limit_everything_is_taken() -> None:
    batch = a_batch()

    assert limited(batch, None) is batch


def test_a_dry_run_says_what_would_be_refused_and_writes_it_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy" / "local").mkdir(parents=True)
    (tmp_path / "deploy" / "local" / "kafka.lock").touch()
    monkeypatch.setenv("ORDERLOOP_HOME", str(tmp_path))
    _ = (tmp_path / "my-shop.yaml").write_text(MAPPING)
    _ = (tmp_path / "sales.csv").write_text("number,customer,sku,price,day\n1,c,A,2,2024-01-02\n2,c,A,x,2024-01-02\n")

    mapping, data = str(tmp_path / "my-shop.yaml"), str(tmp_path)
    result = CliRunner().invoke(app, ["import", "my-shop", "--mapping", mapping, "--data", data, "--dry-run"])

    assert result.exit_code == 0, result.output
    assert "the price is not a number" in result.output
    with (tmp_path / ".local" / "import" / "my-shop" / "refused.csv").open() as file:
        rows = [(row["what"], row["row"], row["reason"], row["detail"]) for row in csv.DictReader(file)]
    assert rows == [
        ("line", "2", "the price is not a number", "'x'"),
        ("order", "2", "the order has no line that can come in", "2"),
    ]

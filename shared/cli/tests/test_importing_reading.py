"""A source is read as its mapping says, and every row that cannot come in is refused with its reason."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orderloop.importing.mapping import Mapping, known_sources, load, parse
from orderloop.importing.matching import wholly_taken_back
from orderloop.importing.reading import read
from orderloop.importing.records import Batch
from orderloop.importing.troubles import FileMissing, MappingMalformed, SourceUnknown

MAPPING = """
name: a-shop
title: A shop
currency: EUR
files:
  people: people.csv
  sales: {path: sales.csv, exact_duplicates: refuse}
warehouse: {code: SHOP, name: The shop}
customers:
  from: people
  key: id
  name: name
  country: {column: country, rename: {Norway: NO}}
  parent: belongs_to
items:
  from: sales
  key: sku
  once: true
  description: sku
  price: price
orders:
  from: sales
  grouped: true
  when: {the: quantity, above: 0}
  key: number
  customer: customer
  ordered_on: day
  lines: {item: sku, quantity: quantity, price: price}
returns:
  from: sales
  when: {the: quantity, below: 0}
  key: {text: "{number}/{sku}"}
  customer: customer
  item: sku
  quantity: {column: quantity, negate: true}
  price: price
  returned_on: day
"""
PEOPLE = "id,name,country,belongs_to\n1,Ann,Norway,\n2,Ben,NO,1\n"
SALES = "number,customer,sku,quantity,price,day\n"


def a_batch(folder: Path, *, people: str = PEOPLE, sales: str = "", mapping: str = MAPPING) -> Batch:
    _ = (folder / "people.csv").write_text(people)
    _ = (folder / "sales.csv").write_text(SALES + sales)
    return read(parse(mapping), folder)


def reasons(batch: Batch) -> list[tuple[str, int, str]]:
    return [(each.what, each.row, each.reason) for each in batch.refusals]


def test_rows_with_the_same_key_are_the_lines_of_one_order(tmp_path: Path) -> None:
    batch = a_batch(tmp_path, sales="7,1,A,2,1.50,2024-01-02\n7,1,B,1,3,2024-01-02\n8,2,A,1,1.50,2024-01-03\n")

    order = batch.orders["7"]
    assert (order.customer, order.ordered_on) == ("1", date(2024, 1, 2))
    assert [(line.item, line.quantity, line.price) for line in order.lines] == [
        ("A", Decimal(2), Decimal("1.50")),
        ("B", Decimal(1), Decimal(3)),
    ]
    assert list(batch.orders) == ["7", "8"]
    assert batch.refusals == []


def test_words_that_yaml_takes_for_truth_values_stay_words(tmp_path: Path) -> None:
    assert a_batch(tmp_path).customers["1"].country == "NO"


def test_stock_covers_what_is_sold_and_some_more(tmp_path: Path) -> None:
    batch = a_batch(tmp_path, sales="7,1,A,2,1.50,2024-01-02\n8,2,A,3,1.50,2024-01-03\n")

    assert batch.stock == {"A": Decimal(6)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,3,A,1,1.50,2024-01-02", ("order", 2, "the customer is unknown")),
        ("7,,A,1,1.50,2024-01-02", ("order", 2, "the customer is missing")),
        ("7,1,A,1,1.50,yesterday", ("order", 2, "the day of the order is not a date")),
        (",1,A,1,1.50,2024-01-02", ("order", 2, "its key is missing")),
        ("7,1,A,1,0,2024-01-02", ("line", 2, "the price is not above zero")),
        ("7,1,A,1,one,2024-01-02", ("line", 2, "the price is not a number")),
        ("7,1,A,0,1.50,2024-01-02", ("row", 2, "no rule of the mapping takes it")),
        ("6,1,A,1,1.50,2024-01-01", ("row", 2, "exact duplicate of another row")),
        ("7,1,A,-9,1.50,2024-01-02", ("return", 2, "no earlier sale of this item to this customer in this quantity")),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_alone(tmp_path: Path, row: str, reason: tuple[str, int, str]) -> None:
    batch = a_batch(tmp_path, sales=f"6,1,A,1,1.50,2024-01-01\n{row}\n")

    assert reason in reasons(batch)
    assert list(batch.orders) == ["6"]


def test_an_order_goes_on_without_a_line_that_is_refused(tmp_path: Path) -> None:
    batch = a_batch(tmp_path, sales="7,1,A,1,0,2024-01-02\n7,1,B,1,2,2024-01-02\n")

    assert [line.item for line in batch.orders["7"].lines] == ["B"]
    assert reasons(batch) == [("line", 1, "the price is not above zero")]


def test_a_second_record_with_the_same_key_is_refused(tmp_path: Path) -> None:
    batch = a_batch(tmp_path, people=PEOPLE + "1,Another,NO,\n")

    assert batch.customers["1"].name == "Ann"
    assert reasons(batch) == [("customer", 3, "its key was there before")]


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ("3,,NO,", "the customer's name is missing"),
        ("3,Cid,Neverland,", "the country is not a two-letter code"),
        ("3,Cid,NO,9", "its parent is unknown"),
    ],
)
def test_a_customer_that_makes_no_sense_is_refused(tmp_path: Path, person: str, reason: str) -> None:
    batch = a_batch(tmp_path, people=f"{PEOPLE}{person}\n")

    assert list(batch.customers) == ["1", "2"]
    assert reasons(batch) == [("customer", 3, reason)]


def test_rows_that_stay_outside_for_a_reason_are_counted_not_refused(tmp_path: Path) -> None:
    mapping = MAPPING.replace("exact_duplicates: refuse", "rest: nothing happened")

    batch = a_batch(tmp_path, sales="7,1,A,0,1.50,2024-01-02\n", mapping=mapping)

    assert batch.left_out == {"1 rows of sales": "nothing happened"}
    assert batch.refusals == []


def test_a_return_takes_back_the_newest_sale_that_is_large_enough(tmp_path: Path) -> None:
    sales = "5,1,A,9,1,2024-01-01\n6,1,A,4,1,2024-01-02\n7,1,A,2,1,2024-01-03\n8,2,A,9,1,2024-01-03\n"
    batch = a_batch(tmp_path, sales=f"{sales}9,1,A,-3,1,2024-01-04\n10,1,A,-3,1,2024-01-05\n")

    assert [(each.key, each.order) for each in batch.returns.values()] == [("9/A", "6"), ("10/A", "5")]


def test_a_return_takes_back_no_sale_of_a_later_day(tmp_path: Path) -> None:
    batch = a_batch(tmp_path, sales="5,1,A,9,1,2024-01-02\n9,1,A,-3,1,2024-01-01\n")

    assert batch.returns == {}


def test_an_order_taken_back_as_a_whole_on_its_day_is_told_apart(tmp_path: Path) -> None:
    sales = "5,1,A,9,1,2024-01-02\n6,1,B,9,1,2024-01-02\n7,1,C,9,1,2024-01-02\n"
    backs = "8,1,A,-9,1,2024-01-02\n9,1,B,-9,1,2024-01-03\n10,1,C,-8,1,2024-01-02\n"

    batch = a_batch(tmp_path, sales=sales + backs)

    assert list(wholly_taken_back(batch)) == ["5"]


def test_packed_files_are_found(tmp_path: Path) -> None:
    import gzip

    _ = (tmp_path / "people.csv.gz").write_bytes(gzip.compress(PEOPLE.encode()))
    _ = (tmp_path / "sales.csv").write_text(SALES)

    assert list(read(parse(MAPPING), tmp_path).customers) == ["1", "2"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"people\.csv is not there; say with --data"):
        _ = read(parse(MAPPING), tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("currency: EUR", "currency: euro", "currency"),
        ("  name: name\n", "  nam: name\n", "customers.0.nam"),
        ("warehouse:", "ware house:", "warehouse: Field required"),
        ("from: people", "from: persons", "a rule reads 'persons'"),
    ],
)
def test_a_mapping_with_a_mistake_is_refused(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(MappingMalformed, match=message):
        _ = a_batch(tmp_path, mapping=MAPPING.replace(before, after))


def test_an_unknown_data_set_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SourceUnknown, match="choose crm-sales-opportunities, olist-orders, online-retail-2010-12"):
        _ = load("northwind")


@pytest.mark.parametrize("dataset", known_sources())
def test_the_mappings_that_come_with_the_program_follow_the_schema(dataset: str) -> None:
    source: Mapping = load(dataset)

    assert source.name == dataset

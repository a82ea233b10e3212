"""Our copies of items, stock, credit and customers say what their owners told last."""

from decimal import Decimal

import pytest

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.finance import CreditState, CreditStateChanged
from contracts.ids import CustomerId, ItemId, new_id
from contracts.inventory import AvailabilityChanged, ItemRegistered
from contracts.lines import Line
from contracts.values import Money, Quantity
from sales.domain.availability import Availability, Shortage, shortages
from sales.domain.catalogue import CatalogueEntry, OtherUnit
from sales.domain.credit import CreditStanding
from sales.domain.customer import Customer, MergeOfAnother

RACK, SHELF = ItemId(new_id()), ItemId(new_id())
ANNA, BERTA, CLARA = CustomerId(new_id()), CustomerId(new_id()), CustomerId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def an_entry() -> CatalogueEntry:
    return CatalogueEntry.of(
        ItemRegistered(
            item_id=RACK,
            sku="RACK",
            description="A rack",
            kind="goods",
            unit="C62",
            standard_cost=euros("6.00"),
        )
    )


def a_line(item_id: ItemId = RACK, quantity: int = 1) -> Line:
    return Line(item_id=item_id, sku="X", quantity=Quantity.pieces(quantity), unit_price=euros("1.00"))


def a_stock(available: int, item_id: ItemId = RACK) -> dict[ItemId, Availability]:
    changed = AvailabilityChanged(
        item_id=item_id,
        on_hand=Quantity.pieces(20),
        reserved=Quantity.pieces(20 - available),
        quarantined=Quantity.pieces(0),
        available=Quantity.pieces(available),
    )
    return {item_id: Availability.of(changed)}


def a_standing(limit: str | None = "1000.00", exposure: str = "900.00", state: CreditState = "watch") -> CreditStanding:
    return CreditStanding.of(
        CreditStateChanged(
            customer_id=ANNA,
            state=state,
            exposure=euros(exposure),
            limit=None if limit is None else euros(limit),
        )
    )


def a_customer(customer_id: CustomerId = ANNA) -> Customer:
    return Customer.of(
        CustomerRegistered(
            customer_id=customer_id, number="C-1", kind="person", name="Anna", country="DE", currency="EUR"
        )
    )


def test_a_line_takes_its_words_from_the_catalogue_and_its_price_as_told() -> None:
    line = an_entry().line(Quantity.pieces(2), euros("9.50"), Decimal(19))

    assert line == Line(
        item_id=RACK,
        sku="RACK",
        description="A rack",
        quantity=Quantity.pieces(2),
        unit_price=euros("9.50"),
        tax_percent=Decimal(19),
    )


def test_an_item_is_not_offered_in_another_unit() -> None:
    entry = an_entry()
    before = vars(entry).copy()

    with pytest.raises(OtherUnit):
        _ = entry.line(Quantity(value=Decimal(2), unit="KGM"), euros("9.50"))

    assert vars(entry) == before


def test_what_is_there_is_not_short() -> None:
    assert shortages((a_line(quantity=5),), a_stock(5)) == ()


def test_lines_of_the_same_item_draw_on_the_same_stock() -> None:
    lines = (a_line(quantity=3), a_line(quantity=4))

    assert shortages(lines, a_stock(5)) == (Shortage(item_id=RACK, quantity=Quantity.pieces(2)),)


def test_an_item_of_which_nothing_was_heard_is_short_in_full() -> None:
    assert shortages((a_line(SHELF, 4),), a_stock(5)) == (Shortage(item_id=SHELF, quantity=Quantity.pieces(4)),)


def test_stock_promised_twice_does_not_make_an_offer_shorter_than_itself() -> None:
    assert shortages((a_line(quantity=4),), a_stock(-3)) == (Shortage(item_id=RACK, quantity=Quantity.pieces(4)),)


def test_a_service_is_never_short() -> None:
    assert shortages((a_line(SHELF, 4),), {}, services={SHELF}) == ()


@pytest.mark.parametrize(("total", "fits"), [("100.00", True), ("100.01", False)])
def test_an_order_fits_up_to_the_limit(total: str, fits: bool) -> None:
    assert a_standing().headroom == euros("100.00")
    assert a_standing().fits(euros(total)) is fits


def test_without_a_limit_every_order_fits() -> None:
    assert a_standing(limit=None).headroom is None
    assert a_standing(limit=None).fits(euros("1000000.00")) is True


def test_nobody_can_say_whether_another_currency_fits() -> None:
    assert a_standing().fits(Money(amount=Decimal(1), currency="USD")) is None


def test_a_customer_changes_its_name_and_keeps_its_id() -> None:
    customer = a_customer()

    customer.change(CustomerProfileChanged(customer_id=ANNA, kind="person", name="Anne", country="CH", currency="CHF"))

    assert (customer.name, customer.currency, customer.goes_by) == ("Anne", "CHF", ANNA)


def test_a_merged_customer_goes_by_its_survivor_and_by_that_ones_survivor() -> None:
    customer = a_customer()

    customer.merge(CustomersMerged(customer_id=ANNA, survivor_id=BERTA))
    customer.merge(CustomersMerged(customer_id=BERTA, survivor_id=CLARA))

    assert (customer.customer_id, customer.goes_by) == (ANNA, CLARA)


def test_a_merge_of_others_does_not_touch_a_customer() -> None:
    customer = a_customer()
    before = vars(customer).copy()

    with pytest.raises(MergeOfAnother):
        customer.merge(CustomersMerged(customer_id=BERTA, survivor_id=CLARA))

    assert vars(customer) == before

"""Tax is rounded once per rate, and a line's share of it adds up to that."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import ItemId, LineId, new_id
from contracts.values import Money, Quantity
from finance.domain.vat import Charge, gross_of, net_of, subtotals, tax_of, taxed


def euros(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_charge(net: str | Decimal = "100.00", percent: str | Decimal = "19") -> Charge:
    return Charge(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        description="a chair",
        quantity=Quantity.pieces(1),
        net=euros(net),
        tax_percent=Decimal(percent),
    )


cents = st.integers(0, 99_999).map(lambda each: Decimal(each).scaleb(-2))
rates = st.sampled_from(["0", "5.5", "7", "19", "21"])
charges = st.lists(st.builds(a_charge, cents, rates), min_size=1, max_size=12)


def test_the_tax_is_rounded_on_the_sum_and_not_per_line() -> None:
    """Three times 0.19 (rounded from 0.1862) would be 0.57; EN 16931 asks for 19 % of 2.94, which is 0.56."""
    lines = taxed([a_charge("0.98"), a_charge("0.98"), a_charge("0.98")])

    assert tax_of(lines, "EUR") == euros("0.56")
    assert [line.tax for line in lines] == [euros("0.19"), euros("0.18"), euros("0.19")]


def test_every_rate_is_summed_by_itself() -> None:
    lines = taxed([a_charge("10.00", "19"), a_charge("0.99", "7"), a_charge("5.00", "0"), a_charge("0.99", "7")])

    found = [(each.category, each.percent, each.net, each.tax) for each in subtotals(lines)]
    assert found == [
        ("S", Decimal(19), euros("10.00"), euros("1.90")),
        ("S", Decimal(7), euros("1.98"), euros("0.14")),
        ("Z", Decimal(0), euros("5.00"), euros("0.00")),
    ]
    assert (net_of(lines, "EUR"), gross_of(lines, "EUR")) == (euros("16.98"), euros("19.02"))


def test_nineteen_and_nineteen_point_zero_are_one_rate() -> None:
    lines = taxed([a_charge("0.98", "19"), a_charge("0.98", "19.0"), a_charge("0.98", "19.00")])

    assert [each.tax for each in subtotals(lines)] == [euros("0.56")]


def test_yen_are_rounded_to_whole_yen() -> None:
    charge = Charge(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        description="a chair",
        quantity=Quantity.pieces(1),
        net=Money(amount=Decimal(105), currency="JPY"),
        tax_percent=Decimal(10),
    )

    assert taxed([charge])[0].tax == Money(amount=Decimal(11), currency="JPY")


@given(charges)
def test_the_shares_of_the_lines_add_up_to_the_tax_of_each_rate(each: list[Charge]) -> None:
    for subtotal in subtotals(taxed(each)):
        nets = [charge.net for charge in each if charge.tax_percent == subtotal.percent]
        assert subtotal.net == Money.total(nets, "EUR")
        assert subtotal.tax == subtotal.net.percent(subtotal.percent)


@given(charges)
def test_no_line_is_more_than_a_cent_from_its_own_tax(each: list[Charge]) -> None:
    for line in taxed(each):
        assert abs(line.tax.amount - line.net.amount * line.tax_percent / 100) <= Decimal("0.01")
        assert not line.tax.is_negative


@given(charges, charges)
def test_what_is_taxed_in_two_parts_has_the_tax_of_the_whole(one: list[Charge], other: list[Charge]) -> None:
    first = taxed(one)
    second = taxed(other, since=first)

    assert subtotals(first + second) == subtotals(taxed(one + other))

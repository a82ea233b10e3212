"""A line: quantity moves between states and is never made or lost."""

from decimal import Decimal

import pytest

from contracts.ids import ItemId, LineId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.values import Money, Quantity
from order.domain.line import LineProgress, NotThatMuch, State

STATES: tuple[State, ...] = ("pending", "asked", "backordered", "reserved", "picking", "shipped", "cancelled")


def a_line(price: str = "10.00", **inside: int) -> LineProgress:
    """A line with so much in each of the named states."""
    line = LineProgress.of(
        OrderLine(
            line_id=LineId(new_id()),
            item_id=ItemId(new_id()),
            sku="A-1",
            quantity=Quantity.pieces(sum(inside.values())),
            unit_price=Money(amount=Decimal(price), currency="EUR"),
        )
    )
    line.pending = Decimal(0)
    for state, number in inside.items():
        setattr(line, state, Decimal(number))
    return line


def inside(line: LineProgress) -> dict[str, int]:
    """What is in which state; empty states are left out."""
    return {state: int(line.inside(state)) for state in STATES if line.inside(state)}


def test_a_new_line_is_pending() -> None:
    line = LineProgress.of(a_line(pending=3).line)

    assert inside(line) == {"pending": 3}
    assert (line.ordered, line.open, line.is_conserved) == (Decimal(3), Decimal(3), True)


def test_a_line_that_does_not_add_up_is_not_conserved() -> None:
    line = a_line(reserved=3)
    line.reserved = Decimal(2)

    assert not line.is_conserved


def test_a_quantity_moves_from_one_state_to_another() -> None:
    line = a_line(reserved=5)

    line.move(Decimal(2), "reserved", "picking")

    assert inside(line) == {"reserved": 3, "picking": 2}


@pytest.mark.parametrize("quantity", [-1, 6])
def test_no_more_than_is_there_and_no_less_than_nothing_leaves_a_state(quantity: int) -> None:
    line = a_line(reserved=5)

    with pytest.raises(NotThatMuch):
        line.move(Decimal(quantity), "reserved", "picking")

    assert inside(line) == {"reserved": 5}


def test_all_of_a_state_moves_and_is_named() -> None:
    line = a_line(pending=5, shipped=1)

    moved = line.move_all("pending", "asked")

    assert moved == LineQuantity(line_id=line.line_id, item_id=line.line.item_id, quantity=Quantity.pieces(5))
    assert inside(line) == {"asked": 5, "shipped": 1}
    assert line.move_all("pending", "asked") is None


def test_what_one_state_lacks_is_taken_from_the_next() -> None:
    line = a_line(asked=2, backordered=4)

    line.take(Decimal(5), ("asked", "backordered"), "reserved")

    assert inside(line) == {"backordered": 1, "reserved": 5}


def test_more_than_all_named_states_have_is_not_taken_from_any() -> None:
    line = a_line(asked=2, backordered=4, picking=9)

    with pytest.raises(NotThatMuch):
        line.take(Decimal(7), ("asked", "backordered"), "reserved")

    assert inside(line) == {"asked": 2, "backordered": 4, "picking": 9}


def test_what_is_short_waits_for_goods() -> None:
    line = a_line(asked=5)

    line.run_short(Decimal(3))

    assert inside(line) == {"asked": 2, "backordered": 3}


def test_a_newer_request_waits_in_place_of_an_older_one_that_took_its_answer() -> None:
    line = a_line(asked=2, backordered=4)
    line.take(Decimal(4), ("asked", "backordered"), "reserved")

    line.run_short(Decimal(2))

    assert inside(line) == {"backordered": 2, "reserved": 4}


def test_no_more_is_short_than_was_asked_for() -> None:
    line = a_line(asked=2, reserved=4)

    with pytest.raises(NotThatMuch):
        line.run_short(Decimal(3))

    assert inside(line) == {"asked": 2, "reserved": 4}


def test_what_costs_the_least_work_is_called_back_first() -> None:
    line = a_line(backordered=2, reserved=2, picking=2, shipped=2)

    line.call_back(Decimal(5), forget=False)

    assert inside(line) == {"picking": 1, "shipped": 2, "cancelled": 5}
    assert line.ordered == 8


def test_what_an_amendment_calls_back_was_never_ordered() -> None:
    line = a_line(backordered=3, shipped=2, cancelled=1)

    line.call_back(Decimal(3), forget=True)

    assert inside(line) == {"shipped": 2, "cancelled": 1}
    assert (line.ordered, line.is_conserved) == (Decimal(3), True)


def test_what_has_left_the_house_is_not_called_back() -> None:
    line = a_line(picking=1, shipped=5)

    with pytest.raises(NotThatMuch):
        line.call_back(Decimal(2), forget=False)

    assert inside(line) == {"picking": 1, "shipped": 5}


def test_a_larger_line_has_more_pending() -> None:
    line = a_line(shipped=5)

    line.resize(Decimal(7))

    assert inside(line) == {"pending": 2, "shipped": 5}
    assert line.ordered == 7


def test_a_smaller_line_shrinks_only_by_what_nobody_was_asked_for() -> None:
    line = a_line(pending=2, backordered=5)

    line.resize(Decimal(3))

    assert inside(line) == {"backordered": 5}
    assert line.ordered == 5


def test_what_remains_leaves_out_what_is_cancelled() -> None:
    line = a_line(price="3.33", shipped=2, picking=1, cancelled=8)

    assert line.remaining == 3
    assert line.net_of(line.remaining) == Money(amount=Decimal("9.99"), currency="EUR")
